import asyncio

import numpy as np
import pytest

from voice.engines.speech import load_speech
from voice.errors import EngineError


@pytest.fixture(scope="module")
def engines():
    loaded = load_speech(seed=1)
    yield loaded
    loaded.close()


async def test_all_engines_are_loaded_and_their_load_times_told(engines):
    assert set(engines.load_ms) == {"vad", "stt", "tts"}
    assert all(ms >= 0 for ms in engines.load_ms.values())


async def test_the_engines_understand_each_other(engines):
    from voice.audio.pcm import resample

    chunks = [chunk.pcm async for chunk in engines.tts.speak("Turn the volume down.")]
    ear = resample(np.concatenate(chunks), 24_000, 16_000)

    assert max(await engines.vad.open().score(ear)) > 0.9
    text = (await engines.stt.transcribe(ear)).text
    assert text == "Turn the volume down."
    assert engines.turn_end.probability(text) > 0.7


async def test_loading_works_beside_a_running_event_loop():
    loaded = await asyncio.to_thread(load_speech)
    loaded.close()
    loaded.close()


def test_a_missing_package_is_named(monkeypatch):
    import importlib.util

    find = importlib.util.find_spec
    monkeypatch.setattr(
        "importlib.util.find_spec",
        lambda name, package=None: None if name == "moonshine_voice" else find(name, package),
    )
    with pytest.raises(EngineError, match="moonshine-voice"):
        load_speech()
