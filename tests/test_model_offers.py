from pathlib import Path

import pytest

from tests.engines.speech_server import SpeechServer
from voice.model_offers import configured_places, model_offers
from voice.settings import Settings, load_settings

KEY = "sk-canary-0123456789"


@pytest.fixture(autouse=True)
def _no_settings_of_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


@pytest.fixture
async def server():
    async with SpeechServer() as running:
        yield running


def settings(**flags: object) -> Settings:
    return load_settings(overrides={key.replace("__", "."): flags[key] for key in flags})


def listing(*names):
    return {"object": "list", "data": [{"id": name, "object": "model"} for name in names]}


def test_only_what_is_remote_is_asked():
    assert configured_places(settings()) == []
    places = configured_places(
        settings(
            endpoint__url="wss://gate.example/v1/realtime",
            brain__base_url="https://brain.example/v1",
            brain__model="m",
            tts__base_url="https://mouth.example/v1",
        )
    )
    assert [(place.name, place.address) for place in places] == [
        ("endpoint", "https://gate.example/v1"),
        ("brain", "https://brain.example/v1"),
        ("tts", "https://mouth.example/v1"),
    ]


def test_an_anthropic_brain_is_asked_with_its_own_header():
    wanted = settings(brain__kind="anthropic", brain__model="m", brain__api_key=KEY)
    (place,) = configured_places(wanted)
    assert place.address == "https://api.anthropic.com/v1"
    assert (place.key_header, dict(place.headers)) == (
        "x-api-key",
        {"anthropic-version": "2023-06-01"},
    )


async def test_a_model_that_is_not_offered_is_told_with_the_nearest(server):
    server.json(listing("gpt-4o-mini-tts", "tts-1", "whisper-1"))
    wanted = settings(tts__base_url=server.base_url, tts__model="gpt-4o-mini-tt")
    (offer,) = await model_offers(configured_places(wanted))
    assert offer.models == ("gpt-4o-mini-tts", "tts-1", "whisper-1")
    assert "did you mean 'gpt-4o-mini-tts'" in offer.advice


async def test_a_model_that_is_offered_needs_no_word(server):
    server.json(listing("tts-1"))
    wanted = settings(tts__base_url=server.base_url, tts__model="tts-1", tts__api_key=KEY)
    (offer,) = await model_offers(configured_places(wanted))
    assert (offer.advice, offer.problem) == ("", "")
    assert KEY in server.heads[0]
    assert KEY not in repr(offer)


@pytest.mark.parametrize(
    ("status", "mend"),
    [
        (401, "VOICE_TTS__API_KEY"),
        (402, "top up"),
        (404, "not needed to talk"),
        (429, "wait a moment"),
        (503, "try again"),
    ],
)
async def test_a_refusal_is_a_cause_with_a_mend(server, status, mend):
    server.refuse(status)
    wanted = settings(tts__base_url=server.base_url)
    (offer,) = await model_offers(configured_places(wanted))
    assert str(status) in offer.problem
    assert mend in offer.mend


async def test_nobody_there_is_told_with_the_setting_to_check():
    (offer,) = await model_offers(
        configured_places(settings(stt__base_url="http://127.0.0.1:9/v1"))
    )
    assert "did not answer" in offer.problem
    assert "stt.base_url" in offer.mend
