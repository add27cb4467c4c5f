from typing import Any

import pytest

from voice.errors import SettingsError
from voice.protocol.dialects import Dialect
from voice.protocol.endpoints import Endpoint, EndpointKind, resolve
from voice.protocol.session_config import SemanticVad, ServerVad, SessionConfig
from voice.session_setup import configured_endpoint, place_of, session_config
from voice.settings import load_settings

LOCAL = Endpoint.local("ws://127.0.0.1:1/v1/realtime")
OPENAI = Endpoint.openai(model="gpt-realtime")


@pytest.fixture(autouse=True)
def _no_settings_of_the_machine(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for name in ("VOICE_API_KEY", "OPENAI_API_KEY", "VOICE_CONFIG"):
        monkeypatch.delenv(name, raising=False)


def config(endpoint: Endpoint = LOCAL, **flags: object) -> SessionConfig:
    settings = load_settings(overrides={k.replace("__", "."): v for k, v in flags.items()})
    return session_config(settings, endpoint)


def wire(endpoint: Endpoint = LOCAL, **flags: object) -> dict[str, Any]:
    return config(endpoint, **flags).to_wire()


def test_every_session_asks_for_transcripts() -> None:
    assert wire()["audio"]["input"]["transcription"] == {}
    heard = wire(OPENAI)["audio"]["input"]
    assert heard["transcription"] == {"model": "gpt-4o-mini-transcribe"}


def test_transcription_follows_the_settings() -> None:
    heard = wire(OPENAI, session__transcription_model="whisper-1", session__language="de")["audio"]
    assert heard["input"]["transcription"] == {"model": "whisper-1", "language": "de"}


def test_an_endpoint_that_transcribes_unasked_is_asked_only_by_the_settings() -> None:
    xai = resolve("xai")
    assert "transcription" not in wire(xai)["audio"]["input"]
    heard = wire(xai, session__language="de")["audio"]["input"]
    assert heard["transcription"] == {"language": "de"}


def test_an_endpoint_that_takes_its_model_from_the_session_is_told_it_there() -> None:
    assert wire(resolve("glm", model="glm-realtime-air"))["model"] == "glm-realtime-air"
    assert "model" not in wire(OPENAI)


def test_a_preset_stands_for_a_url_or_tells_what_answers_there() -> None:
    named = load_settings(overrides={"endpoint.url": "litellm", "endpoint.model": "m"})
    assert configured_endpoint(named).url() == "ws://127.0.0.1:4000/v1/realtime?model=m"
    alone = configured_endpoint(load_settings(overrides={"endpoint.preset": "xai"}))
    assert alone.url() == "wss://api.x.ai/v1/realtime"
    told = {"endpoint.url": "ws://127.0.0.1:9/v1/realtime", "endpoint.preset": "speaches"}
    endpoint = configured_endpoint(load_settings(overrides=told))
    assert (endpoint.name, endpoint.dialect) == ("speaches", Dialect.BETA)


@pytest.mark.parametrize(
    "told", [{"endpoint.preset": "nobody"}, {"endpoint.preset": "azure"}, {"endpoint.url": "azure"}]
)
def test_a_preset_that_says_too_little_is_refused_with_what_to_do(told: dict[str, object]) -> None:
    with pytest.raises(SettingsError, match="expected one of aimock, |needs a URL such as wss://"):
        load_settings(overrides=told)


@pytest.mark.parametrize("header", [True, False])
def test_the_beta_header_of_a_relay_is_a_setting(header: bool) -> None:
    flags = {"endpoint.url": "deerapi", "endpoint.dialect": "beta", "endpoint.beta_header": header}
    endpoint = configured_endpoint(load_settings(overrides=flags))
    assert ("OpenAI-Beta" in endpoint.headers(None)) is header


def test_voice_is_left_to_the_endpoint_unless_it_is_chosen() -> None:
    assert "voice" not in wire(OPENAI)["audio"]["output"]
    assert wire(OPENAI, session__voice="marin")["audio"]["output"]["voice"] == "marin"


def test_own_server_takes_voice_and_speed_of_the_synthesiser() -> None:
    said = wire(tts__voice="heart", tts__speed=1.2, session__speed=1.1)["audio"]["output"]
    assert said["voice"] == "heart"
    assert said["speed"] == pytest.approx(1.32)
    assert wire(tts__speed=2.0)["audio"]["output"]["speed"] == 1.5
    assert "voice" not in wire(OPENAI, tts__voice="heart")["audio"]["output"]


def test_turn_detection_is_the_endpoints_choice_unless_a_rule_is_set() -> None:
    assert "turn_detection" not in wire()["audio"]["input"]


@pytest.mark.parametrize(
    "flags",
    [{"session__silence_duration_ms": 700}, {"session__turn_detection": "server_vad"}],
)
def test_rules_of_server_vad_are_sent(flags: dict[str, object]) -> None:
    audio = config(**flags).audio
    assert audio is not None and audio.input is not None
    assert isinstance(audio.input.turn_detection, ServerVad)
    silence_ms = flags.get("session__silence_duration_ms", 500)
    assert audio.input.turn_detection.silence_duration_ms == silence_ms


def test_semantic_turn_detection_keeps_its_eagerness() -> None:
    audio = config(session__turn_detection="semantic_vad", session__eagerness="low").audio
    assert audio is not None and audio.input is not None
    assert audio.input.turn_detection == SemanticVad(eagerness="low")


def test_manual_turns_are_asked_for_by_null() -> None:
    assert wire(session__turn_detection="none")["audio"]["input"]["turn_detection"] is None


def test_temperature_is_sent_only_where_it_is_set() -> None:
    assert "temperature" not in wire()
    assert wire(session__temperature=0.7)["temperature"] == 0.7


def test_endpoint_follows_url_model_and_dialect() -> None:
    flags = {
        "endpoint.url": "wss://gateway.example/v1",
        "endpoint.model": "m",
        "endpoint.dialect": "beta",
        "endpoint.beta_header": True,
    }
    endpoint = configured_endpoint(load_settings(overrides=flags))
    assert endpoint.url() == "wss://gateway.example/v1/realtime?model=m"
    assert (endpoint.dialect, endpoint.kind) == (Dialect.BETA, EndpointKind.GATEWAY)
    assert endpoint.headers("k")["OpenAI-Beta"] == "realtime=v1"


def test_key_never_crosses_a_network_in_clear() -> None:
    flags = {"endpoint.url": "ws://gateway.example/v1", "endpoint.api_key": "k-1234567"}
    with pytest.raises(SettingsError, match="not encrypted") as caught:
        configured_endpoint(load_settings(overrides=flags))
    assert "k-1234567" not in str(caught.value)


def test_key_may_go_to_this_machine_in_clear() -> None:
    flags = {"endpoint.url": "ws://127.0.0.1:8765/v1/realtime", "endpoint.api_key": "k-1234567"}
    assert configured_endpoint(load_settings(overrides=flags)).kind is EndpointKind.LOCAL


def test_tools_are_told_where_they_are_without_addresses() -> None:
    settings = load_settings(overrides={"brain.kind": "openai", "brain.model": "m-1"})
    ours = Endpoint.local("http://127.0.0.1:1234")

    here = place_of(settings, ours, True, has_screen=False)

    assert (here.model, here.has_speaker, here.has_screen) == ("m-1", True, False)
    assert "127.0.0.1" not in repr(here)
