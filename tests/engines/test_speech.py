import asyncio

import numpy as np
import pytest

from voice.audio.pcm import resample
from voice.engines.speech import load_speech
from voice.errors import EngineError


async def test_engines_loaded_beside_a_running_loop_understand_each_other():
    engines = await asyncio.to_thread(load_speech, seed=1)
    chunks = [chunk.pcm async for chunk in engines.tts.speak("Turn the volume down.")]
    ear = resample(np.concatenate(chunks), 24_000, 16_000)

    assert max(await engines.vad.open().score(ear)) > 0.9
    text = (await engines.stt.transcribe(ear)).text
    assert text == "Turn the volume down."
    assert engines.turn_end.probability(text) > 0.7
    assert set(engines.load_ms) == {"vad", "stt", "tts"}

    engines.close()
    engines.close()
    with pytest.raises(EngineError, match="closed"):
        await engines.stt.transcribe(ear)


def test_a_missing_package_is_named_and_what_was_loaded_is_closed(monkeypatch):
    import importlib.util

    closed = []
    find = importlib.util.find_spec
    monkeypatch.setattr(
        "importlib.util.find_spec",
        lambda name, package=None: None if name == "moonshine_voice" else find(name, package),
    )
    monkeypatch.setattr("voice.engines.tts.HibariTts.close", lambda self: closed.append("tts"))
    with pytest.raises(EngineError, match="moonshine-voice"):
        load_speech()
    assert closed == ["tts"]
