"""One response on the server: the ladder of events that it climbs (PROTOCOL §2.3, §2.6).

Knows nothing of slots and turns. Each method returns the events to send, in the documented order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, Protocol, TypeAlias

from voice.core.ledger import Entry, Ledger
from voice.core.response_options import ResponseOptions
from voice.core.server_items import wire_item
from voice.core.server_messages import Prompt, SpeechMade
from voice.core.spoken_part import SpokenPart
from voice.core.stamp import EventStamp
from voice.core.usage import count_tokens
from voice.protocol import server_events as ev
from voice.protocol.items import Item
from voice.protocol.server_events import AudioDelta, ServerEvent

Events: TypeAlias = list[ServerEvent | AudioDelta]
Status: TypeAlias = Literal["completed", "cancelled", "incomplete", "failed"]

ARGUMENTS_DELTA_CHARS = 256
"""A call's arguments travel in stretches of so many characters."""

MAX_CALL_ID_CHARS = 32
"""Some clients cut longer ids (PROTOCOL §2.6)."""


class Shelf(Protocol):
    """Where a response of the conversation puts its items."""

    ledger: Ledger

    def add_answer(self, entry: Entry) -> list[ServerEvent]:
        """Append an item; returns the events of what was dropped for it."""
        ...

    def has_call(self, call_id: str) -> bool:
        """Whether a function call of this id is there already."""
        ...


