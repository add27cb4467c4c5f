"""The server's session: its defaults, the merge rules of ``session.update``, and its wire shape.

The effective session is a plain dict in GA wire shape, because that is what goes back to the client
whole (PROTOCOL §2.2: absent keeps, null clears, one bad field refuses the whole update). What no
engine honours is in the table of ``session_fields``.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from voice.core import refusals, session_fields
from voice.core.session_fields import SERVER_VAD, Recogniser
from voice.protocol.turn_causes import TURN_CAUSES_KEY

DEFAULT_INSTRUCTIONS = (
    "You are a helpful voice assistant. Answer in one or two short spoken sentences, "
    "without lists or markup."
)

RECOGNISER = Recogniser()
"""What a session shows of a recogniser that nothing is known of."""


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
    session: Mapping[str, Any],
    update: Mapping[str, Any],
    *,
    voices: tuple[str, ...],
    spoken: bool,
    recogniser: Recogniser = RECOGNISER,
) -> dict[str, Any]:
    """Return the session after ``update``; the old one is left as it was.

    ``voices`` are those that can sound; an unknown one is reported as the first. ``spoken`` says
    whether the assistant has been heard already, after which its voice is fixed. ``recogniser`` is
    what transcribes, whatever model is asked for. Raises Refusal for the first bad field.
    """
    new: dict[str, Any] = copy.deepcopy(dict(session))
    kind = session_fields.SESSION_TYPE("session.type", update.get("type", session["type"]))
    transcribes_only = kind == "transcription"
    checks = session_fields.TOP_OF_TRANSCRIPTION if transcribes_only else session_fields.TOP
    new["type"] = kind
    new["object"] = "realtime.transcription_session" if transcribes_only else "realtime.session"
    for key, value in update.items():
        if key == "audio":
            _merge_audio(new, value, recogniser)
        elif key in checks:
            new[key] = checks[key](f"session.{key}", value)
        elif key != "type" and key not in session_fields.SET_BY_SERVER:
            raise refusals.unknown_parameter(f"session.{key}")
    heard = new["audio"]["input"]
    if transcribes_only and heard["transcription"] is None:
        heard["transcription"] = session_fields.transcription("", {}, None, recogniser=recogniser)
    output = new["audio"]["output"]
    old_voice = session["audio"]["output"]["voice"]
    output["voice"] = output["voice"] if output["voice"] in voices else voices[0]
    if spoken and output["voice"] != old_voice:
        raise refusals.voice_is_fixed()
    return new


def wire_session(session: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what the client is shown: a transcription session has input and nothing else.

    What is our own is never shown, since strict clients refuse it.
    """
    if session["type"] != "transcription":
        if TURN_CAUSES_KEY not in session:
            return session
        return {name: value for name, value in session.items() if name != TURN_CAUSES_KEY}
    heard = dict(session["audio"]["input"])
    if heard["turn_detection"] is not None:
        answering = ("create_response", "interrupt_response", "idle_timeout_ms")
        kept = {key: on for key, on in heard["turn_detection"].items() if key not in answering}
        heard["turn_detection"] = kept
    names = ("type", "object", "id", "expires_at")
    return {**{name: session[name] for name in names}, "audio": {"input": heard}}


def _merge_audio(session: dict[str, Any], update: Any, recogniser: Recogniser) -> None:
    if update is None:
        return
    if not isinstance(update, dict):
        raise refusals.invalid_type("session.audio", "an object", update)
    sides = ("input",) if session["type"] == "transcription" else ("input", "output")
    for side, fields in update.items():
        where = f"session.audio.{side}"
        if side not in sides:
            raise refusals.unknown_parameter(where)
        if fields is None:
            continue
        if not isinstance(fields, dict):
            raise refusals.invalid_type(where, "an object", fields)
        block = session["audio"][side]
        for key, value in fields.items():
            if side == "input":
                block[key] = _input_field(f"{where}.{key}", key, value, block, recogniser)
            elif key in session_fields.OUTPUT:
                block[key] = session_fields.OUTPUT[key](f"{where}.{key}", value)
            else:
                raise refusals.unknown_parameter(f"{where}.{key}")


def _input_field(
    param: str, key: str, value: Any, block: Mapping[str, Any], recogniser: Recogniser
) -> Any:
    if key == "turn_detection":
        return session_fields.turn_detection(param, value, block[key])
    if key == "transcription":
        return session_fields.transcription(param, value, block[key], recogniser=recogniser)
    if key not in session_fields.INPUT:
        raise refusals.unknown_parameter(param)
    return session_fields.INPUT[key](param, value)
