"""Every event that a server sends, in GA spelling.

The response events live in ``response_events`` and the response object in ``response_object``;
this module is where to import all of them from.
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final, Literal, TypeAlias

from pydantic import Field, PlainValidator

from voice.protocol.items import AnyItem
from voice.protocol.response_events import (
    RESPONSE_EVENT_MODELS,
    AudioDelta,
    ContentPartObject,
    ResponseContentPartAdded,
    ResponseContentPartDone,
    ResponseCreated,
    ResponseDone,
    ResponseFunctionCallArgumentsDelta,
    ResponseFunctionCallArgumentsDone,
    ResponseMcpCallArgumentsDelta,
    ResponseMcpCallArgumentsDone,
    ResponseMcpCallCompleted,
    ResponseMcpCallFailed,
    ResponseMcpCallInProgress,
    ResponseOutputAudioDelta,
    ResponseOutputAudioDone,
    ResponseOutputAudioTranscriptDelta,
    ResponseOutputAudioTranscriptDone,
    ResponseOutputItemAdded,
    ResponseOutputItemDone,
    ResponseOutputTextDelta,
    ResponseOutputTextDone,
    with_item_object,
)
from voice.protocol.response_object import (
    ERROR_AS_STRING,
    ErrorDetails,
    RateLimit,
    Response,
    ResponseStatus,
    StatusDetails,
    StatusError,
    Usage,
)
from voice.protocol.session_config import AnySession
from voice.protocol.wire_model import (
    EMPTY_IF_NULL,
    Index,
    ServerEventModel,
    Text,
    UnknownEvent,
    Whole,
    WireModel,
)

__all__ = [
    "AudioDelta",
    "ContentPartObject",
    "Conversation",
    "ConversationCreated",
    "ConversationItemAdded",
    "ConversationItemCreated",
    "ConversationItemDeleted",
    "ConversationItemDone",
    "ConversationItemInputAudioTranscriptionCompleted",
    "ConversationItemInputAudioTranscriptionDelta",
    "ConversationItemInputAudioTranscriptionFailed",
    "ConversationItemInputAudioTranscriptionSegment",
    "ConversationItemRetrieved",
    "ConversationItemTruncated",
    "ErrorDetails",
    "ErrorEvent",
    "InputAudioBufferCleared",
    "InputAudioBufferCommitted",
    "InputAudioBufferDtmfEventReceived",
    "InputAudioBufferSpeechStarted",
    "InputAudioBufferSpeechStopped",
    "InputAudioBufferTimeoutTriggered",
    "McpListToolsCompleted",
    "McpListToolsFailed",
    "McpListToolsInProgress",
    "OutputAudioBufferCleared",
    "OutputAudioBufferStarted",
    "OutputAudioBufferStopped",
    "RateLimit",
    "RateLimitsUpdated",
    "Response",
    "ResponseContentPartAdded",
    "ResponseContentPartDone",
    "ResponseCreated",
    "ResponseDone",
    "ResponseFunctionCallArgumentsDelta",
    "ResponseFunctionCallArgumentsDone",
    "ResponseMcpCallArgumentsDelta",
    "ResponseMcpCallArgumentsDone",
    "ResponseMcpCallCompleted",
    "ResponseMcpCallFailed",
    "ResponseMcpCallInProgress",
    "ResponseOutputAudioDelta",
    "ResponseOutputAudioDone",
    "ResponseOutputAudioTranscriptDelta",
    "ResponseOutputAudioTranscriptDone",
    "ResponseOutputItemAdded",
    "ResponseOutputItemDone",
    "ResponseOutputTextDelta",
    "ResponseOutputTextDone",
    "ResponseStatus",
    "SERVER_EVENTS",
    "ServerEvent",
    "ServerEventModel",
    "SessionCreated",
    "SessionUpdated",
    "StatusDetails",
    "StatusError",
    "TranscriptionSessionUpdated",
    "TranscriptionUsage",
    "UnknownEvent",
    "Usage",
]


class ErrorEvent(ServerEventModel):
    """Something went wrong; the session usually stays open."""

    type: Literal["error"] = "error"
    error: Annotated[ErrorDetails, ERROR_AS_STRING]


class SessionCreated(ServerEventModel):
    """The first event of a session."""

    type: Literal["session.created"] = "session.created"
    session: AnySession


class SessionUpdated(ServerEventModel):
    """The full effective configuration after an update."""

    type: Literal["session.updated"] = "session.updated"
    session: AnySession


class TranscriptionSessionUpdated(ServerEventModel):
    """Beta's own event for transcription sessions; the dialect maps make it SessionUpdated."""

    type: Literal["transcription_session.updated"] = "transcription_session.updated"
    session: AnySession


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


