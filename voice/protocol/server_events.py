"""Every event that a server sends, in GA spelling.

Those about items live in ``conversation_events``, those about responses in ``response_events``;
this module is where to import all of them from.
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Final, Literal, TypeAlias

from voice.protocol.conversation_events import (
    CONVERSATION_EVENT_MODELS,
    Conversation,
    ConversationCreated,
    ConversationItemAdded,
    ConversationItemCreated,
    ConversationItemDeleted,
    ConversationItemDone,
    ConversationItemInputAudioTranscriptionCompleted,
    ConversationItemInputAudioTranscriptionDelta,
    ConversationItemInputAudioTranscriptionFailed,
    ConversationItemInputAudioTranscriptionSegment,
    ConversationItemRetrieved,
    ConversationItemTruncated,
    TranscriptionUsage,
)
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
    FAIL_FAST,
    ServerEventModel,
    Text,
    UnknownEvent,
    Whole,
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
    rate_limits: Annotated[list[RateLimit], FAIL_FAST, EMPTY_IF_NULL] = []


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
    *CONVERSATION_EVENT_MODELS,
    *RESPONSE_EVENT_MODELS,
)

SERVER_EVENTS: Final[Mapping[str, type[ServerEventModel]]] = {
    model.model_fields["type"].default: model for model in _MODELS
}
"""Event type to model."""
