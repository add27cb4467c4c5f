"""Servers of the protocol that people run themselves, ours among them."""

from dataclasses import replace
from typing import Final

from voice.protocol.capabilities import (
    GATEWAY_CAPABILITIES,
    LOCAL_CAPABILITIES,
    PLAIN_CAPABILITIES,
)
from voice.protocol.dialects import Dialect
from voice.protocol.known_place import ANSWERS_AND_STOPS, KnownPlace, Tried

_FORMATS: Final = ("audio.input.format", "audio.output.format")

OWN: Final = KnownPlace(
    preset="voice",
    name="`voice serve`",
    url="ws://127.0.0.1:8765/v1/realtime",
    capabilities=LOCAL_CAPABILITIES,
    dialect=None,
    tried=Tried.TESTS,
    remarks="reads the example sentences of tools; `server.session_s` is its limit",
)

LITELLM: Final = KnownPlace(
    preset="litellm",
    name="LiteLLM",
    url="ws://127.0.0.1:4000/v1/realtime",
    capabilities=PLAIN_CAPABILITIES,
    dialect=None,
    tried=Tried.RELAYED,
    model_required=True,
    remarks="with a guardrail it asks for responses itself; its errors have no `event_id`",
)

_OWN_PIPELINE: Final = replace(
    PLAIN_CAPABILITIES, transcription_model=None, implied_session_fields=ANSWERS_AND_STOPS[:1]
)

SPEECH_TO_SPEECH: Final = KnownPlace(
    preset="speech-to-speech",
    name="HF speech-to-speech",
    url="ws://127.0.0.1:8765/v1/realtime",
    capabilities=replace(
        _OWN_PIPELINE,
        can_truncate=False,
        can_retrieve=False,
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
        implied_session_fields=ANSWERS_AND_STOPS[:1],
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
    capabilities=replace(_OWN_PIPELINE, can_truncate=False, can_retrieve=False),
    dialect=Dialect.GA,
    tried=Tried.DOCUMENTS,
    remarks="`?duplex=1` is another protocol, and so is `/v1/realtime` of plain vLLM",
)
