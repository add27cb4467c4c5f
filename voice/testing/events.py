"""Short words for the wire events of a server, for tests that speak a dialogue."""

from __future__ import annotations

from typing import Any

from voice.protocol import server_events as wire
from voice.protocol.server_events import AudioDelta, Response, ServerEvent, ServerEventModel
from voice.protocol.turn_causes import TURN_CAUSES_KEY
from voice.testing.sound import BYTES_PER_MS


def session_created(**session: Any) -> ServerEvent:
    """Return the greeting."""
    return _event("session.created", session={"type": "realtime", "id": "sess_1", **session})


def session_updated(session: dict[str, Any] | None = None) -> ServerEvent:
    """Return the confirmation, with the effective session where one is given.

    Our own field is left out, as every server does.
    """
    shown = {name: value for name, value in (session or {}).items() if name != TURN_CAUSES_KEY}
    return _event("session.updated", session=shown or {"type": "realtime"})


def speech_started(item_id: str = "user_1", at_ms: int = 0) -> ServerEvent:
    """Return that the endpoint hears the user."""
    return _event("input_audio_buffer.speech_started", item_id=item_id, audio_start_ms=at_ms)


def speech_stopped(item_id: str = "user_1", at_ms: int = 0) -> ServerEvent:
    """Return that the endpoint hears the user no more."""
    return _event("input_audio_buffer.speech_stopped", item_id=item_id, audio_end_ms=at_ms)


def committed(item_id: str = "user_1") -> ServerEvent:
    """Return that the user's audio became an item."""
    return _event("input_audio_buffer.committed", item_id=item_id, previous_item_id=None)


def transcribed(item_id: str, text: str) -> ServerEvent:
    """Return the user's words."""
    kind = "conversation.item.input_audio_transcription.completed"
    return _event(kind, item_id=item_id, content_index=0, transcript=text)


def item_added(item: dict[str, Any], previous_item_id: str | None = None) -> ServerEvent:
    """Return that an item entered the conversation."""
    return _event("conversation.item.added", item=item, previous_item_id=previous_item_id)


def user_item(item_id: str) -> dict[str, Any]:
    """Return a spoken item of the user."""
    content = [{"type": "input_audio", "transcript": None}]
    return {"id": item_id, "type": "message", "role": "user", "content": content}


def assistant_item(item_id: str, text: str = "", *, status: str = "completed") -> dict[str, Any]:
    """Return a spoken item of the assistant."""
    content = [{"type": "output_audio", "transcript": text}]
    return {
        "id": item_id,
        "type": "message",
        "role": "assistant",
        "status": status,
        "content": content,
    }


def response_created(response_id: str) -> ServerEvent:
    """Return the birth of a response."""
    return wire.ResponseCreated(response=Response(id=response_id))


def response_done(response_id: str, status: str = "completed", **fields: Any) -> ServerEvent:
    """Return the end of a response."""
    response = {"id": response_id, "status": status, **fields}
    return _event("response.done", response=response)


def audio_delta(response_id: str, item_id: str, ms: int, *, index: int = 0) -> ServerEvent:
    """Return ``ms`` of audio in the PCM16 wire format, none of it zero."""
    return AudioDelta(response_id, item_id, 0, index, b"\x01\x02" * (ms * BYTES_PER_MS // 2))


def audio_done(response_id: str, item_id: str) -> ServerEvent:
    """Return that a part has all its audio."""
    return _event("response.output_audio.done", response_id=response_id, item_id=item_id)


def words(response_id: str, item_id: str, text: str) -> ServerEvent:
    """Return words of the assistant's speech."""
    kind = "response.output_audio_transcript.delta"
    return _event(kind, response_id=response_id, item_id=item_id, delta=text)


def words_done(response_id: str, item_id: str, text: str) -> ServerEvent:
    """Return all words of the assistant's speech."""
    kind = "response.output_audio_transcript.done"
    return _event(kind, response_id=response_id, item_id=item_id, transcript=text)


def item_done(response_id: str, item: dict[str, Any]) -> ServerEvent:
    """Return that an output is complete."""
    return _event("response.output_item.done", response_id=response_id, item=item)


def call_done(
    response_id: str,
    call_id: str,
    name: str = "clock",
    arguments: str = "{}",
    *,
    status: str = "completed",
) -> ServerEvent:
    """Return a function call, complete in one event."""
    item = {
        "id": f"item_of_{call_id}",
        "type": "function_call",
        "status": status,
        "name": name,
        "call_id": call_id,
        "arguments": arguments,
    }
    return item_done(response_id, item)


def truncated(item_id: str, audio_end_ms: int = 0) -> ServerEvent:
    """Return that the endpoint cut an item."""
    return _event("conversation.item.truncated", item_id=item_id, audio_end_ms=audio_end_ms)


def retrieved(item: dict[str, Any]) -> ServerEvent:
    """Return an item as the endpoint has it."""
    return _event("conversation.item.retrieved", item=item)


def deleted(item_id: str) -> ServerEvent:
    """Return that an item left the conversation."""
    return _event("conversation.item.deleted", item_id=item_id)


def error(code: str | None, message: str = "no", *, event_id: str | None = None) -> ServerEvent:
    """Return an error; ``event_id`` names the client event that caused it."""
    details = {
        "type": "invalid_request_error",
        "code": code,
        "message": message,
        "event_id": event_id,
    }
    return _event("error", error=details)


def _event(kind: str, **fields: Any) -> ServerEventModel:
    return wire.SERVER_EVENTS[kind].model_validate({"type": kind, **fields})
