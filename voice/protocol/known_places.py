"""The endpoints that are known by name: where they are, and what is different there.

``place_table`` makes the README's table of them. An endpoint that is not here is
a plain gateway, whose dialect is looked at.
"""

from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from voice.protocol.capabilities import (
    GATEWAY_CAPABILITIES,
    LOCAL_CAPABILITIES,
    PLAIN_CAPABILITIES,
    Capabilities,
)
from voice.protocol.dialects import Dialect
from voice.protocol.formats import AudioFormat


class Tried(Enum):
    """How it is known that this works."""

    HERE = "its own server, `make test-foreign`"
    RELAYED = "its relay before ours, `make test-foreign`"
    TESTS = "every test"
    DOCUMENTS = "documents only"


@dataclass(frozen=True, slots=True)
class KnownPlace:
    """An endpoint, or a kind of server, whose habits are known.

    ``preset`` is its name in the settings. ``url`` is its address; of a server that people run
    themselves, where it listens by default; with ``RESOURCE`` or ``HOST`` in it, the form only.
    ``hosts`` are domains that are recognised. ``dialect`` None means that it varies.
    """

    preset: str
    name: str
    url: str
    capabilities: Capabilities
    dialect: Dialect | None
    tried: Tried
    hosts: tuple[str, ...] = ()
    key_header: str = "Authorization"
    key_scheme: str = "Bearer"
    model_parameter: str | None = "model"
    model_required: bool = False
    beta_header: bool = False
    query: tuple[tuple[str, str], ...] = ()
    remarks: str = ""

    @property
    def has_address(self) -> bool:
        """Whether the name alone says where to connect."""
        return "RESOURCE" not in self.url and "HOST" not in self.url

    @property
    def path(self) -> str:
        """The path of its URL, for people who type the host only."""
        return "/" + self.url.split("/", 3)[3]


AZURE_DOMAINS: Final = (
    "openai.azure.com",
    "cognitiveservices.azure.com",
    "services.ai.azure.com",
)

AZURE_PREVIEW_VERSION: Final = "2025-04-01-preview"
VOICE_LIVE_VERSION: Final = "2026-07-15"

_PCM_16K: Final = AudioFormat("audio/pcm", 16_000, 2)

_FORMATS: Final = ("audio.input.format", "audio.output.format")
_ANSWERS_AND_STOPS: Final = (
    ("audio.output.speed", 1.0),
    ("audio.input.turn_detection.create_response", True),
    ("audio.input.turn_detection.interrupt_response", True),
)
"""What every server of the beta dialect does unless it is told not to."""

OPENAI: Final = KnownPlace(
    preset="openai",
    name="OpenAI",
    url="wss://api.openai.com/v1/realtime",
    capabilities=replace(PLAIN_CAPABILITIES, session_limit_s=3600),
    dialect=Dialect.GA,
    tried=Tried.DOCUMENTS,
    hosts=("api.openai.com",),
    model_required=True,
    remarks="refuses the beta header",
)

_AZURE: Final = replace(PLAIN_CAPABILITIES, session_limit_s=1800)

AZURE: Final = KnownPlace(
    preset="azure",
    name="Azure",
    url="wss://RESOURCE/openai/v1/realtime",
    capabilities=_AZURE,
    dialect=Dialect.GA,
    tried=Tried.DOCUMENTS,
    hosts=AZURE_DOMAINS,
    key_header="api-key",
    model_required=True,
    remarks="the model is the deployment's name",
)

AZURE_PREVIEW: Final = KnownPlace(
    preset="azure-preview",
    name="Azure preview",
    url="wss://RESOURCE/openai/realtime",
    capabilities=replace(_AZURE, emits_item_done=False, transcription_model="whisper-1"),
    dialect=Dialect.BETA,
    tried=Tried.DOCUMENTS,
    hosts=AZURE_DOMAINS,
    key_header="api-key",
    model_parameter="deployment",
    model_required=True,
    query=(("api-version", AZURE_PREVIEW_VERSION),),
)

AZURE_VOICE_LIVE: Final = KnownPlace(
    preset="azure-voice-live",
    name="Azure Voice Live",
    url="wss://RESOURCE/voice-live/realtime",
    capabilities=replace(
        _AZURE,
        emits_item_done=False,
        implied_session_fields=_ANSWERS_AND_STOPS,
        transcription_model="azure-speech",
        own_events=("response.animation", "response.audio_timestamp", "response.video", "warning"),
    ),
    dialect=Dialect.BETA,
    tried=Tried.DOCUMENTS,
    hosts=AZURE_DOMAINS,
    key_header="api-key",
    model_required=True,
    query=(("api-version", VOICE_LIVE_VERSION),),
    remarks="its avatar, viseme and video events are passed over",
)

