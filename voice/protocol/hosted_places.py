"""Services that are known by name: OpenAI, Azure, gateways, and those of other makers of models."""

from dataclasses import replace
from typing import Final

from voice.protocol.capabilities import GATEWAY_CAPABILITIES, PLAIN_CAPABILITIES
from voice.protocol.dialects import Dialect
from voice.protocol.formats import AudioFormat
from voice.protocol.known_place import ANSWERS_AND_STOPS, KnownPlace, Tried

AZURE_DOMAINS: Final = (
    "openai.azure.com",
    "cognitiveservices.azure.com",
    "services.ai.azure.com",
)

AZURE_PREVIEW_VERSION: Final = "2025-04-01-preview"
VOICE_LIVE_VERSION: Final = "2026-07-15"

_PCM_16K: Final = AudioFormat("audio/pcm", 16_000, 2)

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
    capabilities=replace(_AZURE, transcription_model="whisper-1"),
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
        implied_session_fields=ANSWERS_AND_STOPS,
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
    implied_session_fields=ANSWERS_AND_STOPS,
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

_QWEN: Final = replace(
    GATEWAY_CAPABILITIES,
    can_truncate=False,
    can_retrieve=False,
    done_after_cancel=False,
    nests_tools=True,
    pcm_name_beta="pcm",
    implied_session_fields=ANSWERS_AND_STOPS,
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
        implied_session_fields=ANSWERS_AND_STOPS,
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
        implied_session_fields=ANSWERS_AND_STOPS,
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
