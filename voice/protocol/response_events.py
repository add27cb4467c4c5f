"""Server events about a response in the making, in GA spelling.

AudioDelta is the light class that the codec makes of ``response.output_audio.delta``: audio never
passes through pydantic.
"""

from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field

from voice.protocol.items import AnyItem
from voice.protocol.response_object import Response
from voice.protocol.wire_model import Index, JsonText, ServerEventModel, Text, WireModel


@dataclass(slots=True)
class AudioDelta:
    """A decoded ``response.output_audio.delta``: raw bytes in the session's output format.

    Not frozen, which would cost 0.4 us for each of fifty deltas a second; change none.
    """

    response_id: str
    item_id: str
    output_index: int
    content_index: int
    audio: bytes
    event_id: str | None = None


def with_item_object(wire: dict[str, Any]) -> dict[str, Any]:
    """Name the item of a wire event a ``realtime.item``, as real servers do but for MCP's items."""
    item = wire["item"]
    if not str(item.get("type", "")).startswith("mcp_"):
        item.setdefault("object", "realtime.item")
    return wire


class ContentPartObject(WireModel):
    """The part of ``response.content_part.*``; its type is ``text`` or ``audio`` in GA too."""

    type: Text = "text"
    text: str | None = None
    transcript: str | None = None
    audio: str | None = None


class _ResponseEvent(ServerEventModel):
    response: Response


class ResponseCreated(_ResponseEvent):
    """A response began; its usage is null and its output empty."""

    type: Literal["response.created"] = "response.created"


class ResponseDone(_ResponseEvent):
    """A response ended, whatever its status; holds all output without audio bytes."""

    type: Literal["response.done"] = "response.done"


class _OutputEvent(ServerEventModel):
    """An event about one output of a response."""

    response_id: Text = ""
    output_index: Index = 0


class _OutputItemEvent(_OutputEvent):
    item: AnyItem

    def to_wire(self) -> dict[str, Any]:
        """Return the event with its item named as one."""
        return with_item_object(super().to_wire())


class ResponseOutputItemAdded(_OutputItemEvent):
    """An output item began; its content is empty."""

    type: Literal["response.output_item.added"] = "response.output_item.added"


class ResponseOutputItemDone(_OutputItemEvent):
    """An output item is complete; a function call may now be run."""

    type: Literal["response.output_item.done"] = "response.output_item.done"


class _PartEvent(_OutputEvent):
    """An event about one content part of an output item."""

    item_id: str
    content_index: Index = 0


class ResponseContentPartAdded(_PartEvent):
    """A content part began."""

    type: Literal["response.content_part.added"] = "response.content_part.added"
    part: ContentPartObject = Field(default_factory=ContentPartObject)


class ResponseContentPartDone(_PartEvent):
    """A content part is complete; some servers leave the part itself out."""

    type: Literal["response.content_part.done"] = "response.content_part.done"
    part: ContentPartObject = Field(default_factory=ContentPartObject)


class ResponseOutputTextDelta(_PartEvent):
    """More text."""

    type: Literal["response.output_text.delta"] = "response.output_text.delta"
    delta: Text = ""


class ResponseOutputTextDone(_PartEvent):
    """The whole text."""

    type: Literal["response.output_text.done"] = "response.output_text.done"
    text: Text = ""


class ResponseOutputAudioDelta(_PartEvent):
    """More audio as base64; the codec prefers AudioDelta."""

    type: Literal["response.output_audio.delta"] = "response.output_audio.delta"
    delta: str


class ResponseOutputAudioDone(_PartEvent):
    """No more audio for this part."""

    type: Literal["response.output_audio.done"] = "response.output_audio.done"


class ResponseOutputAudioTranscriptDelta(_PartEvent):
    """More words of the speech; they usually lead the audio."""

    type: Literal["response.output_audio_transcript.delta"] = (
        "response.output_audio_transcript.delta"
    )
    delta: Text = ""


class ResponseOutputAudioTranscriptDone(_PartEvent):
    """All words of the speech."""

    type: Literal["response.output_audio_transcript.done"] = "response.output_audio_transcript.done"
    transcript: Text = ""


class _ArgumentsEvent(_OutputEvent):
    item_id: str


class ResponseFunctionCallArgumentsDelta(_ArgumentsEvent):
    """More JSON text of a call's arguments."""

    type: Literal["response.function_call_arguments.delta"] = (
        "response.function_call_arguments.delta"
    )
    call_id: Text = ""
    delta: Text = ""


class ResponseFunctionCallArgumentsDone(_ArgumentsEvent):
    """A call's whole arguments; ``name`` is empty where a beta or older server leaves it out."""

    type: Literal["response.function_call_arguments.done"] = "response.function_call_arguments.done"
    call_id: Text = ""
    name: Text = ""
    arguments: JsonText = ""


class ResponseMcpCallArgumentsDelta(_ArgumentsEvent):
    """More JSON text of an MCP call's arguments."""

    type: Literal["response.mcp_call_arguments.delta"] = "response.mcp_call_arguments.delta"
    delta: Text = ""
    obfuscation: str | None = None


class ResponseMcpCallArgumentsDone(_ArgumentsEvent):
    """An MCP call's whole arguments."""

    type: Literal["response.mcp_call_arguments.done"] = "response.mcp_call_arguments.done"
    arguments: JsonText = ""


class _McpCallEvent(ServerEventModel):
    item_id: str
    output_index: Index = 0


class ResponseMcpCallInProgress(_McpCallEvent):
    """The endpoint runs an MCP call."""

    type: Literal["response.mcp_call.in_progress"] = "response.mcp_call.in_progress"


class ResponseMcpCallCompleted(_McpCallEvent):
    """An MCP call gave its output."""

    type: Literal["response.mcp_call.completed"] = "response.mcp_call.completed"


class ResponseMcpCallFailed(_McpCallEvent):
    """An MCP call failed."""

    type: Literal["response.mcp_call.failed"] = "response.mcp_call.failed"


RESPONSE_EVENT_MODELS: tuple[type[ServerEventModel], ...] = (
    ResponseCreated,
    ResponseDone,
    ResponseOutputItemAdded,
    ResponseOutputItemDone,
    ResponseContentPartAdded,
    ResponseContentPartDone,
    ResponseOutputTextDelta,
    ResponseOutputTextDone,
    ResponseOutputAudioDelta,
    ResponseOutputAudioDone,
    ResponseOutputAudioTranscriptDelta,
    ResponseOutputAudioTranscriptDone,
    ResponseFunctionCallArgumentsDelta,
    ResponseFunctionCallArgumentsDone,
    ResponseMcpCallArgumentsDelta,
    ResponseMcpCallArgumentsDone,
    ResponseMcpCallInProgress,
    ResponseMcpCallCompleted,
    ResponseMcpCallFailed,
)
"""Every model of this module that is an event."""