_RELAY: Final = replace(
    GATEWAY_CAPABILITIES,
    transcription_model="whisper-1",
    implied_session_fields=_ANSWERS_AND_STOPS,
)

DEERAPI: Final = KnownPlace(
    preset="deerapi",
    name="DeerAPI",
    url="wss://api.deerapi.com/v1/realtime",
    capabilities=replace(_RELAY, max_output_tokens_name_beta="max_output_tokens"),
    dialect=None,
    tried=Tried.DOCUMENTS,
    hosts=("deerapi.com",),
    remarks="the dialect follows the model; its printed request is sent word for word",
)

NEW_API: Final = KnownPlace(
    preset="new-api",
    name="other new-api relays",
    url="wss://HOST/v1/realtime",
    capabilities=_RELAY,
    dialect=None,
    tried=Tried.DOCUMENTS,
    remarks="the dialect follows the model; hangs up on a frame of the wrong shape",
)

LITELLM: Final = KnownPlace(
    preset="litellm",
    name="LiteLLM",
    url="ws://127.0.0.1:4000/v1/realtime",
    capabilities=replace(PLAIN_CAPABILITIES, emits_item_done=False),
    dialect=None,
    tried=Tried.RELAYED,
    model_required=True,
    remarks="with a guardrail it asks for responses itself; its errors have no `event_id`",
)

_OWN_PIPELINE: Final = replace(
    PLAIN_CAPABILITIES, transcription_model=None, implied_session_fields=_ANSWERS_AND_STOPS[:1]
)

SPEECH_TO_SPEECH: Final = KnownPlace(
    preset="speech-to-speech",
    name="HF speech-to-speech",
    url="ws://127.0.0.1:8765/v1/realtime",
    capabilities=replace(
        _OWN_PIPELINE,
        can_truncate=False,
        can_retrieve=False,
        emits_item_done=False,
        own_events=("speech_to_speech.",),
    ),
    dialect=Dialect.GA,
    tried=Tried.HERE,
    model_parameter=None,
    remarks="says `item.created`, never `item.done`; its session is full of nulls",
)

AIMOCK: Final = KnownPlace(
    preset="aimock",
    name="aimock",
    url="ws://127.0.0.1:4010/v1/realtime",
    capabilities=replace(
        _OWN_PIPELINE,
        can_truncate=False,
        can_retrieve=False,
        done_after_cancel=False,
        own_events=("response.cancelled",),
    ),
    dialect=Dialect.GA,
    tried=Tried.HERE,
    model_required=True,
    remarks="answers written words only; announces no item of its own; refuses the beta header",
)

SPEACHES: Final = KnownPlace(
    preset="speaches",
    name="speaches",
    url="ws://127.0.0.1:8000/v1/realtime",
    capabilities=replace(
        GATEWAY_CAPABILITIES,
        transcription_model=None,
        implied_session_fields=_ANSWERS_AND_STOPS[:1],
        unsent_session_fields=(*_FORMATS, "audio.input.turn_detection.prefix_padding_ms"),
    ),
    dialect=Dialect.BETA,
    tried=Tried.DOCUMENTS,
    model_required=True,
)

LOCALAI: Final = KnownPlace(
    preset="localai",
    name="LocalAI",
    url="ws://127.0.0.1:8080/v1/realtime",
    capabilities=replace(_OWN_PIPELINE, own_events=("localai.",)),
    dialect=Dialect.GA,
    tried=Tried.DOCUMENTS,
    model_required=True,
    remarks="the model is the pipeline's name; `model_load_error` may come first",
)

VLLM_OMNI: Final = KnownPlace(
    preset="vllm-omni",
    name="vLLM-Omni",
    url="ws://127.0.0.1:8000/v1/realtime",
    capabilities=replace(
        _OWN_PIPELINE, can_truncate=False, can_retrieve=False, emits_item_done=False
    ),
    dialect=Dialect.GA,
    tried=Tried.DOCUMENTS,
    remarks="`?duplex=1` is another protocol, and so is `/v1/realtime` of plain vLLM",
)

_QWEN: Final = replace(
    GATEWAY_CAPABILITIES,
    can_truncate=False,
    can_retrieve=False,
    done_after_cancel=False,
    nests_tools=True,
    pcm_name_beta="pcm",
    implied_session_fields=_ANSWERS_AND_STOPS,
    transcription_model=None,
    session_limit_s=7200,
    idle_limit_s=300,
    own_events=("session.finished",),
    input_format=_PCM_16K,
)

