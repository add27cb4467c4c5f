"""What an endpoint can do, as data: nobody asks for a vendor's name to decide anything."""

from dataclasses import dataclass, replace
from typing import Final, Literal

from voice.protocol.dialect_objects import BetaSpelling
from voice.protocol.dialects import Dialect
from voice.protocol.formats import PCM16, AudioFormat


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an endpoint does and accepts; the defaults are those of OpenAI's GA service."""

    can_truncate: bool = True
    """Understands ``conversation.item.truncate``."""

    can_cancel: bool = True
    """Understands ``response.cancel``."""

    can_retrieve: bool = True
    """Answers ``conversation.item.retrieve``."""

    emits_response_done: bool = True
    """Ends every response that ran its course with ``response.done``."""

    done_after_cancel: bool = True
    """Sends ``response.done`` for a cancelled response too."""

    emits_item_done: bool = True
    """Sends ``conversation.item.done``."""

    cancels_on_speech: bool = True
    """Cancels the running response by itself when its VAD hears the user."""

    needs_create_response_flag: bool = False
    """Answers by itself only where ``turn_detection.create_response`` was sent as true."""

    accepts_tool_examples: bool = False
    """Reads ``x-examples`` in a tool's parameters."""

    tool_choice_object_ok: bool = True
    """Takes an object as ``session.tool_choice``; some relays hang up on one."""

    max_output_tokens_name_beta: Literal["max_response_output_tokens", "max_output_tokens"] = (
        "max_response_output_tokens"
    )
    """What the beta session calls the limit."""

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
OPENAI_CAPABILITIES: Final = Capabilities(session_limit_s=3600)
AZURE_CAPABILITIES: Final = Capabilities(session_limit_s=1800)
AZURE_PREVIEW_CAPABILITIES: Final = replace(AZURE_CAPABILITIES, emits_item_done=False)

# A relay promises nothing of its upstream. The one common family of relays parses every frame
# into structs whose tool_choice is a string.
GATEWAY_CAPABILITIES: Final = Capabilities(emits_item_done=False, tool_choice_object_ok=False)

LOCAL_CAPABILITIES: Final = Capabilities(
    accepts_tool_examples=True, default_turn_detection="semantic_vad"
)


@dataclass(frozen=True, slots=True)
class KnownGateway:
    """A public host whose habits are known; ``dialect`` None means that it varies by model."""

    name: str
    host_suffix: str
    dialect: Dialect | None
    capabilities: Capabilities


KNOWN_GATEWAYS: Final = (
    KnownGateway(
        "DeerAPI",
        "deerapi.com",
        None,
        replace(GATEWAY_CAPABILITIES, max_output_tokens_name_beta="max_output_tokens"),
    ),
    KnownGateway(
        "xAI",
        "api.x.ai",
        Dialect.GA,
        replace(
            GATEWAY_CAPABILITIES,
            needs_create_response_flag=True,
            tool_choice_object_ok=True,
        ),
    ),
    KnownGateway(
        "Qwen",
        "aliyuncs.com",
        Dialect.BETA,
        replace(
            GATEWAY_CAPABILITIES,
            done_after_cancel=False,
            session_limit_s=7200,
            idle_limit_s=300,
            input_format=AudioFormat("audio/pcm", 16_000, 2),
        ),
    ),
    KnownGateway(
        "StepFun",
        "api.stepfun.com",
        Dialect.BETA,
        replace(GATEWAY_CAPABILITIES, session_limit_s=1800),
    ),
)
"""Hosts that ``resolve`` recognises; a host not listed is a plain gateway."""
