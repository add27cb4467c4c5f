"""Server events about the conversation: its items and their transcripts, in GA spelling."""

from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import Field, PlainValidator

from voice.protocol.items import AnyItem
from voice.protocol.response_events import with_item_object
from voice.protocol.response_object import ERROR_AS_STRING, StatusError
from voice.protocol.wire_model import Index, ServerEventModel, Text, Whole, WireModel


class Conversation(WireModel):
    """A conversation's identity."""

    id: str | None = None
    object: Text = "realtime.conversation"


class ConversationCreated(ServerEventModel):
    """A conversation began; optional, never wait for it."""

    type: Literal["conversation.created"] = "conversation.created"
    conversation: Conversation


class _ItemCarrier(ServerEventModel):
    item: AnyItem

    def to_wire(self) -> dict[str, Any]:
        """Return the event with its item named as one."""
        return with_item_object(super().to_wire())


class _PlacedItem(_ItemCarrier):
    """``previous_item_id`` is None at the head of the conversation."""

    previous_item_id: str | None = None

    NULL_IS_SENT: ClassVar[frozenset[str]] = frozenset({"previous_item_id"})


class ConversationItemAdded(_PlacedItem):
    """An item entered the conversation, perhaps still in progress."""

    type: Literal["conversation.item.added"] = "conversation.item.added"


class ConversationItemCreated(_PlacedItem):
    """The older name of ConversationItemAdded; some GA servers still send it."""

    type: Literal["conversation.item.created"] = "conversation.item.created"


class ConversationItemDone(_PlacedItem):
    """An item is complete; not every server says so."""

    type: Literal["conversation.item.done"] = "conversation.item.done"


class ConversationItemRetrieved(_ItemCarrier):
    """The answer to a retrieve."""

    type: Literal["conversation.item.retrieved"] = "conversation.item.retrieved"


class ConversationItemDeleted(ServerEventModel):
    """An item left the conversation."""

    type: Literal["conversation.item.deleted"] = "conversation.item.deleted"
    item_id: str


class ConversationItemTruncated(ServerEventModel):
    """An assistant message was cut at what was heard."""

    type: Literal["conversation.item.truncated"] = "conversation.item.truncated"
    item_id: str
    content_index: Index = 0
    audio_end_ms: Whole


class TranscriptionUsage(WireModel):
    """What a transcription cost: ``duration`` with seconds, or ``tokens`` with extra counts."""

    type: Text = "duration"
    seconds: float | None = None


def _parse_transcription_usage(value: object) -> TranscriptionUsage:
    if isinstance(value, TranscriptionUsage):
        return value
    if isinstance(value, dict) and value:
        return TranscriptionUsage.model_validate(value)
    return TranscriptionUsage(seconds=0.0)


class _TranscriptionEvent(ServerEventModel):
    """An event about the transcript of one user item; comes at any time after the commit."""

    item_id: str
    content_index: Index = 0


class ConversationItemInputAudioTranscriptionDelta(_TranscriptionEvent):
    """More of a transcript."""

    type: Literal["conversation.item.input_audio_transcription.delta"] = (
        "conversation.item.input_audio_transcription.delta"
    )
    delta: Text = ""


class ConversationItemInputAudioTranscriptionCompleted(_TranscriptionEvent):
    """The authoritative transcript; strict GA clients demand ``usage``, so one is always sent."""

    type: Literal["conversation.item.input_audio_transcription.completed"] = (
        "conversation.item.input_audio_transcription.completed"
    )
    transcript: Text = ""
    usage: Annotated[TranscriptionUsage, PlainValidator(_parse_transcription_usage)] = Field(
        default_factory=lambda: TranscriptionUsage(seconds=0.0)
    )


class ConversationItemInputAudioTranscriptionSegment(_TranscriptionEvent):
    """One speaker's stretch of a diarised transcript; times in seconds."""

    type: Literal["conversation.item.input_audio_transcription.segment"] = (
        "conversation.item.input_audio_transcription.segment"
    )
    id: str
    text: Text = ""
    speaker: Text = ""
    start: float
    end: float


class ConversationItemInputAudioTranscriptionFailed(_TranscriptionEvent):
    """A transcription failed; the conversation goes on without the words."""

    type: Literal["conversation.item.input_audio_transcription.failed"] = (
        "conversation.item.input_audio_transcription.failed"
    )
    error: Annotated[StatusError, ERROR_AS_STRING]


CONVERSATION_EVENT_MODELS: Final[tuple[type[ServerEventModel], ...]] = (
    ConversationCreated,
    ConversationItemAdded,
    ConversationItemCreated,
    ConversationItemDone,
    ConversationItemRetrieved,
    ConversationItemDeleted,
    ConversationItemTruncated,
    ConversationItemInputAudioTranscriptionDelta,
    ConversationItemInputAudioTranscriptionCompleted,
    ConversationItemInputAudioTranscriptionSegment,
    ConversationItemInputAudioTranscriptionFailed,
)
"""Every model of this module that is an event."""