QWEN: Final = KnownPlace(
    preset="qwen",
    name="Qwen (China)",
    url="wss://dashscope.aliyuncs.com/api-ws/v1/realtime",
    capabilities=_QWEN,
    dialect=Dialect.BETA,
    tried=Tried.DOCUMENTS,
    hosts=("dashscope.aliyuncs.com",),
    model_required=True,
)

QWEN_INTL: Final = replace(
    QWEN,
    preset="qwen-intl",
    name="Qwen (international)",
    url="wss://dashscope-intl.aliyuncs.com/api-ws/v1/realtime",
    hosts=("dashscope-intl.aliyuncs.com", "aliyuncs.com"),
)

STEPFUN: Final = KnownPlace(
    preset="stepfun",
    name="StepFun",
    url="wss://api.stepfun.com/v1/realtime",
    capabilities=replace(
        GATEWAY_CAPABILITIES,
        implied_session_fields=_ANSWERS_AND_STOPS,
        transcription_model=None,
        session_limit_s=1800,
    ),
    dialect=Dialect.BETA,
    tried=Tried.DOCUMENTS,
    hosts=("api.stepfun.com",),
    model_required=True,
)

GLM: Final = KnownPlace(
    preset="glm",
    name="GLM",
    url="wss://open.bigmodel.cn/api/paas/v4/realtime",
    capabilities=replace(
        GATEWAY_CAPABILITIES,
        can_truncate=False,
        can_retrieve=False,
        model_in_session=True,
        pcm_name_beta="wav",
        input_format=_PCM_16K,
        implied_session_fields=_ANSWERS_AND_STOPS,
        unsent_session_fields=("audio.input.transcription",),
        own_session_fields=(
            ("beta_fields.chat_mode", "audio"),
            ("beta_fields.tts_source", "e2e"),
            ("beta_fields.auto_search", False),
        ),
        own_events=("heartbeat",),
        transcription_model=None,
    ),
    dialect=Dialect.BETA,
    tried=Tried.DOCUMENTS,
    hosts=("open.bigmodel.cn",),
    model_parameter=None,
    model_required=True,
    remarks="insists on `beta_fields`; sends `heartbeat`",
)

XAI: Final = KnownPlace(
    preset="xai",
    name="xAI",
    url="wss://api.x.ai/v1/realtime",
    capabilities=replace(
        GATEWAY_CAPABILITIES,
        needs_create_response_flag=True,
        own_events=("ping", "input_audio_transcription.updated"),
        tool_choice_object_ok=True,
        transcription_model=None,
        session_limit_s=3600,
    ),
    dialect=Dialect.GA,
    tried=Tried.DOCUMENTS,
    hosts=("api.x.ai",),
    remarks="greets with `conversation.created`; sends `ping`, empty usage and no indices",
)

INWORLD: Final = KnownPlace(
    preset="inworld",
    name="Inworld",
    url="wss://api.inworld.ai/api/v1/realtime/session",
    capabilities=replace(
        GATEWAY_CAPABILITIES,
        tool_choice_object_ok=True,
        model_in_session=True,
        own_events=("ping",),
        transcription_model=None,
    ),
    dialect=Dialect.GA,
    tried=Tried.DOCUMENTS,
    hosts=("api.inworld.ai",),
    key_scheme="Basic",
    model_parameter=None,
    query=(("protocol", "realtime"),),
    remarks="wants a session id of your own as `&key=`; sends `ping`",
)

OWN: Final = KnownPlace(
    preset="voice",
    name="`voice serve`",
    url="ws://127.0.0.1:8765/v1/realtime",
    capabilities=LOCAL_CAPABILITIES,
    dialect=None,
    tried=Tried.TESTS,
    remarks="reads the example sentences of tools; `server.session_s` is its limit",
)

KNOWN_PLACES: Final = (
    OWN,
    OPENAI,
    AZURE,
    AZURE_PREVIEW,
    AZURE_VOICE_LIVE,
    DEERAPI,
    NEW_API,
    LITELLM,
    SPEECH_TO_SPEECH,
    AIMOCK,
    SPEACHES,
    LOCALAI,
    VLLM_OMNI,
    QWEN,
    QWEN_INTL,
    STEPFUN,
    GLM,
    XAI,
    INWORLD,
)

PRESETS: Final = {place.preset: place for place in KNOWN_PLACES}
