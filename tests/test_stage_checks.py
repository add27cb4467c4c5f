from pathlib import Path

import pytest

from tests.engines.speech_server import SpeechServer
from tests.engines.tiny_onnx import write_model
from tests.server.serving_kit import engines, server
from voice.client.probe_talk import Outcome
from voice.embedded import embedded_server, server_config
from voice.settings import Settings, load_settings
from voice.stage_checks import check_stages


@pytest.fixture(autouse=True)
def _no_settings_of_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


def settings(**flags: object) -> Settings:
    return load_settings(overrides={key.replace("__", "."): flags[key] for key in flags})


def base_url(url):
    return url.replace("ws://", "http://").removesuffix("/realtime")


async def steps(wanted):
    return {step.name: step async for step in check_stages(wanted)}


async def test_what_is_built_in_is_not_examined():
    assert await steps(settings()) == {}


async def test_a_turn_model_that_works_is_timed(tmp_path: Path) -> None:
    file = write_model(tmp_path / "mine.onnx", bands=80, frames=800)
    [step] = (await steps(settings(session__turn_model=str(file)))).values()
    assert (step.name, step.outcome, step.mend) == ("turn model", Outcome.OK, "")
    assert step.detail.startswith("mine.onnx: ")


async def test_a_turn_model_that_is_missing_or_broken_is_a_failed_step(tmp_path: Path) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no model")
    for path in (tmp_path / "missing.onnx", broken):
        [step] = (await steps(settings(session__turn_model=str(path)))).values()
        assert step.outcome is Outcome.FAILED
        assert str(path) in step.detail
        assert "pip install --no-deps pipecat-ai" in step.mend


async def test_where_no_package_has_a_turn_model_the_check_says_how_to_get_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    [step] = (await steps(settings(session__turn_model="auto"))).values()
    assert step.outcome is Outcome.SKIPPED
    assert "pip install --no-deps pipecat-ai" in step.mend


async def test_a_sentence_of_the_mouth_is_heard_by_the_ears():
    serving = settings(server__port=0)
    async with embedded_server(serving, server_config(serving)) as url:
        own = base_url(url)
        found = await steps(settings(stt__base_url=own, tts__base_url=own))
    assert list(found) == ["tts", "stt", "stt models", "tts models"]
    assert found["tts"].outcome is found["stt"].outcome is Outcome.OK
    assert "first sound after" in found["tts"].detail
    assert "quick brown fox" in found["stt"].detail.lower()


async def test_ears_that_hear_something_else_are_told():
    async with server(engines(heard=["nothing of the kind"] * 3)) as running:
        found = await steps(settings(stt__base_url=base_url(running.url)))
    assert found["stt"].outcome is Outcome.WARNING
    assert "stt.language" in found["stt"].mend


async def test_a_refused_key_is_a_failed_step_with_its_mend():
    async with SpeechServer() as refusing:
        for _ in range(4):
            refusing.refuse(401, "invalid_api_key")
        wanted = settings(
            stt__base_url=refusing.base_url,
            tts__base_url=refusing.base_url,
            tts__api_key="sk-canary-0123456789",
            tts__fallback=True,
        )
        found = await steps(wanted)
    assert found["tts"].outcome is Outcome.FAILED
    assert found["tts"].mend == "set VOICE_TTS__API_KEY to a valid one"
    assert found["stt"].outcome is Outcome.SKIPPED
    assert "canary" not in repr(found)


async def test_a_brain_is_asked_for_one_word():
    chunk = b'data: {"choices": [{"index": 0, "delta": {"content": "Hello"}, '
    chunk += b'"finish_reason": "stop"}]}\n\ndata: [DONE]\n\n'
    async with SpeechServer() as brain:
        brain.sound(chunk, kind="text/event-stream")
        brain.json({"object": "list", "data": [{"id": "small-model"}]})
        found = await steps(settings(brain__base_url=brain.base_url, brain__model="small-mode"))
    assert found["brain"].outcome is Outcome.OK
    assert "'Hello'" in found["brain"].detail
    assert "did you mean 'small-model'" in found["brain models"].detail


async def test_a_brain_that_is_not_there_is_a_failed_step():
    found = await steps(
        settings(brain__base_url="http://127.0.0.1:9/v1", brain__model="m", brain__max_retries=0)
    )
    assert found["brain"].outcome is Outcome.FAILED
    assert found["brain"].mend
