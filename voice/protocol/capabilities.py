"""What an endpoint can do, as data: nobody asks for a vendor's name to decide anything.

Which endpoint has which of these is in ``hosted_places`` and ``self_hosted_places``.
"""

from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

from voice.protocol.dialect_objects import BetaSpelling
from voice.protocol.formats import PCM16, AudioFormat
from voice.protocol.turn_causes import TURN_CAUSES_KEY

Scalar: TypeAlias = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an endpoint does and accepts; the defaults are those of OpenAI's GA service.

    Paths of session fields are GA's, with dots: ``audio.input.format``.
    """

    can_truncate: bool = True
    """Understands ``conversation.item.truncate``."""

    can_cancel: bool = True
    """Understands ``response.cancel``."""

    can_retrieve: bool = True
    """Answers ``conversation.item.retrieve``."""

    takes_pictures: bool = True
    """Takes ``input_image`` in a message."""

    done_after_cancel: bool = True
    """Sends ``response.done`` for a cancelled response too."""

    cancels_on_speech: bool = True
    """Cancels the running response by itself when its VAD hears the user."""

    needs_create_response_flag: bool = False
    """Answers by itself only where ``turn_detection.create_response`` was sent as true."""

    hosts_mcp: bool = True
    """Connects to MCP servers itself, in the GA dialect alone; else they are left out."""

    crosses_network: bool = True
    """Is reached over a network, or may be: what comes late from it may be late for that."""

    accepts_tool_examples: bool = False
    """Reads ``x-examples`` in a tool's parameters."""

    tool_choice_object_ok: bool = True
    """Takes an object as ``session.tool_choice``; some relays hang up on one."""

    nests_tools: bool = False
    """Wants a tool as Chat Completions has it, its name and schema under ``function``."""

    max_output_tokens_name_beta: Literal["max_response_output_tokens", "max_output_tokens"] = (
        "max_response_output_tokens"
    )
    """What the beta session calls the limit."""

    pcm_name_beta: Literal["pcm16", "pcm", "wav"] = "pcm16"
    """What the beta session calls PCM that goes in; ``wav`` also puts a header before each chunk.

    PCM that comes out is ``pcm16`` where this is, and else ``pcm``.
    """

    unsent_session_fields: tuple[str, ...] = ()
    """Fields that the endpoint refuses or does not have: they are left out of every update."""

    implied_session_fields: tuple[tuple[str, Scalar], ...] = ()
    """Fields with the value that the endpoint surely assumes: left out where they have it."""

    own_session_fields: tuple[tuple[str, Scalar], ...] = ()
    """Fields of its own that the endpoint insists on or acts on, in its spelling: sent always."""

    own_events: tuple[str, ...] = ()
    """How the types of events of its own begin; they are passed over without a word."""

    model_in_session: bool = False
    """Takes the model from ``session.model`` of the update, not from the URL."""

    transcription_model: str | None = "gpt-4o-mini-transcribe"
    """The transcription model to ask for where the person names none.

    Empty asks for a transcript and leaves the model to the endpoint, None does not ask.
    """

    default_turn_detection: Literal["server_vad", "semantic_vad"] = "server_vad"
    """The turn detection to ask for where the person chose none."""

    session_limit_s: int | None = None
    """Seconds after which a session is closed, where that is known."""

    idle_limit_s: int | None = None
    """Seconds without an event after which the session is closed; pings do not count."""

    input_format: AudioFormat = PCM16
    """The input format to ask for."""

    output_format: AudioFormat = PCM16
    """The output format to ask for."""

    @property
    def beta_spelling(self) -> BetaSpelling:
        """How to spell BETA for this endpoint."""
        return BetaSpelling(
            max_output_tokens_name=self.max_output_tokens_name_beta,
            tool_choice_object_ok=self.tool_choice_object_ok,
        )


PLAIN_CAPABILITIES: Final = Capabilities()

# A relay promises nothing of its upstream. The one common family of relays parses every frame
# into structs whose tool_choice is a string.
GATEWAY_CAPABILITIES: Final = Capabilities(
    takes_pictures=False,
    hosts_mcp=False,
    tool_choice_object_ok=False,
    implied_session_fields=(("audio.output.speed", 1.0),),
)

LOCAL_CAPABILITIES: Final = replace(
    PLAIN_CAPABILITIES,
    hosts_mcp=False,
    accepts_tool_examples=True,
    own_session_fields=((TURN_CAUSES_KEY, True),),
    default_turn_detection="semantic_vad",
    transcription_model="",
)