class ResponseRun:
    """One response from created to done; owns its output items."""

    def __init__(
        self,
        response_id: str,
        options: ResponseOptions,
        *,
        conversation_id: str,
        new_id: Callable[[str], str],
        shelf: Shelf,
    ) -> None:
        self.response_id = response_id
        self.options = options
        self.call_ids: set[str] = set()  # bounded: by the length of an answer
        self.prompt: Prompt | None = None
        self._conversation_id = conversation_id if options.in_conversation else None
        self._new_id = new_id
        self._stamp = EventStamp(new_id)
        self._shelf = shelf
        self._done_items: list[Item] = []
        self._message: Entry | None = None
        self._part: SpokenPart | None = None
        self._audio_ms = 0
        self._text_tokens = 0

    @property
    def message(self) -> Entry | None:
        """The message that is being written, if any."""
        return self._message

    @property
    def part(self) -> SpokenPart | None:
        """The timing of the message that is being spoken, if any."""
        return self._part

    def created(self) -> Events:
        """Announce the response."""
        return [self._stamp(ev.ResponseCreated, response=self._response("in_progress"))]

    def write(self, text: str) -> Events:
        """Send more of a text answer."""
        events, message = self._open_message()
        message.text += text
        events.append(
            self._stamp(ev.ResponseOutputTextDelta, **self._part_ids(message), delta=text)
        )
        return events

    def begin_speech(self, text: str) -> Events:
        """Send the transcript of the piece that is about to sound."""
        events, message = self._open_message()
        if message.heard_ms is None:
            message.text += text
        else:
            message.unheard_text += text
        events.append(
            self._stamp(
                ev.ResponseOutputAudioTranscriptDelta, **self._part_ids(message), delta=text
            )
        )
        return events

    def speak(self, made: SpeechMade) -> Events:
        """Send audio and note when its words end."""
        events, message = self._open_message()
        assert self._part is not None
        self._part.audio_bytes += len(made.audio)
        self._part.words.extend(made.words)
        if made.audio:
            events.append(
                AudioDelta(
                    response_id=self.response_id,
                    item_id=message.item_id,
                    output_index=self._index,
                    content_index=0,
                    audio=made.audio,
                    event_id=self._new_id("event"),
                )
            )
        return events

    def call(self, call_id: str, name: str, arguments: str) -> Events:
        """Send one whole function call, its arguments in stretches."""
        events = self._close_message("completed")
        arguments = arguments if arguments.strip() else "{}"
        entry = Entry(
            self._new_id("item"),
            "function_call",
            role="assistant",
            status="in_progress",
            name=name,
            call_id=self._fit_call_id(call_id),
        )
        events += self._add_item(entry)
        where = {
            "response_id": self.response_id,
            "item_id": entry.item_id,
            "output_index": self._index,
            "call_id": entry.call_id,
        }
        for start in range(0, len(arguments), ARGUMENTS_DELTA_CHARS):
            delta = arguments[start : start + ARGUMENTS_DELTA_CHARS]
            events.append(self._stamp(ev.ResponseFunctionCallArgumentsDelta, **where, delta=delta))
        events.append(
            self._stamp(
                ev.ResponseFunctionCallArgumentsDone, **where, name=name, arguments=arguments
            )
        )
        entry.arguments = arguments
        entry.status = "completed"
        self._text_tokens += count_tokens(name) + count_tokens(arguments)
        return events + self._finish_item(entry)

    def _fit_call_id(self, call_id: str) -> str:
        """Return the brain's id, or one of ours: some brains count from zero in each answer."""
        is_taken = call_id in self.call_ids or self._shelf.has_call(call_id)
        if not call_id or len(call_id) > MAX_CALL_ID_CHARS or is_taken:
            call_id = self._new_id("call")
        self.call_ids.add(call_id)
        return call_id

    def finish(
        self,
        status: Status,
        *,
        details: Mapping[str, Any] | None = None,
        usage: Mapping[str, Any],
    ) -> Events:
        """Close what is open and end the response."""
        events = self._close_message("completed" if status == "completed" else "incomplete")
        done = self._response(status, details=details, usage=usage)
        events.append(self._stamp(ev.ResponseDone, response=done))
        return events

    def output_audio_ms(self) -> int:
        """Milliseconds of speech sent over all items."""
        open_ms = 0
        if self._part is not None:
            open_ms = self.options.audio_format.bytes_to_ms(self._part.audio_bytes)
        return self._audio_ms + open_ms

    def output_text_tokens(self) -> int:
        """About how many tokens the brain wrote, words that were not heard included."""
        message = self._message
        written = message.text + message.unheard_text if message is not None else ""
        return self._text_tokens + count_tokens(written)

    # --- steps ------------------------------------------------------------------------------------

    @property
    def _index(self) -> int:
        return len(self._done_items)

    def _part_ids(self, message: Entry) -> dict[str, Any]:
        return {
            "response_id": self.response_id,
            "item_id": message.item_id,
            "output_index": self._index,
            "content_index": 0,
        }

    def _open_message(self) -> tuple[Events, Entry]:
        if self._message is not None:
            return [], self._message
        spoken = self.options.modality == "audio"
        entry = Entry(
            self._new_id("item"), "message", role="assistant", status="in_progress", spoken=spoken
        )
        events = self._add_item(entry)
        part = {"type": "audio", "transcript": ""} if spoken else {"type": "text", "text": ""}
        events.append(self._stamp(ev.ResponseContentPartAdded, **self._part_ids(entry), part=part))
        self._message = entry
        self._part = SpokenPart() if spoken else None
        return events, entry

    def _add_item(self, entry: Entry) -> Events:
        events: Events = []
        if self.options.in_conversation:
            events += self._shelf.add_answer(entry)
        item = wire_item(entry)
        events.append(
            self._stamp(
                ev.ResponseOutputItemAdded,
                response_id=self.response_id,
                output_index=self._index,
                item=item,
            )
        )
        return events + self._conversation_event(ev.ConversationItemAdded, entry, item)

    def _conversation_event(self, model: Any, entry: Entry, item: Item) -> Events:
        """Tell of an item as one of the conversation; nothing beside it, or once deleted."""
        if not self.options.in_conversation or entry.item_id not in self._shelf.ledger:
            return []
        previous_id = self._shelf.ledger.previous_id(entry.item_id)
        return [self._stamp(model, previous_item_id=previous_id, item=item)]

    def _close_message(self, status: Literal["completed", "incomplete"]) -> Events:
        message = self._message
        if message is None:
            return []
        message.status = "incomplete" if message.heard_ms is not None else status
        text = message.text + message.unheard_text
        self._text_tokens += count_tokens(text)
        ids = self._part_ids
        events: Events
        part: dict[str, Any]
        if message.spoken:
            events = [
                self._stamp(ev.ResponseOutputAudioDone, **ids(message)),
                self._stamp(ev.ResponseOutputAudioTranscriptDone, **ids(message), transcript=text),
            ]
            part = {"type": "audio", "transcript": text}
        else:
            events = [self._stamp(ev.ResponseOutputTextDone, **ids(message), text=text)]
            part = {"type": "text", "text": text}
        events.append(self._stamp(ev.ResponseContentPartDone, **ids(message), part=part))
        if self._part is not None:
            self._audio_ms += self.options.audio_format.bytes_to_ms(self._part.audio_bytes)
        self._message = self._part = None
        return events + self._finish_item(message)

    def _finish_item(self, entry: Entry) -> Events:
        item = wire_item(entry)
        events = self._conversation_event(ev.ConversationItemDone, entry, item)
        events.append(
            self._stamp(
                ev.ResponseOutputItemDone,
                response_id=self.response_id,
                output_index=self._index,
                item=item,
            )
        )
        self._done_items.append(item)
        return events

    def _response(
        self,
        status: str,
        *,
        details: Mapping[str, Any] | None = None,
        usage: Mapping[str, Any] | None = None,
    ) -> ev.Response:
        options = self.options
        body: dict[str, Any] = {
            "object": "realtime.response",
            "id": self.response_id,
            "status": status,
            "status_details": details,
            "output": [item.to_wire() for item in self._done_items],
            "conversation_id": self._conversation_id,
            "output_modalities": [options.modality],
            "max_output_tokens": options.max_output_tokens,
            "audio": {"output": {"format": options.audio_format.to_ga(), "voice": options.voice}},
            "usage": usage,
            "metadata": dict(options.metadata) if options.metadata is not None else None,
        }
        return ev.Response.model_validate(body)
