"""One session as different endpoints take it."""

import io
import json
import wave

from voice.core.client_config import full_session
from voice.protocol import hosted_places as hosted
from voice.protocol.capabilities import GATEWAY_CAPABILITIES, PLAIN_CAPABILITIES, Capabilities
from voice.protocol.client_events import ResponseCreate, SessionUpdate
from voice.protocol.codec import ClientCodec
from voice.protocol.dialects import Dialect
from voice.protocol.fitting import fitted, wav_chunk
from voice.protocol.formats import AudioFormat
from voice.protocol.known_place import KnownPlace
from voice.protocol.self_hosted_places import OWN, SPEACHES
from voice.protocol.session_config import ResponseConfig, SessionConfig

PCM_16K = AudioFormat("audio/pcm", 16_000, 2)
WEATHER = {"type": "function", "name": "get_weather", "description": "d", "parameters": {}}


def sent(place: KnownPlace, **session: object) -> dict:
    """Return the session as ``place`` is sent it, every field said."""
    config = full_session(SessionConfig.model_validate(session), place.capabilities)
    update = SessionUpdate(session=config)
    return fitted(update.to_wire(), place.dialect, place.capabilities)["session"]


def test_a_plain_endpoint_is_sent_every_field():
    session = sent(hosted.OPENAI)
    assert session["audio"]["input"]["turn_detection"]["create_response"] is True
    assert session["audio"]["input"]["format"] == {"type": "audio/pcm", "rate": 24_000}


HOSTED = {"type": "mcp", "server_label": "docs", "server_url": "https://docs.example/mcp"}


def test_servers_of_tools_go_to_endpoints_that_connect_to_them():
    for place in (hosted.OPENAI, hosted.AZURE):
        assert sent(place, tools=[WEATHER, HOSTED])["tools"] == [WEATHER, HOSTED]


def test_servers_of_tools_are_left_out_where_nobody_would_connect():
    choice = {"type": "mcp", "server_label": "docs"}
    for place in (OWN, hosted.DEERAPI, hosted.AZURE_PREVIEW):
        session = sent(place, tools=[WEATHER, HOSTED], tool_choice=choice)
        assert [tool["type"] for tool in session["tools"]] == ["function"]
        assert session["tool_choice"] in ("auto", "required")


def test_a_field_that_the_endpoint_refuses_is_never_sent():
    session = sent(SPEACHES, audio={"output": {"voice": "af_heart"}})
    assert "input_audio_format" not in session
    assert "output_audio_format" not in session
    assert "prefix_padding_ms" not in session["turn_detection"]
    assert session["voice"] == "af_heart"


def test_an_object_that_is_left_empty_goes_too():
    capabilities = Capabilities(unsent_session_fields=("audio.output.format",))
    update = SessionUpdate(
        session=SessionConfig.model_validate(
            {"audio": {"output": {"format": {"type": "audio/pcm", "rate": 24_000}}}}
        )
    )
    assert "audio" not in fitted(update.to_wire(), Dialect.GA, capabilities)["session"]


def test_a_field_is_implied_only_by_the_value_that_the_endpoint_assumes():
    quiet = sent(hosted.STEPFUN)
    assert "create_response" not in quiet["turn_detection"]
    rule = {"type": "server_vad", "create_response": False}
    told = sent(hosted.STEPFUN, audio={"input": {"turn_detection": rule}})
    assert told["turn_detection"]["create_response"] is False
    assert sent(hosted.STEPFUN, audio={"output": {"speed": 1.2}})["speed"] == 1.2


def test_manual_turns_are_still_asked_for():
    session = sent(SPEACHES, audio={"input": {"turn_detection": None}})
    assert session["turn_detection"] is None


def test_xai_is_told_to_answer():
    session = sent(hosted.XAI)
    assert session["audio"]["input"]["turn_detection"]["create_response"] is True


def test_qwen_has_names_of_its_own_for_pcm_and_tools():
    session = sent(hosted.QWEN, tools=[WEATHER])
    assert (session["input_audio_format"], session["output_audio_format"]) == ("pcm", "pcm")
    inner = {"name": "get_weather", "description": "d", "parameters": {}}
    assert session["tools"] == [{"type": "function", "function": inner}]


def test_glm_is_sent_what_it_insists_on():
    session = sent(hosted.GLM, model="glm-realtime", audio={"input": {"transcription": {}}})
    wanted = {"chat_mode": "audio", "tts_source": "e2e", "auto_search": False}
    assert session["beta_fields"] == wanted
    assert session["model"] == "glm-realtime"
    assert session["input_audio_format"] == "wav"
    assert "input_audio_transcription" not in session


def test_glm_gets_every_chunk_as_a_wav_file():
    codec = ClientCodec(Dialect.BETA, hosted.GLM.capabilities)
    frame = json.loads(codec.encode_append(b"\x01\x00" * 160))
    plain = json.loads(ClientCodec(Dialect.BETA).encode_append(b"\x01\x00" * 160))
    assert len(frame["audio"]) > len(plain["audio"])


def test_a_chunk_with_a_header_is_a_wav_file():
    with wave.open(io.BytesIO(wav_chunk(b"\x01\x00" * 160, PCM_16K))) as found:
        assert (found.getnchannels(), found.getframerate(), found.getsampwidth()) == (1, 16_000, 2)
        assert found.readframes(161) == b"\x01\x00" * 160


def test_a_tool_choice_object_becomes_required_where_a_relay_hangs_up_on_it():
    choice = {"type": "function", "name": "get_weather"}
    update = SessionUpdate(session=SessionConfig.model_validate({"tool_choice": choice}))
    for dialect in Dialect:
        relayed = fitted(update.to_wire(), dialect, GATEWAY_CAPABILITIES)
        assert relayed["session"]["tool_choice"] == "required"
    assert (
        fitted(update.to_wire(), Dialect.GA, PLAIN_CAPABILITIES)["session"]["tool_choice"] == choice
    )


def test_the_temperature_is_for_beta_alone():
    create = ResponseCreate(response=ResponseConfig(temperature=0.8))
    assert "temperature" not in fitted(create.to_wire(), Dialect.GA, PLAIN_CAPABILITIES)["response"]
    beta = fitted(create.to_wire(), Dialect.BETA, PLAIN_CAPABILITIES)
    assert beta["response"]["temperature"] == 0.8


def test_an_event_without_a_session_is_only_translated():
    wire = {"type": "input_audio_buffer.commit"}
    assert fitted(dict(wire), Dialect.BETA, hosted.GLM.capabilities) == wire
