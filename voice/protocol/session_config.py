"""Session and response configuration, in GA shape.

Every object here is partial: absent means keep, None means null (clear). ``to_wire`` sends what
was set and nothing else. Fields that a peer may leave out read as None or as the documented
default.
"""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, PlainValidator

from voice.protocol.items import AnyItems
from voice.protocol.wire_model import (
    EMPTY_IF_NULL,
    FAIL_FAST,
    MAX_WHOLE,
    OPEN,
    Modality,
    PartialModel,
    Text,
    Whole,
    WireFormat,
    WireModel,
    null_means,
)


class FunctionTool(WireModel):
    """A function that the model may call; ``parameters`` is a JSON schema."""

    type: Literal["function"] = "function"
    name: Text = ""
    description: str | None = None
    parameters: dict[str, Any] | None = None


class McpTool(WireModel):
    """An MCP server that the endpoint itself connects to; other fields are kept as they are.

    ``allowed_tools`` and ``require_approval`` are names, words or filters, as the endpoint has
    them. No repr shows ``authorization`` and ``headers``.
    """

    type: Literal["mcp"] = "mcp"
    server_label: Text = ""
    server_url: str | None = None
    connector_id: str | None = None
    server_description: str | None = None
    authorization: str | None = Field(default=None, repr=False)
    headers: dict[str, Any] | None = Field(default=None, repr=False)
    allowed_tools: Any = None
    require_approval: Any = None

    @property
    def secrets(self) -> tuple[str, ...]:
        """What may be shown to nobody but the endpoint."""
        found = (self.authorization, *(self.headers or {}).values())
        return tuple(secret for secret in found if isinstance(secret, str) and secret)

    def without_secrets(self) -> "McpTool":
        """Return the server as it may be shown."""
        return self.model_copy(update={"authorization": None, "headers": None})


Tool: TypeAlias = FunctionTool | McpTool | dict[str, Any]


def _parse_tool(value: object) -> Tool:
    if isinstance(value, FunctionTool | McpTool):
        return value
    if not isinstance(value, dict):
        raise ValueError("a tool must be an object")
    kind = value.get("type")
    if kind == "mcp":
        return McpTool.model_validate(value)
    nested = value.get("function")
    if kind == "function" and "name" not in value and isinstance(nested, dict):
        # The nesting of Chat Completions, which people paste here.
        value = {"type": "function", **nested}
    if kind in ("function", None) and isinstance(value.get("name"), str):
        return FunctionTool.model_validate({**value, "type": "function"})
    return value


def hosted_servers(tools: list[Tool] | None) -> list[McpTool]:
    """Return the MCP servers among tools."""
    return [tool for tool in tools or () if isinstance(tool, McpTool)]


Tools = Annotated[list[Annotated[Tool, PlainValidator(_parse_tool)]], FAIL_FAST, EMPTY_IF_NULL]


class ToolChoiceFunction(WireModel):
    """Makes the model call this one function."""

    type: Literal["function"] = "function"
    name: Text = ""


class ToolChoiceMcp(WireModel):
    """Makes the model call this MCP server, or this one tool of it."""

    type: Literal["mcp"] = "mcp"
    server_label: Text = ""
    name: str | None = None


ToolChoice: TypeAlias = str | ToolChoiceFunction | ToolChoiceMcp
"""``auto``, ``none``, ``required``, or one tool."""


def _parse_tool_choice(value: object) -> ToolChoice | None:
    if value is None or isinstance(value, str | ToolChoiceFunction | ToolChoiceMcp):
        return value
    if isinstance(value, dict) and value.get("type") == "mcp":
        return ToolChoiceMcp.model_validate(value)
    if isinstance(value, dict) and value.get("type") == "function":
        nested = value.get("function")
        return ToolChoiceFunction.model_validate(
            {"type": "function", **nested} if isinstance(nested, dict) else value
        )
    raise ValueError("tool_choice must be a string, or an object of type function or mcp")


class Transcription(PartialModel):
    """How the user's speech is transcribed beside the conversation."""

    model: str | None = None
    language: str | None = None
    prompt: str | None = None


class NoiseReduction(PartialModel):
    """Noise reduction of the input."""

    type: Annotated[Literal["near_field", "far_field"], OPEN] | None = None
    strength: float | None = None


class ServerVad(PartialModel):
    """Turns end after a silence. The defaults are the documented ones; send your own always."""

    type: Literal["server_vad"] = "server_vad"
    threshold: Annotated[float, null_means(0.5)] = 0.5
    prefix_padding_ms: Annotated[Whole, null_means(300)] = 300
    silence_duration_ms: Annotated[Whole, null_means(500)] = 500
    idle_timeout_ms: Whole | None = None
    create_response: Annotated[bool, null_means(True)] = True
    interrupt_response: Annotated[bool, null_means(True)] = True


