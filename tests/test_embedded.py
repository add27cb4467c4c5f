import asyncio
import json
import urllib.request
from dataclasses import replace
from pathlib import Path

import pytest

from tests.engines.tiny_onnx import write_model
from voice.embedded import embedded_server, load_engines, run_loop, server_config
from voice.engines.chat_brain import ChatBrain
from voice.engines.offline_brain import OfflineBrain
from voice.errors import SettingsError
from voice.settings import Settings, load_settings


@pytest.fixture(autouse=True)
def _no_settings_of_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("VOICE_CONFIG", raising=False)


def settings(**flags: object) -> Settings:
    return load_settings(overrides={key.replace("__", "."): flags[key] for key in flags})


def health(url: str) -> dict[str, object]:
    page = url.replace("ws://", "http://").replace("/v1/realtime", "/healthz")
    with urllib.request.urlopen(page, timeout=5) as answer:
        body: dict[str, object] = json.load(answer)
    return body


def test_server_listens_as_the_settings_say() -> None:
    config = server_config(settings(server__port=0, server__token="secret-token"))
    assert (config.host, config.port) == ("127.0.0.1", 0)
    assert config.token is not None


async def test_default_engines_are_the_offline_ones() -> None:
    speech, engines = await load_engines(settings())
    try:
        assert isinstance(engines.brain, OfflineBrain)
        assert (engines.stt, engines.tts) == (speech.stt, speech.tts)
    finally:
        speech.close()
        await engines.brain.close()


async def test_a_turn_model_listens_only_where_one_is_named(tmp_path: Path) -> None:
    file = write_model(tmp_path / "mine.onnx", bands=80, frames=800)
    for wanted, name in ((settings(), None), (settings(session__turn_model=str(file)), "mine")):
        speech, engines = await load_engines(wanted)
        speech.close()
        await engines.brain.close()
        assert getattr(engines.turn_sound, "name", None) == name


async def test_base_url_makes_a_language_model_the_brain() -> None:
    wanted = settings(brain__base_url="http://127.0.0.1:9/v1", brain__model="some-model")
    speech, engines = await load_engines(wanted)
    try:
        assert isinstance(engines.brain, ChatBrain)
        assert engines.brain.name == "some-model"
    finally:
        speech.close()
        await engines.brain.close()


async def test_server_is_ready_when_the_body_runs() -> None:
    wanted = settings(server__port=0)
    async with embedded_server(wanted, server_config(wanted)) as url:
        body = await asyncio.to_thread(health, url)
    assert body["status"] == "ready"


async def test_port_that_is_taken_is_one_clear_error() -> None:
    listener = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    wanted = settings(server__port=port)
    try:
        with pytest.raises(SettingsError, match=f"cannot listen on 127.0.0.1:{port}"):
            async with embedded_server(wanted, server_config(wanted)):
                raise AssertionError("the port was taken")
    finally:
        listener.close()
        await listener.wait_closed()


async def test_strangers_are_not_let_in_without_a_token() -> None:
    wanted = settings()
    with pytest.raises(SettingsError, match="no token is set"):
        async with embedded_server(wanted, replace(server_config(wanted), host="0.0.0.0")):
            raise AssertionError("nobody may get here")


def test_loop_returns_what_the_work_returns() -> None:
    async def work() -> int:
        await asyncio.sleep(0)
        return 7

    assert run_loop(work()) == 7


def test_an_empty_answer_is_told_in_the_language_of_the_apology() -> None:
    model = {"brain__kind": "openai", "brain__model": "m", "brain__base_url": "http://x.test/v1"}
    ours = server_config(settings(**model)).fillers
    theirs = server_config(settings(**model, brain__apology="Das weiß ich nicht.")).fillers
    assert ours is not None and theirs is not None
    assert ours.no_answer != ours.apology
    assert {theirs.no_answer, theirs.withheld, theirs.no_room} == {"Das weiß ich nicht."}
