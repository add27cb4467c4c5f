"""The server's session: defaults, the merge rules of ``session.update``, and typed reads.

The effective session is a plain dict in GA wire shape, because that is what goes back to the client
whole (PROTOCOL §2.2: absent keeps, null clears, one bad field refuses the whole update).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from voice.core import refusals
from voice.core.turns import TurnRules
from voice.protocol.formats import PCM16, PCMA, PCMU, AudioFormat

Check: TypeAlias = Callable[[str, Any], Any]

DEFAULT_INSTRUCTIONS = (
    "You are a helpful voice assistant. Answer in one or two short spoken sentences, "
    "without lists or markup."
)

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


def _turn_detection(param: str, value: Any, old: Mapping[str, Any] | None) -> Any:
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


_TOP: Mapping[str, Check] = {
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
_INPUT: Mapping[str, Check] = {
    "format": _format,
    "transcription": _transcription,
    "noise_reduction": _unheard_of,
}
_OUTPUT: Mapping[str, Check] = {"format": _format, "voice": _voice, "speed": _number(0.25, 1.5)}
_SET_BY_SERVER = frozenset({"id", "object", "expires_at", "model"})


def default_session(session_id: str, *, model: str, voice: str) -> dict[str, Any]:
    """Return the session that ``session.created`` shows."""
    return {
        "type": "realtime",
        "object": "realtime.session",
        "id": session_id,
        "model": model,
        "output_modalities": ["audio"],
        "instructions": DEFAULT_INSTRUCTIONS,
        "tools": [],
        "tool_choice": "auto",
        "max_output_tokens": "inf",
        "parallel_tool_calls": True,
        "tracing": None,
        "truncation": "auto",
        "prompt": None,
        "expires_at": 0,
        "include": None,
        "audio": {
            "input": {
                "format": {"type": "audio/pcm", "rate": 24_000},
                "transcription": None,
                "noise_reduction": None,
                "turn_detection": dict(SERVER_VAD),
            },
            "output": {
                "format": {"type": "audio/pcm", "rate": 24_000},
                "voice": voice,
                "speed": 1.0,
            },
        },
    }


def merge(
    session: Mapping[str, Any], update: Mapping[str, Any], *, voices: tuple[str, ...], spoken: bool
) -> dict[str, Any]:
    """Return the session after ``update``; the old one is left as it was.

    ``voices`` are those that can sound; an unknown one is reported as the first. ``spoken`` says
    whether the assistant has been heard already, after which its voice is fixed. Raises Refusal for
    the first bad field.
    """
    new: dict[str, Any] = copy.deepcopy(dict(session))
    for key, value in update.items():
        if key == "audio":
            _merge_audio(new["audio"], value)
        elif key in _TOP:
            new[key] = _TOP[key](f"session.{key}", value)
        elif key not in _SET_BY_SERVER:
            raise refusals.unknown_parameter(f"session.{key}")
    output = new["audio"]["output"]
    old_voice = session["audio"]["output"]["voice"]
    output["voice"] = output["voice"] if output["voice"] in voices else voices[0]
    if spoken and output["voice"] != old_voice:
        raise refusals.voice_is_fixed()
    return new


def _merge_audio(audio: dict[str, Any], update: Any) -> None:
    if not isinstance(update, dict):
        raise refusals.invalid_type("session.audio", "an object", update)
    for side, fields in update.items():
        where = f"session.audio.{side}"
        if side not in ("input", "output"):
            raise refusals.unknown_parameter(where)
        if not isinstance(fields, dict):
            raise refusals.invalid_type(where, "an object", fields)
        checks = _INPUT if side == "input" else _OUTPUT
        for key, value in fields.items():
            param = f"{where}.{key}"
            if side == "input" and key == "turn_detection":
                audio[side][key] = _turn_detection(param, value, audio[side][key])
            elif key in checks:
                audio[side][key] = checks[key](param, value)
            else:
                raise refusals.unknown_parameter(param)


@dataclass(frozen=True, slots=True)
class SessionView:
    """Typed reads of an effective session."""

    session: Mapping[str, Any]

    @property
    def input_format(self) -> AudioFormat:
        """The wire format of appended audio."""
        return AudioFormat.from_ga(self.session["audio"]["input"]["format"])

    @property
    def output_format(self) -> AudioFormat:
        """The wire format of spoken answers."""
        return AudioFormat.from_ga(self.session["audio"]["output"]["format"])

    @property
    def turn_detection(self) -> Mapping[str, Any] | None:
        """The whole turn detection block, or None for manual turns."""
        block: Mapping[str, Any] | None = self.session["audio"]["input"]["turn_detection"]
        return block

    @property
    def turn_rules(self) -> TurnRules | None:
        """How a turn ends, or None for manual turns."""
        block = self.turn_detection
        if block is None:
            return None
        if block["type"] == "semantic_vad":
            return TurnRules.semantic_vad(block["eagerness"])
        return TurnRules.server_vad(
            threshold=block["threshold"],
            prefix_padding_ms=block["prefix_padding_ms"],
            silence_duration_ms=block["silence_duration_ms"],
        )

    @property
    def transcription(self) -> Mapping[str, Any] | None:
        """The transcription block; None where the client wants no transcription events."""
        block: Mapping[str, Any] | None = self.session["audio"]["input"]["transcription"]
        return block
