"""What one response is made with: the session's settings under the overrides of response.create."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from voice.core import refusals
from voice.core.session_fields import OUTPUT, TOP
from voice.protocol.formats import AudioFormat

MAX_METADATA_PAIRS = 16
MAX_METADATA_KEY = 64
MAX_METADATA_VALUE = 512
"""Limits of a response's metadata, in pairs and characters, as documented."""

_GENERATION = (
    "instructions", "output_modalities", "tools", "tool_choice", "max_output_tokens",
    "temperature", "parallel_tool_calls", "prompt", "reasoning",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ResponseOptions:
    """The effective configuration of one response.

    ``input`` None reads the conversation; a tuple stands in its place. A response that is not
    ``in_conversation`` leaves no trace in it. ``voice`` may differ from the session's even after
    the assistant was heard: our voices change at will, and refusing helps nobody.
    """

    modality: Literal["audio", "text"]
    audio_format: AudioFormat
    voice: str
    speed: float = 1.0
    max_output_tokens: int | Literal["inf"] = "inf"
    metadata: Mapping[str, str] | None = None
    in_conversation: bool = True
    instructions: str = ""
    tools: tuple[Mapping[str, Any], ...] = ()
    tool_choice: str | Mapping[str, Any] = "auto"
    parallel_tool_calls: bool = True
    temperature: float | None = None
    input: tuple[Mapping[str, Any], ...] | None = None

    @property
    def token_limit(self) -> int | None:
        """The most tokens of an answer, None for as many as it takes."""
        return None if self.max_output_tokens == "inf" else self.max_output_tokens


def response_options(
    overrides: Mapping[str, Any], session: Mapping[str, Any], *, voices: tuple[str, ...]
) -> ResponseOptions:
    """Return a response's options; null counts as absent. Raises Refusal for the first bad field.

    A voice that cannot sound becomes the session's.
    """
    given = {key: value for key, value in overrides.items() if value is not None}
    checked: dict[str, Any] = {}
    for key, value in given.items():
        check = _CHECKS.get(key)
        if check is None:
            raise refusals.unknown_parameter(f"response.{key}")
        checked[key] = check(f"response.{key}", value)
    own = session["audio"]["output"]
    output = checked.get("audio") or {}
    voice = output.get("voice")
    tools = checked.get("tools", session["tools"])
    modalities = checked.get("output_modalities", session["output_modalities"])
    return ResponseOptions(
        modality="audio" if "audio" in modalities else "text",
        audio_format=AudioFormat.from_ga(output.get("format") or own["format"]),
        voice=voice if voice in voices else own["voice"],
        speed=output.get("speed", own["speed"]),
        max_output_tokens=checked.get("max_output_tokens", session["max_output_tokens"]),
        metadata=checked.get("metadata"),
        in_conversation=checked.get("conversation") != "none",
        instructions=checked.get("instructions", session["instructions"]),
        tools=tuple(tools),
        tool_choice=_tool_choice(checked.get("tool_choice"), session["tool_choice"], tools),
        parallel_tool_calls=checked.get("parallel_tool_calls", session["parallel_tool_calls"]),
        temperature=checked.get("temperature", session.get("temperature")),
        input=tuple(given["input"]) if "input" in given else None,
    )


def _tool_choice(own: Any, sessions: Any, tools: Any) -> Any:
    """Return the choice in effect; a function that is named must be there.

    The session's choice is let go where this response has other tools: a spoken turn is answered.
    """
    names = [tool.get("name") for tool in tools if tool.get("type") == "function"]
    if isinstance(own, dict) and own["type"] == "function" and own.get("name") not in names:
        expected = ", ".join(map(repr, names[:8])) or "none, as this response has no tools"
        raise refusals.invalid_value("response.tool_choice", expected, own.get("name"))
    choice = sessions if own is None else own
    if isinstance(choice, dict) and choice.get("name") not in names:
        return "auto"
    return choice


def _audio(param: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise refusals.invalid_type(param, "an object", value)
    for side in value:
        if side != "output":
            raise refusals.unknown_parameter(f"{param}.{side}")
    output = value.get("output") or {}
    checked: dict[str, Any] = {}
    for key, entry in output.items():
        if key not in OUTPUT:
            raise refusals.unknown_parameter(f"{param}.output.{key}")
        if entry is not None:
            checked[key] = OUTPUT[key](f"{param}.output.{key}", entry)
    return checked


def _conversation(param: str, value: Any) -> Any:
    if value not in ("auto", "none"):
        raise refusals.invalid_value(param, "'auto', 'none'", value)
    return value


def _metadata(param: str, value: Mapping[str, str]) -> Mapping[str, str]:
    if len(value) > MAX_METADATA_PAIRS:
        raise refusals.too_many_properties(param, MAX_METADATA_PAIRS, len(value))
    for key, text in value.items():
        if len(key) > MAX_METADATA_KEY:
            raise refusals.too_long(param, MAX_METADATA_KEY, len(key))
        if len(text) > MAX_METADATA_VALUE:
            raise refusals.too_long(f"{param}.{key}", MAX_METADATA_VALUE, len(text))
    return value


def _as_is(_: str, value: Any) -> Any:
    return value


_CHECKS: Mapping[str, Callable[[str, Any], Any]] = {
    **{name: TOP[name] for name in _GENERATION},
    "audio": _audio,
    "conversation": _conversation,
    "metadata": _metadata,
    "input": _as_is,
}
