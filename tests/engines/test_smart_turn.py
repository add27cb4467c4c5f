"""The turn-end model as an engine: found or not, slow, failing, closed."""

import asyncio
import importlib.util
import logging
import sys
import threading

import numpy as np
import pytest

from tests.engines.tiny_onnx import write_model
from tests.server.serving_kit import WAIT_S
from voice.engines.ports import TurnSound
from voice.engines.smart_turn import SmartTurn, find_turn_model, load_turn_model
from voice.engines.speech import load_speech
from voice.errors import EngineError

PCM = np.zeros(16_000, np.int16)


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of the name, which must not be imported; returns the folder of its models."""
    folder = tmp_path / "site" / "pipecat"
    data = folder / "audio" / "turn" / "smart_turn" / "data"
    data.mkdir(parents=True)
    (folder / "__init__.py").write_text("raise RuntimeError('imported')")
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.delitem(sys.modules, "pipecat", raising=False)
    return data


def test_off_is_no_model():
    assert find_turn_model("off") is None
    assert load_turn_model("off") is None


def test_auto_takes_the_newest_file_of_the_package_without_importing_it(package):
    versions = ("v3.9-cpu.onnx", "v3.10-cpu.onnx", "v3.11-gpu.onnx", "v3.12-cpu.txt")
    for version in versions:
        (package / f"smart-turn-{version}").write_bytes(b"")
    assert find_turn_model("auto") == package / "smart-turn-v3.10-cpu.onnx"
    assert "pipecat" not in sys.modules


def test_auto_is_silently_no_model_without_the_package(monkeypatch, caplog):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert load_turn_model("auto") is None
    assert not caplog.records


def test_auto_is_no_model_where_the_package_has_none_or_a_broken_one(package, caplog):
    assert load_turn_model("auto") is None
    (package / "smart-turn-v9.onnx").write_bytes(b"broken")
    assert load_turn_model("auto") is None
    assert "silence and words alone" in caplog.text


def test_a_path_without_a_file_ends_the_start_with_one_clear_error(tmp_path):
    missing = tmp_path / "missing.onnx"
    with pytest.raises(EngineError, match=r"at .*missing\.onnx, found no file; pip install --no-d"):
        load_speech(turn_model=str(missing))


def test_a_named_file_that_is_broken_is_an_error(tmp_path):
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"broken")
    with pytest.raises(EngineError, match=r"broken\.onnx is no model"):
        load_turn_model(str(broken))


async def test_a_named_file_answers_from_a_thread_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    write_model(tmp_path / "mine.onnx", bands=80, frames=800)
    model = load_turn_model("~/mine.onnx")
    assert model is not None
    port: TurnSound = model
    assert 0.0 <= await port.finished(PCM) <= 1.0
    assert model.name == "mine"
    assert await model.time_call_ms() >= 0
    model.close()
    model.close()
    assert await model.finished(PCM) is None


async def test_a_slow_model_is_not_waited_for_and_that_is_logged_once(caplog):
    go = threading.Event()
    model = SmartTurn(lambda pcm: float(go.wait(WAIT_S)), "slow", limit_s=0.02)
    with caplog.at_level(logging.WARNING):
        answers = [await model.finished(PCM) for _ in range(3)]
    go.set()
    model.close()
    assert answers == [None, None, None]
    assert [record.message for record in caplog.records] == [
        "the turn-end model is late, turns do not wait for it: no answer within 20 ms"
    ]


async def test_a_failing_model_is_told_once_and_not_asked_again(caplog):
    asked = []

    def fail(pcm):
        asked.append(pcm.size)
        raise RuntimeError("secret words")

    model = SmartTurn(fail, "failing")
    with caplog.at_level(logging.WARNING):
        answers = [await model.finished(PCM) for _ in range(3)]
    model.close()
    assert answers == [None, None, None]
    assert asked == [16_000]
    [record] = caplog.records
    assert "failed (RuntimeError)" in record.message
    assert "secret" not in caplog.text


async def test_a_turn_that_is_dropped_leaves_the_model_usable():
    go = threading.Event()
    model = SmartTurn(lambda pcm: float(go.wait(WAIT_S)), "held", limit_s=WAIT_S)
    task = asyncio.create_task(model.finished(PCM))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task})
    go.set()
    assert await model.finished(PCM) == 1.0
    model.close()
