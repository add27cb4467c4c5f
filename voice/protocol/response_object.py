"""The response object of ``response.created`` and ``response.done``, and rate limits."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from voice.protocol.items import AnyItems
from voice.protocol.session_config import MaxOutputTokens, ResponseAudioConfig
from voice.protocol.wire_model import (
    EMPTY_IF_NULL,
    OPEN,
    Index,
    JsonText,
    LooseText,
    Modality,
    Text,
    WireModel,
    null_means,
)

ResponseStatus = Annotated[
    Literal["in_progress", "completed", "cancelled", "failed", "incomplete"], OPEN
]
StatusReason = Annotated[
    Literal["turn_detected", "client_cancelled", "max_output_tokens", "content_filter"], OPEN
]


def _error_object(value: object) -> object:
    """Make an object of an error that a server sent as a bare string."""
    return {"type": "error", "message": value} if isinstance(value, str) else value


ERROR_AS_STRING = BeforeValidator(_error_object)
"""For error fields: a bare string becomes an object of type ``error`` with that message."""


class CachedTokensDetails(WireModel):
    """Cached input tokens by kind."""

    text_tokens: Index = 0
    audio_tokens: Index = 0
    image_tokens: Index = 0


class InputTokenDetails(WireModel):
    """Input tokens by kind; the cached ones are a subset."""

    text_tokens: Index = 0
    audio_tokens: Index = 0
    image_tokens: Index = 0
    cached_tokens: Index = 0
    cached_tokens_details: Annotated[CachedTokensDetails, null_means({})] = Field(
        default_factory=CachedTokensDetails
    )


class OutputTokenDetails(WireModel):
    """Output tokens by kind."""

    text_tokens: Index = 0
    audio_tokens: Index = 0


class Usage(WireModel):
    """Tokens of one response; always sent in full shape, with zeros where nothing was counted."""

    total_tokens: Index = 0
    input_tokens: Index = 0
    output_tokens: Index = 0
    input_token_details: Annotated[InputTokenDetails, null_means({})] = Field(
        default_factory=InputTokenDetails
    )
    output_token_details: Annotated[OutputTokenDetails, null_means({})] = Field(
        default_factory=OutputTokenDetails
    )


class StatusError(WireModel):
    """Why a response failed; codes such as ``insufficient_quota`` or ``rate_limit_exceeded``."""

    type: LooseText = None
    code: LooseText = None
    message: LooseText = None


class StatusDetails(WireModel):
    """Why a response ended as it did."""

    type: ResponseStatus | None = None
    reason: StatusReason | None = None
    error: Annotated[StatusError | None, ERROR_AS_STRING] = None


class Response(WireModel):
    """One response; ``usage`` is None until it is done, ``conversation_id`` None out of band."""

    id: Text = ""
    object: Text = "realtime.response"
    status: ResponseStatus = "in_progress"
    status_details: StatusDetails | None = None
    output: Annotated[AnyItems, EMPTY_IF_NULL] = []
    conversation_id: str | None = None
    output_modalities: list[Modality] | None = None
    max_output_tokens: MaxOutputTokens = None
    audio: ResponseAudioConfig | None = None
    temperature: float | None = None
    usage: Usage | None = None
    metadata: dict[str, Any] | None = None

    NULL_IS_SENT: ClassVar[frozenset[str]] = frozenset(
        {"status_details", "conversation_id", "usage", "metadata"}
    )


class RateLimit(WireModel):
    """One limit; strict clients accept the names ``requests`` and ``tokens`` only."""

    name: Annotated[Literal["requests", "tokens"], OPEN] | None = None
    limit: int | None = None
    remaining: int | None = None
    reset_seconds: float | None = None


class ErrorDetails(WireModel):
    """What went wrong; ``event_id`` names the client event that caused it."""

    type: Text = "error"
    code: LooseText = None
    message: JsonText = ""
    param: LooseText = None
    event_id: LooseText = None

    NULL_IS_SENT: ClassVar[frozenset[str]] = frozenset({"code", "param", "event_id"})