class SemanticVad(PartialModel):
    """Turns end when the words sound finished."""

    type: Literal["semantic_vad"] = "semantic_vad"
    eagerness: Annotated[Literal["low", "medium", "high", "auto"], OPEN] = "auto"
    create_response: Annotated[bool, null_means(True)] = True
    interrupt_response: Annotated[bool, null_means(True)] = True


class OtherTurnDetection(PartialModel):
    """A vendor's own turn detection, with all its fields."""

    type: Text = ""


TurnDetection: TypeAlias = ServerVad | SemanticVad | OtherTurnDetection


def _parse_turn_detection(value: object) -> TurnDetection | None:
    if value is None or isinstance(value, ServerVad | SemanticVad | OtherTurnDetection):
        return value
    if not isinstance(value, dict):
        raise ValueError("turn_detection must be an object or null")
    match value.get("type"):
        case "none":
            return None
        case "server_vad" | None:
            return ServerVad.model_validate({**value, "type": "server_vad"})
        case "semantic_vad":
            return SemanticVad.model_validate(value)
        case _:
            return OtherTurnDetection.model_validate(value)


class AudioInputConfig(PartialModel):
    """The user's side of the audio; ``turn_detection`` None means manual turns."""

    format: WireFormat | None = None
    transcription: Transcription | None = None
    noise_reduction: NoiseReduction | None = None
    turn_detection: Annotated[TurnDetection | None, PlainValidator(_parse_turn_detection)] = None


class VoiceId(WireModel):
    """A custom voice."""

    id: str


class AudioOutputConfig(PartialModel):
    """The assistant's side of the audio; the voice is frozen after the first audio."""

    format: WireFormat | None = None
    voice: str | VoiceId | None = None
    speed: float | None = None


class AudioConfig(PartialModel):
    """Both sides of the audio."""

    input: AudioInputConfig | None = None
    output: AudioOutputConfig | None = None


MaxOutputTokens = Annotated[int, Field(ge=0, le=MAX_WHOLE)] | Literal["inf"] | None


class _Generation(PartialModel):
    """What a session and a single response both configure.

    ``temperature`` exists in the beta dialect only; the codec never sends it in GA.
    """

    instructions: str | None = None
    output_modalities: list[Modality] | None = None
    tools: Tools = []
    tool_choice: Annotated[ToolChoice | None, PlainValidator(_parse_tool_choice)] = None
    max_output_tokens: MaxOutputTokens = None
    temperature: float | None = None
    prompt: dict[str, Any] | None = None
    reasoning: dict[str, Any] | None = None
    parallel_tool_calls: bool | None = None


class SessionConfig(_Generation):
    """Configuration of a conversation; a server's copy also has id, object and expires_at."""

    type: Literal["realtime"] = "realtime"
    id: str | None = None
    object: str | None = None
    model: str | None = None
    audio: AudioConfig | None = None
    include: list[str] | None = None
    tracing: str | dict[str, Any] | None = None
    truncation: str | dict[str, Any] | None = None
    expires_at: Whole | None = None


class TranscriptionAudioConfig(PartialModel):
    """The audio of a session that only transcribes."""

    input: AudioInputConfig | None = None


class TranscriptionSessionConfig(PartialModel):
    """Configuration of a session that only transcribes."""

    type: Literal["transcription"] = "transcription"
    id: str | None = None
    object: str | None = None
    audio: TranscriptionAudioConfig | None = None
    include: list[str] | None = None
    expires_at: Whole | None = None


AnySessionConfig: TypeAlias = SessionConfig | TranscriptionSessionConfig


def parse_session(value: object) -> AnySessionConfig:
    """Read a session object by its ``type``; anything but ``transcription`` is a conversation.

    Raises ValueError where it is no object or a known field is wrong.
    """
    if isinstance(value, SessionConfig | TranscriptionSessionConfig):
        return value
    if not isinstance(value, dict):
        raise ValueError("session must be an object")
    if value.get("type") == "transcription":
        return TranscriptionSessionConfig.model_validate(value)
    return SessionConfig.model_validate({**value, "type": "realtime"})


AnySession = Annotated[AnySessionConfig, PlainValidator(parse_session)]
"""A session object as a field of an event."""


class ResponseAudioConfig(PartialModel):
    """The audio of one response."""

    output: AudioOutputConfig | None = None


class ResponseConfig(_Generation):
    """Overrides for one response; ``input`` replaces the context, [] means none at all.

    ``conversation`` ``none`` makes it out of band: nothing of it enters the conversation.
    """

    audio: ResponseAudioConfig | None = None
    conversation: str | None = None
    input: AnyItems | None = None
    metadata: dict[str, str] | None = None
