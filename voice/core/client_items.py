"""The conversation's items as the endpoint reports them, and what was heard of each."""

from __future__ import annotations

from typing import Literal

from voice.core.client_state import ClientState
from voice.core.ledger import Entry
from voice.core.updates import TranscriptCorrected, UserTranscript
from voice.protocol.client_events import ConversationItemRetrieve
from voice.protocol.items import (
    AssistantMessage,
    FunctionCall,
    FunctionCallOutput,
    InputAudio,
    InputImage,
    InputText,
    Item,
    OutputAudio,
    OutputText,
    SystemMessage,
    UserMessage,
)
from voice.protocol.server_events import (
    ConversationItemAdded,
    ConversationItemCreated,
    ConversationItemDeleted,
    ConversationItemInputAudioTranscriptionCompleted,
    ConversationItemInputAudioTranscriptionDelta,
    ConversationItemInputAudioTranscriptionFailed,
    ConversationItemRetrieved,
    ConversationItemTruncated,
)


class ItemHandlers:
    """Keep the ledger as the endpoint has the conversation."""

    def __init__(self, state: ClientState) -> None:
        self._state = state

    def on_added(self, event: ConversationItemAdded | ConversationItemCreated) -> None:
        """An item entered the conversation, of ours or of the endpoint's."""
        state, item_id = self._state, getattr(event.item, "id", None)
        if not item_id:
            return
        state.wishes.acknowledged(item_id)
        if state.history is not None:
            state.history.acknowledged(item_id)
        if item_id in state.cut_items:
            return
        entry = state.ledger.get(item_id)
        if entry is None:
            entry = entry_of(event.item, item_id)
            state.ledger.add(entry, self._known_anchor(event.previous_item_id))
        elif event.previous_item_id is not None:
            self._place(entry, event.previous_item_id)

    def on_deleted(self, event: ConversationItemDeleted) -> None:
        """An item left the conversation."""
        if event.item_id in self._state.ledger:
            self._state.ledger.delete(event.item_id)

    def on_truncated(self, event: ConversationItemTruncated) -> None:
        """The endpoint cut an item; ask which words it keeps, since it may know them exactly."""
        state = self._state
        if state.capabilities.can_retrieve and event.item_id in state.cut_items:
            event_id = state.new_id("retrieve")
            state.send(ConversationItemRetrieve(event_id=event_id, item_id=event.item_id))

    def on_retrieved(self, event: ConversationItemRetrieved) -> None:
        """Take the endpoint's own account of what was heard of a cut item."""
        state, item = self._state, event.item
        if not isinstance(item, AssistantMessage) or not item.id:
            return
        entry, heard_text = state.ledger.get(item.id), spoken_text(item)
        if entry is None or entry.heard_ms is None or heard_text is None:
            return
        if heard_text == entry.text:
            return
        whole = entry.text + entry.unheard_text
        entry.text = heard_text
        entry.unheard_text = whole.removeprefix(heard_text)
        state.publish(TranscriptCorrected(item.id, heard_text))

    def on_transcript_delta(self, event: ConversationItemInputAudioTranscriptionDelta) -> None:
        """More words of the user."""
        if event.delta:
            self._state.publish(UserTranscript(event.item_id, event.delta, is_final=False))

    def on_transcript(self, event: ConversationItemInputAudioTranscriptionCompleted) -> None:
        """All words of one turn of the user; may come before the item itself."""
        state = self._state
        entry = state.ledger.get(event.item_id)
        if entry is None:
            entry = Entry(event.item_id, "message", role="user")
            state.ledger.add(entry)
        entry.text, entry.spoken = event.transcript, True
        if not event.transcript:
            state.wordless[event.item_id] = True
        if event.item_id == state.spoken_item:
            state.uplink.settle()
        state.timeline.transcribed(event.item_id, state.now_ms)
        # An endpoint that counts nothing is read as zero seconds.
        usage = {} if event.usage.seconds == 0 else event.usage.to_wire()
        state.publish(UserTranscript(event.item_id, event.transcript, is_final=True, usage=usage))

    def on_transcript_failed(self, event: ConversationItemInputAudioTranscriptionFailed) -> None:
        """The conversation goes on without the words: the model hears, it does not read them."""
        code = event.error.code or event.error.type or "unknown"
        self._state.warn("transcription_failed", f"the user's words could not be written: {code}")

    def _known_anchor(self, previous_item_id: str | None) -> str | None:
        is_known = previous_item_id is not None and previous_item_id in self._state.ledger
        return previous_item_id if is_known else None

    def _place(self, entry: Entry, previous_item_id: str) -> None:
        """Move an item that we put at the end to where the endpoint has it."""
        ledger = self._state.ledger
        if previous_item_id not in ledger or previous_item_id == entry.item_id:
            return
        if ledger.previous_id(entry.item_id) != previous_item_id:
            ledger.delete(entry.item_id)
            ledger.add(entry, previous_item_id)


def entry_of(item: Item, item_id: str) -> Entry:
    """Return the ledger entry of an item that the endpoint added."""
    match item:
        case FunctionCall():
            return Entry(
                item_id,
                "function_call",
                role="assistant",
                name=item.name,
                call_id=item.call_id,
                arguments=item.arguments,
                status=_status(item.status),
            )
        case FunctionCallOutput():
            return Entry(item_id, "function_call_output", text=item.output, call_id=item.call_id)
        case UserMessage() | SystemMessage() | AssistantMessage():
            return _message_entry(item, item_id)
        case _:
            return Entry(item_id, "other", name=getattr(item, "type", None))


def _message_entry(item: UserMessage | SystemMessage | AssistantMessage, item_id: str) -> Entry:
    entry = Entry(item_id, "message", role=item.role, status=_status(item.status))
    for part in item.content:
        match part:
            case InputText() | OutputText():
                entry.text += part.text
            case InputAudio() | OutputAudio():
                entry.spoken = True
                entry.text += part.transcript or ""
            case InputImage():
                entry.image_urls.append(part.image_url or "")
    return entry


def _status(status: str | None) -> Literal["in_progress", "completed"]:
    return "in_progress" if status == "in_progress" else "completed"


def spoken_text(item: AssistantMessage) -> str | None:
    """Return the transcript of a spoken item; None where the endpoint keeps none."""
    transcripts = [part.transcript for part in item.content if isinstance(part, OutputAudio)]
    known = [text for text in transcripts if text is not None]
    return "".join(known) if known else None
