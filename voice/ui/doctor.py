"""``voice doctor``: what works, how long it takes, and how to mend what does not."""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING

import orjson

from voice.diagnosis import Outcome, Step, diagnose
from voice.sound_check import check_sound
from voice.ui.command import console_for

if TYPE_CHECKING:
    from voice.settings import Settings

_MARKS = {
    Outcome.OK: "ok",
    Outcome.WARNING: "warn",
    Outcome.FAILED: "FAIL",
    Outcome.SKIPPED: "skip",
}
_STYLES = {
    Outcome.OK: "green",
    Outcome.WARNING: "yellow",
    Outcome.FAILED: "bold red",
    Outcome.SKIPPED: "dim",
}
FAILED_STATUS = 4


async def doctor(settings: Settings, *, as_json: bool, with_sound: bool) -> int:
    """Run the command; returns 0 where everything works, 4 where a step failed."""
    steps: list[Step] = []
    async with aclosing(_examine(settings, as_json=as_json, with_sound=with_sound)) as found:
        async for step in found:
            steps.append(step)
            if not as_json:
                _show(step)
    failed = [step for step in steps if step.outcome is Outcome.FAILED]
    if as_json:
        print(orjson.dumps(_as_json(steps), option=orjson.OPT_INDENT_2).decode())
    else:
        _conclude(steps)
    return FAILED_STATUS if failed else 0


async def _examine(
    settings: Settings, *, as_json: bool, with_sound: bool
) -> AsyncGenerator[Step, None]:
    """Yield the steps of the sound, where it is wanted, and then of everything else."""
    if with_sound:
        tell = _tell_nobody if as_json else _tell
        async with aclosing(check_sound(settings, tell=tell)) as heard:
            async for step in heard:
                yield step
    async with aclosing(diagnose(settings)) as found:
        async for step in found:
            yield step


def _tell(progress: str) -> None:
    console_for(sys.stdout).print(f"…    {progress}", style="dim", soft_wrap=True)


def _tell_nobody(progress: str) -> None:
    """Keep the one JSON object alone on the output."""


def _show(step: Step) -> None:
    from rich.text import Text

    took = f"{step.took_ms:>6} ms" if step.took_ms is not None else " " * 9
    line = Text(f"{_MARKS[step.outcome]:<5}", style=_STYLES[step.outcome])
    line.append(f"{step.name:<11}{took}  {step.detail}", style="default")
    console = console_for(sys.stdout)
    console.print(line, soft_wrap=True)
    if step.mend:
        console.print(f"{'':<16}{'':>9}  → {step.mend}", soft_wrap=True)


def _conclude(steps: list[Step]) -> None:
    failed = [step for step in steps if step.outcome is Outcome.FAILED]
    warned = [step for step in steps if step.outcome is Outcome.WARNING]
    console = console_for(sys.stdout)
    if failed:
        console.print(f"It does not work yet: mend '{failed[0].name}' first.", soft_wrap=True)
    elif warned:
        console.print(f"It works, with {len(warned)} thing(s) to look at.", soft_wrap=True)
    else:
        console.print("Everything works.", soft_wrap=True)


def _as_json(steps: list[Step]) -> dict[str, object]:
    return {
        "works": all(step.outcome is not Outcome.FAILED for step in steps),
        "steps": [
            {
                "name": step.name,
                "outcome": step.outcome.value,
                "detail": step.detail,
                "took_ms": step.took_ms,
                "mend": step.mend or None,
                **({"figures": dict(step.figures)} if step.figures else {}),
            }
            for step in steps
        ],
    }