class InputAudioBufferCommitted(ServerEventModel):
    """The buffered audio became a user item."""

    type: Literal["input_audio_buffer.committed"] = "input_audio_buffer.committed"
    previous_item_id: str | None = None
    item_id: str

    NULL_IS_SENT: ClassVar[frozenset[str]] = frozenset({"previous_item_id"})


class InputAudioBufferCleared(ServerEventModel):
    """The buffered audio was thrown away."""

    type: Literal["input_audio_buffer.cleared"] = "input_audio_buffer.cleared"


class InputAudioBufferSpeechStarted(ServerEventModel):
    """The user began to speak; ms from the first byte ever appended, prefix padding included."""

    type: Literal["input_audio_buffer.speech_started"] = "input_audio_buffer.speech_started"
    audio_start_ms: Whole = 0
    item_id: Text = ""


class InputAudioBufferSpeechStopped(ServerEventModel):
    """The user stopped; same clock, silence window included."""

    type: Literal["input_audio_buffer.speech_stopped"] = "input_audio_buffer.speech_stopped"
    audio_end_ms: Whole = 0
    item_id: Text = ""


class InputAudioBufferTimeoutTriggered(ServerEventModel):
    """Nobody spoke for the idle time-out."""

    type: Literal["input_audio_buffer.timeout_triggered"] = "input_audio_buffer.timeout_triggered"
    audio_start_ms: Whole = 0
    audio_end_ms: Whole = 0
    item_id: Text = ""


class InputAudioBufferDtmfEventReceived(ServerEventModel):
    """A telephone key; SIP only, and alone among events without an event_id."""

    type: Literal["input_audio_buffer.dtmf_event_received"] = (
        "input_audio_buffer.dtmf_event_received"
    )
    event: Text = ""
    received_at: Whole = 0


class _OutputBufferEvent(ServerEventModel):
    response_id: Text = ""


class OutputAudioBufferStarted(_OutputBufferEvent):
    """The server began to play; WebRTC and SIP only."""

    type: Literal["output_audio_buffer.started"] = "output_audio_buffer.started"


class OutputAudioBufferStopped(_OutputBufferEvent):
    """The server has played all; WebRTC and SIP only."""

    type: Literal["output_audio_buffer.stopped"] = "output_audio_buffer.stopped"


class OutputAudioBufferCleared(_OutputBufferEvent):
    """The server dropped what was unplayed; WebRTC and SIP only."""

    type: Literal["output_audio_buffer.cleared"] = "output_audio_buffer.cleared"


class RateLimitsUpdated(ServerEventModel):
    """Remaining quota; its place among other events is not contractual."""

    type: Literal["rate_limits.updated"] = "rate_limits.updated"
    rate_limits: Annotated[list[RateLimit], EMPTY_IF_NULL] = []


class _McpListEvent(ServerEventModel):
    item_id: str


class McpListToolsInProgress(_McpListEvent):
    """The endpoint lists an MCP server's tools."""

    type: Literal["mcp_list_tools.in_progress"] = "mcp_list_tools.in_progress"


class McpListToolsCompleted(_McpListEvent):
    """The list is there, as an item."""

    type: Literal["mcp_list_tools.completed"] = "mcp_list_tools.completed"


class McpListToolsFailed(_McpListEvent):
    """The list could not be had."""

    type: Literal["mcp_list_tools.failed"] = "mcp_list_tools.failed"


ServerEvent: TypeAlias = ServerEventModel | AudioDelta | UnknownEvent

_MODELS: Final[tuple[type[ServerEventModel], ...]] = (
    ErrorEvent,
    SessionCreated,
    SessionUpdated,
    TranscriptionSessionUpdated,
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
    InputAudioBufferCommitted,
    InputAudioBufferCleared,
    InputAudioBufferSpeechStarted,
    InputAudioBufferSpeechStopped,
    InputAudioBufferTimeoutTriggered,
    InputAudioBufferDtmfEventReceived,
    OutputAudioBufferStarted,
    OutputAudioBufferStopped,
    OutputAudioBufferCleared,
    RateLimitsUpdated,
    McpListToolsInProgress,
    McpListToolsCompleted,
    McpListToolsFailed,
    *RESPONSE_EVENT_MODELS,
)

SERVER_EVENTS: Final[Mapping[str, type[ServerEventModel]]] = {
    model.model_fields["type"].default: model for model in _MODELS
}
"""Event type to model."""
