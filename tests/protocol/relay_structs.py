"""What a relay of the new-api kind decodes every frame into before it passes it on (PROTOCOL §4).

Its types are strict and its fields few: a field it knows must have its type or be null, anything
else passes unseen. A frame that does not fit ends the session without a word.
"""

from __future__ import annotations

import json
from typing import Any

_TEXT, _NUMBER, _WHOLE, _ANY = "a string", "a number", "a whole number", "anything"

_TRANSCRIPTION = {"model": _TEXT}
_TOOL = {"type": _TEXT, "name": _TEXT, "description": _TEXT, "parameters": _ANY}
_SESSION = {
    "modalities": [_TEXT],
    "instructions": _TEXT,
    "voice": _TEXT,
    "input_audio_format": _TEXT,
    "output_audio_format": _TEXT,
    "input_audio_transcription": _TRANSCRIPTION,
    "turn_detection": _ANY,
    "tools": [_TOOL],
    "tool_choice": _TEXT,
    "temperature": _NUMBER,
}
_PART = {"type": _TEXT, "text": _TEXT, "audio": _TEXT, "transcript": _TEXT}
_ITEM = {
    "id": _TEXT,
    "type": _TEXT,
    "status": _TEXT,
    "role": _TEXT,
    "content": [_PART],
    "name": _TEXT,
    "tool_calls": _ANY,
    "call_id": _TEXT,
}
_USAGE = {
    "total_tokens": _WHOLE,
    "input_tokens": _WHOLE,
    "output_tokens": _WHOLE,
    "input_token_details": {
        name: _WHOLE for name in ("cached_tokens", "text_tokens", "audio_tokens", "image_tokens")
    },
    "output_token_details": {
        name: _WHOLE for name in ("text_tokens", "audio_tokens", "reasoning_tokens")
    },
}
_EVENT = {
    "event_id": _TEXT,
    "type": _TEXT,
    "session": _SESSION,
    "item": _ITEM,
    "error": {"message": _TEXT, "type": _TEXT, "param": _TEXT, "code": _ANY},
    "response": {"usage": _USAGE},
    "delta": _TEXT,
    "audio": _TEXT,
}


class RelayHangsUp(AssertionError):
    """A frame does not fit the relay's types."""


def check_frame(frame: str) -> None:
    """Pass what the relay would pass; raises RelayHangsUp, naming the field, for all else."""
    try:
        data = json.loads(frame)
    except ValueError:
        raise RelayHangsUp("not JSON") from None
    _check(data, _EVENT, "event")


def _check(value: Any, wanted: Any, path: str) -> None:
    if value is None or wanted is _ANY:
        return
    if isinstance(wanted, dict):
        if not isinstance(value, dict):
            raise RelayHangsUp(f"{path}: wants an object, got {value!r:.60}")
        # Its decoder finds a field whatever the case of its name.
        found = {name.lower(): inner for name, inner in value.items()}
        for name, inner in wanted.items():
            _check(found.get(name), inner, f"{path}.{name}")
    elif isinstance(wanted, list):
        if not isinstance(value, list):
            raise RelayHangsUp(f"{path}: wants an array, got {value!r:.60}")
        for index, entry in enumerate(value):
            _check(entry, wanted[0], f"{path}[{index}]")
    elif not _fits(value, wanted):
        raise RelayHangsUp(f"{path}: wants {wanted}, got {value!r:.60}")


def _fits(value: Any, wanted: str) -> bool:
    if wanted is _TEXT:
        return isinstance(value, str)
    if isinstance(value, bool):
        return False
    return isinstance(value, int) or (wanted is _NUMBER and isinstance(value, float))
