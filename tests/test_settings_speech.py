from pathlib import Path

import pytest

from voice.errors import SettingsError
from voice.settings import Settings, load_settings


@pytest.fixture(autouse=True)
def _no_settings_of_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for name in ("VOICE_CONFIG", "OPENAI_API_KEY", "DEERAPI_API_KEY", "DEERAPI_KEY"):
        monkeypatch.delenv(name, raising=False)


def settings(**flags: object) -> Settings:
    return load_settings(overrides={key.replace("__", "."): flags[key] for key in flags})


def key_of(section: object) -> str | None:
    key = section.api_key  # type: ignore[attr-defined]
    return key.get_secret_value() if key is not None else None


def test_both_stages_are_built_in_unless_something_is_said() -> None:
    assert (settings().stt.engine, settings().tts.engine) == ("moonshine", "hibari")


def test_a_base_url_alone_chooses_the_remote_engine() -> None:
    wanted = settings(tts__base_url="https://api.deerapi.com/v1")
    assert (wanted.stt.engine, wanted.tts.engine) == ("moonshine", "openai")


def test_a_stage_shares_the_key_of_the_same_host() -> None:
    wanted = settings(
        brain__base_url="https://api.deerapi.com/v1",
        brain__model="m",
        brain__api_key="the-brains-key",
        stt__base_url="https://api.deerapi.com/v1",
        tts__base_url="https://elsewhere.example/v1",
    )
    assert (key_of(wanted.stt), key_of(wanted.tts)) == ("the-brains-key", None)
    assert "the-brains-key" in wanted.secret_values()


def test_a_stage_shares_the_key_of_the_realtime_endpoint() -> None:
    wanted = settings(
        endpoint__url="wss://api.deerapi.com/v1/realtime",
        endpoint__api_key="the-endpoints-key",
        tts__base_url="https://api.deerapi.com/v1",
        stt__base_url="http://api.deerapi.com/v1",
    )
    assert key_of(wanted.tts) == "the-endpoints-key"
    assert key_of(wanted.stt) is None  # in clear, where the endpoint is not


def test_a_key_of_its_own_goes_before_a_shared_one() -> None:
    wanted = settings(
        brain__base_url="https://h.example/v1",
        brain__model="m",
        brain__api_key="the-brains-key",
        stt__base_url="https://h.example/v1",
        stt__api_key="the-ears-key",
    )
    assert key_of(wanted.stt) == "the-ears-key"


def test_the_default_voice_is_the_first_that_is_offered() -> None:
    assert settings(tts__engine="openai").tts.offered_voices()[0] == "alloy"
    wanted = settings(tts__voice="nova", tts__voices="alloy, nova").tts
    assert wanted.offered_voices() == ("nova", "alloy")


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        ({"stt__base_url": "ftp://h"}, r"stt\.base_url: expected https://"),
        ({"stt__language": "english!"}, "language code"),
        ({"tts__response_format": "mp3"}, r"tts\.response_format: expected 'pcm' or 'wav'"),
        ({"tts__timeout_s": 0}, "more than 0"),
        ({"tts__api_key": "kéy"}, "value not shown"),
    ],
)
def test_a_wrong_value_gets_one_clear_line(flags: dict[str, object], told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        settings(**flags)
