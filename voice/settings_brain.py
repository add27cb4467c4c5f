"""``[brain]``: what answers inside the embedded server, and what it is asked with."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self, TypeAlias
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_settings import NoDecode

from voice.settings_sections import OPENAI_URL, BaseUrl, Secret, Section, Words, read_json

ANTHROPIC_URL = "https://api.anthropic.com"
"""The base URL of a brain of kind ``anthropic`` that names none."""


def _one_or_more(value: object) -> object:
    """Take a single stop sequence as one of them."""
    return (value,) if isinstance(value, str) and not value.lstrip().startswith("[") else value


def _only_one(value: int) -> int:
    if value != 1:
        raise ValueError("expected 1: there is one voice, so only one answer can be spoken")
    return value


_Object: TypeAlias = Annotated[dict[str, Any], NoDecode, BeforeValidator(read_json)]
_Penalty: TypeAlias = Annotated[float, Field(ge=-2.0, le=2.0)]
_Biases: TypeAlias = Annotated[
    dict[str, Annotated[float, Field(ge=-100.0, le=100.0)]], NoDecode, BeforeValidator(read_json)
]
_Stops: TypeAlias = Annotated[
    tuple[str, ...],
    NoDecode,
    BeforeValidator(read_json),
    BeforeValidator(_one_or_more),
    Field(max_length=4),
]


class ChatParameters(Section):
    """The parameters of a Chat Completions request; what is unset is not sent."""

    top_p: float | None = Field(default=None, ge=0.0, le=1.0)
    n: Annotated[int, AfterValidator(_only_one)] | None = None
    """Only 1: there is one voice."""
    stop: _Stops | None = None
    max_tokens: int | None = Field(default=None, ge=1)
    """The older name of the limit; where it is set, sessions' own limits go by it too."""
    max_completion_tokens: int | None = Field(default=None, ge=1)
    """The longest answer, thoughts included; a session may ask for less."""
    presence_penalty: _Penalty | None = None
    frequency_penalty: _Penalty | None = None
    logit_bias: _Biases | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = Field(default=None, ge=0, le=20)
    response_format: _Object | None = None
    modalities: (
        Annotated[tuple[Literal["text", "audio"], ...], NoDecode, BeforeValidator(read_json)] | None
    ) = Field(default=None, min_length=1, max_length=2)
    """``["text", "audio"]`` for a model that speaks itself; ``audio`` says how."""
    audio: _Object | None = None
    """Such as ``{voice = "alloy", format = "pcm16"}``."""
    stream_options: _Object | None = None
    """Unset, ``{"include_usage": true}``; ``{}`` for servers that refuse the field."""
    metadata: _Object | None = None
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh"] | None = None
    verbosity: Literal["low", "medium", "high"] | None = None
    web_search_options: _Object | None = None
    prediction: _Object | None = None
    store: bool | None = None
    service_tier: Literal["auto", "default", "flex", "priority"] | None = None
    prompt_cache_key: str | None = None
    prompt_cache_retention: Literal["in-memory", "in_memory", "24h"] | None = None
    safety_identifier: str | None = None
    user: str | None = None

    @model_validator(mode="after")
    def _probabilities_go_together(self) -> Self:
        if self.top_logprobs is not None and not self.logprobs:
            raise ValueError("top_logprobs needs brain.logprobs = true")
        return self

    @model_validator(mode="after")
    def _speech_is_of_a_kind_that_can_be_played(self) -> Self:
        if "audio" not in (self.modalities or ()):
            return self
        given = (self.audio or {}).get("format")
        if given not in ("pcm16", "wav"):
            raise ValueError(
                'modalities with audio need brain.audio = {voice = "…", format = "pcm16"} '
                "(or wav where brain.stream is false), as other formats cannot be played here"
            )
        return self

    def parameters(self) -> dict[str, Any]:
        """Return what is set, by the interface's own names."""
        values = {name: getattr(self, name) for name in ChatParameters.model_fields}
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in values.items()
            if value is not None and name != "stream_options"
        }


_ANTHROPIC_KNOWS = frozenset(
    {"top_p", "stop", "max_tokens", "max_completion_tokens", "metadata", "user", "n"}
)


