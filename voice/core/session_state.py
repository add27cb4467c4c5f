"""The server's session: its defaults and the merge rules of ``session.update``.

The effective session is a plain dict in GA wire shape, because that is what goes back to the client
whole (PROTOCOL §2.2: absent keeps, null clears, one bad field refuses the whole update).
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from voice.core import refusals, session_fields
from voice.core.session_fields import SERVER_VAD

DEFAULT_INSTRUCTIONS = (
    "You are a helpful voice assistant. Answer in one or two short spoken sentences, "
    "without lists or markup."
)


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
        elif key in session_fields.TOP:
            new[key] = session_fields.TOP[key](f"session.{key}", value)
        elif key not in session_fields.SET_BY_SERVER:
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
        checks = session_fields.INPUT if side == "input" else session_fields.OUTPUT
        for key, value in fields.items():
            param = f"{where}.{key}"
            if side == "input" and key == "turn_detection":
                audio[side][key] = session_fields.turn_detection(param, value, audio[side][key])
            elif key in checks:
                audio[side][key] = checks[key](param, value)
            else:
                raise refusals.unknown_parameter(param)
