"""How loud the assistant speaks."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from tools import ToolContext, tool
from tools.spoken.numbers import parse_number
from tools.store import JsonFile

_DEFAULT_STEP = 10
_DEFAULT_PERCENT = 50
_NAMED = {
    "full": 100, "max": 100, "maximum": 100, "the maximum": 100, "loudest": 100, "all the way": 100,
    "half": 50, "medium": 50, "normal": 50, "halfway": 50, "low": 20, "quiet": 20, "high": 80,
    "loud": 80, "min": 5, "minimum": 5, "the minimum": 5, "quietest": 5, "zero": 0, "off": 0,
}  # fmt: skip
_UP = frozenset({"up", "louder", "higher", "increase", "raise", "more", "+"})
_DOWN = frozenset({"down", "quieter", "softer", "lower", "decrease", "reduce", "less", "-"})


def _percent(value: object) -> object:
    """Turn "fifty percent", "half" and 0.5 of a dial that goes to 100 into a whole number."""
    if not isinstance(value, str):
        return round(value) if isinstance(value, float) else value
    text = value.lower().strip(" .!").replace("%", " ").removesuffix("volume").strip()
    text = text.removesuffix("percent").removesuffix("per cent").strip()
    if text in _NAMED:
        return _NAMED[text]
    number = parse_number(text)
    if number is None:
        raise ValueError("expected a percentage from 0 to 100, such as 40 or fifty")
    return round(number)


def _direction(value: object) -> object:
    text = str(value).lower().strip()
    return "up" if text in _UP else "down" if text in _DOWN else value


Percent = Annotated[int, Field(ge=0, le=100), BeforeValidator(_percent)]
Direction = Annotated[Literal["up", "down"], BeforeValidator(_direction)]


@tool(
    examples=[
        "(set|turn|put) the volume to {level} [percent]",
        "volume [to] {level} [percent]",
        "(set|turn) (it|the volume) [up|down] to {level} [percent]",
        "make the volume {level} [percent]",
        "speak at {level} percent [volume]",
        "(bring|get|put|set) (your|the) volume (to|at) {level} [percent]",
        "i (want|would like) you at {level} percent [volume]",
        "volume (at|to) {level} percent",
        "(go|turn|come) (up|down) to {level} percent [volume]",
        "{level} percent volume",
        "(lower|raise|reduce) (your|the) volume to {level} [percent]",
        "(play|talk) at {level} percent",
        "(put|set|turn) yourself (on|to|at) {level} percent",
        "(turn|set|put) (yourself|your volume) (up|down) to {level} [percent]",
        "(crank|bump|drop|bring|take|push|get) (it|the volume) [up|down] to {level} [percent]",
        "{level} volume",
        "(talk|speak) at {level} volume",
        "(be|go) at {level} percent [volume]",
    ],
)
def set_volume(ctx: ToolContext, level: Percent) -> dict[str, Any]:
    """Set how loud the assistant speaks.

    Args:
        ctx: Given by the registry.
        level: The volume in percent, from 0 to 100.
    """
    _keep(ctx)
    ctx.volume.set(level)
    return _answer(ctx, f"The volume is at {ctx.volume.get()} percent.")


@tool(
    examples=[
        "turn (it|the volume) {direction}",
        "turn {direction} the volume",
        "turn (it|the volume) {direction} by {amount} [percent]",
        "volume {direction}",
        "[speak|talk] [a bit|a little] {direction}",
        "make it [a bit|a little] {direction}",
        "(be|get|become) [a bit|a little] {direction}",
        "turn yourself {direction} [a bit|a little]",
        "{direction} the volume [by {amount}] [percent]",
        "(speak|talk) more {direction}",
        "you are [much|speaking|talking] {direction}",
        "{direction} volume",
        "(go|come) {direction} [by] {amount} [percent] [with the volume]",
        "[make it|go|speak|volume] {amount} percent {direction}",
        "that is [too] {direction} [for me]",
        "{direction} your voice",
        "(bump|push|pull|bring|take|nudge|knock|pump) (it|the volume|the sound) {direction}",
        "(bump|push|pull|bring|take|nudge|knock|pump) {direction} (the volume|the sound)",
        "(can|could) you (be|speak|talk|get) {direction}",
        "a (bit|little|touch|tad) {direction}",
        "i would like (it|you) {direction}",
        "{direction} by {amount} [percent]",
        "{direction} {amount} percent",
        "{amount} {direction}",
        "i need you {direction}",
    ],
)
def change_volume(
    ctx: ToolContext, direction: Direction, amount: Percent = _DEFAULT_STEP
) -> dict[str, Any]:
    """Make the assistant speak louder or more quietly.

    Args:
        ctx: Given by the registry.
        direction: Louder is up, quieter is down.
        amount: By how many percent.
    """
    before = ctx.volume.get()
    _keep(ctx)
    ctx.volume.set(max(0, min(100, before + (amount if direction == "up" else -amount))))
    after = ctx.volume.get()
    if after == before:
        edge = "as loud" if direction == "up" else "as quiet"
        return _answer(ctx, f"That is {edge} as I can be.")
    return _answer(ctx, f"The volume is at {after} percent.")


@tool(
    examples=[
        "mute",
        "mute (yourself|the sound|the volume|it)",
        "turn (the sound|the volume|your voice) off",
        "turn off (the sound|the volume|your voice)",
        "silence [please]",
        "(go|be|keep|stay) (silent|quiet)",
        "be quiet now",
        "stop (talking|speaking|making sounds|making noise)",
        "(switch|turn) (your voice|the sound|yourself) off",
        "no more sound",
        "(go|put yourself|stay) on mute",
        "(zip it|pipe down|hush|shush|hold your tongue)",
        "do not (say|speak) (anything|a word|another word)",
        "(not another word|no more talking)",
        "mute (everything|all sound|your voice|your sound)",
    ],
    speak=False,
)
def mute(ctx: ToolContext) -> dict[str, Any]:
    """Make the assistant silent.

    Args:
        ctx: Given by the registry.
    """
    before = ctx.volume.get()
    if before > 0:
        _keep(ctx)
        with _remembered(ctx).change() as content:
            content["before_mute_percent"] = before
        ctx.volume.set(0)
    # Nothing to say: nobody would hear it now, and later it would no longer be true.
    return {"muted": True, "volume_percent": ctx.volume.get()}


@tool(
    examples=[
        "unmute",
        "unmute (yourself|the sound|the volume|it)",
        "turn (the sound|the volume|your voice) [back] on",
        "you (can|may) (speak|talk) again",
        "(speak|talk) again",
        "(switch|turn) (your|the) (sound|voice|volume) [back] on [again]",
        "(switch|turn) the sound back on",
        "you may (speak|talk) again now",
        "give me sound again",
        "(come|go|get|take yourself) off mute",
        "you can (talk|speak) [to me] (now|again)",
        "(start|begin) (talking|speaking) [again]",
        "(bring|put|give|turn) (the|your) (sound|voice) back [on]",
        "let me hear (you|your voice) again",
        "stop being (muted|silent|quiet)",
        "sound back on",
        "(un mute|no more mute)",
    ],
)
def unmute(ctx: ToolContext) -> dict[str, Any]:
    """Make the assistant heard again, as loud as it was.

    Args:
        ctx: Given by the registry.
    """
    if ctx.volume.get() > 0:
        return _answer(ctx, "I'm not muted.")
    kept = _remembered(ctx).read().get("before_mute_percent")
    if not isinstance(kept, int) or not 0 < kept <= 100:
        kept = _DEFAULT_PERCENT
    ctx.volume.set(kept)
    return _answer(ctx, f"I'm back. The volume is at {ctx.volume.get()} percent.")


def _keep(ctx: ToolContext) -> None:
    """Remember how loud it was, for who takes it back."""
    before = ctx.volume.get()
    ctx.undoable(f"The volume is back at {before} percent.", lambda: ctx.volume.set(before))


def _remembered(ctx: ToolContext) -> JsonFile:
    return JsonFile(ctx.data_dir / "volume.json")


def _answer(ctx: ToolContext, spoken: str) -> dict[str, Any]:
    return {"spoken": spoken, "volume_percent": ctx.volume.get()}