class BrainSettings(ChatParameters):
    """``[brain]``: what answers inside the embedded server."""

    kind: Literal["offline", "openai", "anthropic"] = "offline"
    """``openai`` is any Chat Completions endpoint, ``anthropic`` any that speaks its Messages.

    With a ``base_url`` alone it is ``openai``; without one it is the vendor's own.
    """
    base_url: BaseUrl | None = None
    model: str | None = None
    api_key: Secret | None = None
    auth: Literal["auto", "bearer", "x-api-key"] = "auto"
    """Which header carries the key to an ``anthropic`` brain; gateways take ``bearer``."""
    start_timeout_s: float = Field(default=20.0, gt=0.0, le=600.0)
    """Longest wait for the first token of an answer, all tries together."""
    stall_timeout_s: float = Field(default=20.0, gt=0.0, le=600.0)
    """Longest wait between two tokens."""
    max_retries: int = Field(default=3, ge=0, le=20)
    """Tries after one that failed in a way that may pass: 429 and 5xx, or a broken connection."""
    stream: bool = True
    """``false`` asks for whole answers: nothing is spoken before the last word is there."""
    strict_tools: Literal["auto"] | bool = "auto"
    """Have an ``openai`` brain keep to the tools' schemas; ``auto``: at OpenAI's own address."""
    instructions_role: Literal["system", "developer"] = "system"
    context_tokens: int | None = Field(default=None, ge=256)
    """How much the model can read and write; unset, a careful guess."""
    takes_images: bool = True
    send_cache_key: bool = False
    """Send each conversation's id as ``prompt_cache_key``."""
    prompt_caching: bool = True
    """Mark instructions and tools for an ``anthropic`` brain's cache."""
    temperature: float | None = Field(default=None, ge=0.0, le=2.0)
    extra_body: _Object = Field(default_factory=dict)
    """Fields added to every request, for options that only one gateway knows."""
    filler_after_s: float = Field(default=1.5, ge=0.0, le=60.0)
    """A model that is silent for so long is filled in for by one of ``fillers``; 0 for never."""
    fillers: Words = ("One moment.", "Let me see.", "Just a second.")
    apology: str = "Sorry, I cannot answer that right now."
    """Spoken where the model failed for good; "" for nothing."""

    @model_validator(mode="before")
    @classmethod
    def _kind_and_base_url_imply_each_other(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        if base_url := values.get("base_url"):
            is_anthropic = isinstance(base_url, str) and _is_anthropic(base_url)
            return {"kind": "anthropic" if is_anthropic else "openai", **values}
        vendors = {"openai": OPENAI_URL, "anthropic": ANTHROPIC_URL}
        url = vendors.get(str(values.get("kind")))
        return {**values, "base_url": url} if url else values

    @model_validator(mode="after")
    def _a_model_endpoint_needs_a_model(self) -> Self:
        if self.kind != "offline" and not self.model:
            raise ValueError(
                f"kind {self.kind} needs brain.model: the name of a model that it serves"
            )
        if self.kind == "anthropic":
            unknown = sorted(set(self.parameters()) - _ANTHROPIC_KNOWS)
            if unknown:
                raise ValueError(
                    f"kind anthropic does not know brain.{', brain.'.join(unknown)}; leave it out, "
                    "or put what your gateway takes into brain.extra_body"
                )
        return self

    def wants_strict_tools(self) -> bool:
        """Return whether tools are sent in their strict form."""
        if self.strict_tools != "auto":
            return self.strict_tools
        return urlsplit(self.base_url or OPENAI_URL).hostname == urlsplit(OPENAI_URL).hostname

    def key_header(self) -> Literal["bearer", "x-api-key"]:
        """Return which header carries the key to an ``anthropic`` brain."""
        if self.auth != "auto":
            return self.auth
        return "x-api-key" if _is_anthropic(self.base_url or ANTHROPIC_URL) else "bearer"


def _is_anthropic(base_url: str) -> bool:
    host = urlsplit(base_url).hostname or ""
    return host == "anthropic.com" or host.endswith(".anthropic.com")
