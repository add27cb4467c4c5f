"""Remote ears and mouth against our own server's pages: real engines, real HTTP, real words."""

from pathlib import Path

import numpy as np
import pytest

from voice.embedded import embedded_server, server_config
from voice.engines.remote_fallback import FallbackStt, FallbackTts
from voice.engines.remote_stt import RemoteStt
from voice.engines.remote_tts import RemoteTts
from voice.engines.speech import load_speech
from voice.remote_stages import chosen_stages
from voice.settings import Settings, load_settings

SENTENCE = "The weather in London is cold and rainy today."


@pytest.fixture(autouse=True)
def _no_settings_of_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


@pytest.fixture(scope="module")
def speech():
    loaded = load_speech(seed=1)
    yield loaded
    loaded.close()


def settings(**flags: object) -> Settings:
    return load_settings(overrides={key.replace("__", "."): flags[key] for key in flags})


def at_ear_rate(pcm, rate_hz):
    """24 kHz → 16 kHz by straight lines; good enough for a recogniser."""
    places = np.arange(0, pcm.size, rate_hz / 16_000)
    return np.interp(places, np.arange(pcm.size), pcm).astype(np.int16)


async def said(tts, text=SENTENCE, **options):
    chunks = [chunk async for chunk in tts.speak(text, **options)]
    return (
        np.concatenate([chunk.pcm for chunk in chunks]),
        [word for chunk in chunks for word in chunk.words],
    )


async def test_stages_are_built_in_by_default(speech):
    async with chosen_stages(settings(), speech.stt, speech.tts) as stages:
        assert stages == (speech.stt, speech.tts)


async def test_each_stage_is_chosen_by_itself(speech):
    base_url = "http://127.0.0.1:9/v1"
    ears = settings(stt__base_url=base_url, stt__fallback=False)
    async with chosen_stages(ears, speech.stt, speech.tts) as (stt, tts):
        assert isinstance(stt, RemoteStt) and tts is speech.tts
    mouth = settings(tts__base_url=base_url, tts__fallback=False)
    async with chosen_stages(mouth, speech.stt, speech.tts) as (stt, tts):
        assert stt is speech.stt and isinstance(tts, RemoteTts)


async def test_a_sentence_goes_out_and_comes_back_through_our_own_pages(speech):
    serving = settings(server__port=0, server__token="the-token-of-the-pages")
    async with embedded_server(serving, server_config(serving)) as url:
        base_url = url.replace("ws://", "http://").removesuffix("/realtime")
        remote = {"base_url": base_url, "api_key": "the-token-of-the-pages", "fallback": False}
        wanted = settings(
            **{f"stt__{key}": value for key, value in remote.items()},
            **{f"tts__{key}": value for key, value in remote.items()},
        )
        async with chosen_stages(wanted, speech.stt, speech.tts) as (stt, tts):
            pcm, words = await said(tts)
            heard = await stt.transcribe(at_ear_rate(pcm, tts.rate_hz), language="en")
    assert heard.text.strip(".").lower() == SENTENCE.strip(".").lower()
    assert [word.text for word in words] == SENTENCE.split()


async def test_estimated_words_are_hardly_ever_early(speech):
    """The built-in voice knows the true times; the estimate of the same sound is held to them."""
    from voice.engines.estimated_words import WordEstimate

    text = (
        "I found three trains to Glasgow. The first one leaves at nine, and it is the cheapest. "
        "Shall I book a seat by the window, or would you rather have a table?"
    )
    chunks = [chunk async for chunk in speech.tts.speak(text)]
    true_ends = [word.end_ms for chunk in chunks for word in chunk.words]
    estimate = WordEstimate(text, speech.tts.rate_hz)
    words = [word for chunk in chunks for word in estimate.hear(chunk.pcm)]
    words += estimate.finish()
    early_ms = [true - word.end_ms for true, word in zip(true_ends, words, strict=True)]
    assert max(early_ms) < 150


async def test_the_built_in_engines_take_over_while_nobody_answers(speech, caplog):
    base_url = "http://127.0.0.1:9/v1"
    wanted = settings(stt__base_url=base_url, tts__base_url=base_url)
    async with chosen_stages(wanted, speech.stt, speech.tts) as (stt, tts):
        assert isinstance(stt, FallbackStt) and isinstance(tts, FallbackTts)
        pcm, words = await said(tts)
        heard = await stt.transcribe(at_ear_rate(pcm, tts.rate_hz))
    assert "london" in heard.text.lower()
    assert [word.text for word in words] == SENTENCE.split()
    assert len([r for r in caplog.records if "takes over" in r.getMessage()]) == 2
