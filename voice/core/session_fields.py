"""Checks of the single fields of a session: each returns the value in effect or refuses it.

A field that our engines cannot honour is accepted, where upstream would accept it, and comes back
as what is really in effect:

| field | comes back as | why |
|---|---|---|
| ``audio.input.noise_reduction`` | null | nothing filters the input |
| ``audio.input.transcription.model`` | the recogniser's own name | there is one recogniser |
| ``audio.input.transcription.prompt`` | null | it takes no hints |
| ``….language``, one that it does not know | null | it hears what it knows |
| ``… .delay``, ``.keywords``, ``.languages`` | absent | likewise |
| ``audio.output.voice``, unknown | the first voice | what will sound |
| ``tools`` of type mcp | left out of the list; an error says so | the rest holds |
| ``tool_choice`` of type mcp | ``auto`` | likewise |
| ``prompt``, ``reasoning``, ``tracing`` | null | there is nothing to honour them |
| ``include`` | null | the recogniser gives no log probabilities of tokens |
| ``model``, ``id``, ``object``, ``expires_at`` | unchanged | the server's own |
| ``audio.output.speed`` under 0.5 | 0.5 | the slowest that the voices speak |
| ``x-turn-causes`` | absent | our own: whether events say why a turn ended |
| ``parallel_tool_calls``, ``temperature`` | as asked | given to the brain |

A session of type ``transcription`` always transcribes, and has no output, tools or instructions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from voice.core import refusals, session_tools
from voice.core.field_checks import Check, fields_of, flag, integer, number, one_of, text
from voice.protocol.formats import PCM16, PCMA, PCMU, AudioFormat
from voice.protocol.turn_causes import TURN_CAUSES_KEY

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

LOG_PROBABILITIES = "item.input_audio_transcription.logprobs"


@dataclass(frozen=True, slots=True)
class Recogniser:
    """What sessions show of the recogniser: its name, and the languages that may be asked of it.

    ``languages`` are ISO 639-1 codes; with none given every language is passed on to it.
    """

    name: str = "local"
    languages: tuple[str, ...] = ()

    def knows(self, language: str) -> bool:
        """Whether a language such as ``en`` or ``en-GB`` may be asked of it."""
        return not self.languages or language.split("-")[0].lower() in self.languages


SLOWEST_SPEED = 0.5
"""No voice of ours speaks slower; faster than the API allows, all of them do."""


def _modalities(param: str, value: Any) -> Any:
    if not isinstance(value, list):
        raise refusals.invalid_type(param, "an array", value)
    if value not in (["audio"], ["text"]):
        raise refusals.invalid_value(param, "['audio'] and ['text']", value)
    return list(value)


def token_limit(param: str, value: Any) -> Any:
    """Take 1 to 4096, or ``inf``."""
    return "inf" if value in ("inf", None) else integer(1, 4096)(param, value)


def wire_format(param: str, value: Any) -> Any:
    """Take one of the three formats of the API."""
    expected = "'audio/pcm', 'audio/pcmu', and 'audio/pcma'"
    try:
        audio_format = AudioFormat.from_ga(value)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise refusals.invalid_value(f"{param}.type", expected, value) from None
    for known in (PCM16, PCMU, PCMA):
        if known.type == audio_format.type:
            integer(known.rate_hz, known.rate_hz)(f"{param}.rate", audio_format.rate_hz)
    return audio_format.to_ga()


def _voice(param: str, value: Any) -> Any:
    if isinstance(value, dict):
        return text(f"{param}.id", value.get("id"))
    return text(param, value)


_VAD_CHECKS: Mapping[str, Check] = {
    "type": one_of("server_vad", "semantic_vad"),
    "threshold": number(0.0, 1.0),
    "prefix_padding_ms": integer(0, 10_000),
    "silence_duration_ms": integer(0, 60_000),
    "idle_timeout_ms": integer(1, 600_000, nullable=True),
    "eagerness": one_of("low", "medium", "high", "auto"),
    "create_response": flag,
    "interrupt_response": flag,
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


def _texts(param: str, value: Any) -> Any:
    if not isinstance(value, list):
        raise refusals.invalid_type(param, "an array", value)
    return [text(f"{param}[{index}]", entry) for index, entry in enumerate(value)]


_TRANSCRIPTION_CHECKS: Mapping[str, Check] = {
    "model": text,
    "language": text,
    "prompt": text,
    "delay": one_of("minimal", "low", "medium", "high", "xhigh"),
    "keywords": _texts,
    "languages": _texts,
}


def transcription(
    param: str, value: Any, old: Mapping[str, Any] | None, *, recogniser: Recogniser
) -> Any:
    """Return the whole block after an update of it; ``old`` is what was in effect."""
    if value is None:
        return None
    asked = fields_of(param, value, _TRANSCRIPTION_CHECKS)
    language = asked.get("language", old["language"] if old else None)
    in_effect = language if language and recogniser.knows(language) else None
    return {"model": recogniser.name, "language": in_effect, "prompt": None}


def _speed(param: str, value: Any) -> Any:
    return max(SLOWEST_SPEED, number(0.25, 1.5)(param, value))


def _noise_reduction(param: str, value: Any) -> None:
    checks = {"type": one_of("near_field", "far_field"), "strength": number(0.0, 1.0)}
    if value is not None:
        fields_of(param, value, checks)


def _truncation(param: str, value: Any) -> Any:
    if isinstance(value, dict):
        limits = {"post_instructions": integer(0, 2**31)}
        checks: dict[str, Check] = {
            "type": one_of("retention_ratio"),
            "retention_ratio": number(0.0, 1.0),
            "token_limits": lambda where, entry: fields_of(where, entry, limits),
        }
        taken = fields_of(param, value, checks)
        for name in ("type", "retention_ratio"):
            if taken.get(name) is None:
                raise refusals.missing(f"{param}.{name}")
    elif value is not None:
        one_of("auto", "disabled")(param, value)
    return value or "auto"


def _tracing(param: str, value: Any) -> None:
    if value is not None and not isinstance(value, dict):
        one_of("auto")(param, value)


def _prompt(param: str, value: Any) -> None:
    if value is None:
        return
    if not isinstance(value, dict):
        raise refusals.invalid_type(param, "an object", value)
    if not value.get("id"):
        raise refusals.missing(f"{param}.id")


def _reasoning(param: str, value: Any) -> None:
    if value is not None:
        effort = one_of("minimal", "low", "medium", "high", "xhigh")
        fields_of(param, value, {"effort": effort})


def _include(param: str, value: Any) -> None:
    if value is None:
        return
    if not isinstance(value, list):
        raise refusals.invalid_type(param, "an array", value)
    for index, entry in enumerate(value):
        one_of(LOG_PROBABILITIES)(f"{param}[{index}]", entry)


TOP: Mapping[str, Check] = {
    "instructions": text,
    "output_modalities": _modalities,
    "tools": session_tools.tools,
    "tool_choice": session_tools.tool_choice,
    "max_output_tokens": token_limit,
    "temperature": number(0.0, 2.0),
    "parallel_tool_calls": lambda param, value: value is None or flag(param, value),
    "tracing": _tracing,
    "truncation": _truncation,
    "prompt": _prompt,
    "reasoning": _reasoning,
    "include": _include,
    TURN_CAUSES_KEY: flag,
}
TOP_OF_TRANSCRIPTION: Mapping[str, Check] = {"include": _include, TURN_CAUSES_KEY: flag}
INPUT: Mapping[str, Check] = {"format": wire_format, "noise_reduction": _noise_reduction}
OUTPUT: Mapping[str, Check] = {
    "format": wire_format,
    "voice": _voice,
    "speed": _speed,
}
SESSION_TYPE = one_of("realtime", "transcription")
SET_BY_SERVER = frozenset({"id", "object", "expires_at", "model", "client_secret"})
