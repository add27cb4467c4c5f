import json

import pytest

from tests.engines.speech_server import SpeechServer
from voice.errors import SettingsError
from voice.settings import load_settings
from voice.ui.models_command import show_models


@pytest.fixture
async def server():
    async with SpeechServer() as running:
        running.json({"object": "list", "data": [{"id": "tts-1"}, {"id": "whisper-1"}]})
        yield running


def settings(server, **more):
    return load_settings(overrides={"tts.base_url": server.base_url, **more})


async def test_models_are_listed_with_the_chosen_one_marked(server, capsys):
    wanted = settings(server, **{"tts.model": "tts-1"})
    assert await show_models(wanted, only_endpoint=False, as_json=False) == 0
    told = capsys.readouterr().out
    assert server.base_url in told
    assert "* tts-1" in told and "  whisper-1" in told


async def test_json_holds_the_advice(server, capsys):
    wanted = settings(server, **{"tts.model": "tts-2"})
    assert await show_models(wanted, only_endpoint=False, as_json=True) == 0
    (place,) = json.loads(capsys.readouterr().out)
    assert place["models"] == ["tts-1", "whisper-1"]
    assert "did you mean 'tts-1'" in place["advice"]


async def test_a_place_that_does_not_answer_is_exit_status_4(capsys):
    wanted = load_settings(overrides={"stt.base_url": "http://127.0.0.1:9/v1"})
    assert await show_models(wanted, only_endpoint=False, as_json=False) == 4
    assert "→ check stt.base_url" in capsys.readouterr().out


async def test_the_endpoint_alone_is_asked_where_its_url_is_given(server, capsys):
    more = {"endpoint.url": server.base_url.replace("http", "ws") + "/realtime"}
    wanted = settings(server, **more)
    assert await show_models(wanted, only_endpoint=True, as_json=True) == 0
    assert [place["place"] for place in json.loads(capsys.readouterr().out)] == ["endpoint"]


async def test_nothing_to_ask_says_what_to_set():
    with pytest.raises(SettingsError, match="give --url"):
        await show_models(load_settings(), only_endpoint=False, as_json=False)
