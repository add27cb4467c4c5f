"""Checks of the single fields of a session: each returns the value in effect or refuses it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from voice.core import refusals
from voice.protocol.formats import PCM16, PCMA, PCMU, AudioFormat

Check: TypeAlias = Callable[[str, Any], Any]

SERVER_VAD: Mapping[str, Any] = {
    "type": "server_vad",
    "threshold": 0.5,
    "prefix_padding_ms": 300,
    "silence_duration_ms": 500,
    "idle_timeout_ms": None,
    "create_response": True,
    "interrupt_response": True,
}
SEMANTIC_VAD: Mapping[str, Any] = {
    "type": "semantic_vad",
    "eagerness": "auto",
    "create_response": True,
    "interrupt_response": True,
}


def _anything(_: str, value: Any) -> Any:
    return value


def _text(param: str, value: Any) -> Any:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise refusals.invalid_type(param, "a string", value)
    return value


def _flag(param: str, value: Any) -> Any:
    if not isinstance(value, bool):
        raise refusals.invalid_type(param, "a boolean", value)
    return value


def _number(low: float, high: float) -> Check:
    def check(param: str, value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise refusals.invalid_type(param, "a number", value)
        if not low <= value <= high:
            raise refusals.invalid_value(param, f"{low:g} to {high:g}", value)
        return value

    return check


def _integer(low: int, high: int, *, nullable: bool = False) -> Check:
    def check(param: str, value: Any) -> Any:
        if value is None and nullable:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            raise refusals.invalid_type(param, "an integer", value)
        if not low <= value <= high:
            raise refusals.invalid_value(param, f"{low} to {high}", value)
        return value

    return check


def _one_of(*values: str) -> Check:
    def check(param: str, value: Any) -> Any:
        if value not in values:
            raise refusals.invalid_value(param, ", ".join(map(repr, values)), value)
        return value

    return check


def _modalities(param: str, value: Any) -> Any:
    if value not in (["audio"], ["text"]):
        raise refusals.invalid_value(param, "['audio'] and ['text']", value)
    return list(value)


def _token_limit(param: str, value: Any) -> Any:
    return "inf" if value in ("inf", None) else _integer(1, 4096)(param, value)


def _format(param: str, value: Any) -> Any:
    expected = "'audio/pcm' at rate 24000, 'audio/pcmu', 'audio/pcma'"
    try:
        audio_format = AudioFormat.from_ga(value)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise refusals.invalid_value(param, expected, value) from None
    if audio_format not in (PCM16, PCMU, PCMA):
        raise refusals.invalid_value(f"{param}.rate", expected, audio_format.rate_hz)
    return audio_format.to_ga()


def _tools(param: str, value: Any) -> Any:
    if value is None:
        return []
    if not isinstance(value, list):
        raise refusals.invalid_type(param, "an array", value)
    for index, entry in enumerate(value):
        where = f"{param}[{index}]"
        if not isinstance(entry, dict):
            raise refusals.invalid_type(where, "an object", entry)
        if entry.get("type", "function") == "function" and not isinstance(entry.get("name"), str):
            raise refusals.missing(f"{where}.name")
    return [{"type": "function", **entry} for entry in value]


def _tool_choice(param: str, value: Any) -> Any:
    if isinstance(value, dict):
        if value.get("type") not in ("function", "mcp"):
            raise refusals.invalid_value(f"{param}.type", "'function', 'mcp'", value.get("type"))
        return value
    return _one_of("none", "auto", "required")(param, "auto" if value is None else value)


def _voice(param: str, value: Any) -> Any:
    if isinstance(value, dict) and isinstance(value.get("id"), str):
        return value["id"]
    return _text(param, value)


def _transcription(param: str, value: Any) -> Any:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise refusals.invalid_type(param, "an object", value)
    return {"model": None, "language": None, "prompt": None, **value}


_VAD_CHECKS: Mapping[str, Check] = {
    "type": _one_of("server_vad", "semantic_vad"),
    "threshold": _number(0.0, 1.0),
    "prefix_padding_ms": _integer(0, 10_000),
    "silence_duration_ms": _integer(0, 60_000),
    "idle_timeout_ms": _integer(1, 600_000, nullable=True),
    "eagerness": _one_of("low", "medium", "high", "auto"),
    "create_response": _flag,
    "interrupt_response": _flag,
}


def turn_detection(param: str, value: Any, old: Mapping[str, Any] | None) -> Any:
    """Return the whole block after an update of it; ``old`` is what was in effect."""
    if value is None:
        return None
    if not isinstance(value, dict):
        raise refusals.invalid_type(param, "an object or null", value)
    kind = value.get("type", old["type"] if old else "server_vad")
    base = SEMANTIC_VAD if kind == "semantic_vad" else SERVER_VAD
    merged = dict(old) if old and old["type"] == kind else dict(base)
    for key, entry in value.items():
        where = f"{param}.{key}"
        if key not in _VAD_CHECKS or (key != "type" and key not in base):
            raise refusals.unknown_parameter(where)
        merged[key] = _VAD_CHECKS[key](where, entry)
    return merged


def _unheard_of(param: str, value: Any) -> Any:
    """Accept and report null: no engine of ours can honour it."""
    return None


TOP: Mapping[str, Check] = {
    "type": _one_of("realtime", "transcription"),
    "instructions": _text,
    "output_modalities": _modalities,
    "tools": _tools,
    "tool_choice": _tool_choice,
    "max_output_tokens": _token_limit,
    "temperature": _number(0.0, 2.0),
    "parallel_tool_calls": _flag,
    "tracing": _unheard_of,
    "truncation": _anything,
    "prompt": _unheard_of,
    "reasoning": _unheard_of,
    "include": _anything,
}
INPUT: Mapping[str, Check] = {
    "format": _format,
    "transcription": _transcription,
    "noise_reduction": _unheard_of,
}
OUTPUT: Mapping[str, Check] = {"format": _format, "voice": _voice, "speed": _number(0.25, 1.5)}
SET_BY_SERVER = frozenset({"id", "object", "expires_at", "model"})
