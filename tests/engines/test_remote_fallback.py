import logging

import numpy as np
import pytest

from voice.engines.ports import SpeechChunk, SpokenWord, Transcript
from voice.engines.remote_fallback import FIRST_REST_S, FallbackStt, FallbackTts, Outage
from voice.engines.remote_speech import RemoteSpeechError
from voice.engines.scripted import tone
from voice.errors import EngineError

TURN = tone(300)


class Ears:
    languages = ()

    def __init__(self, name, *answers):
        self.name = name
        self.answers = list(answers)
        self.asked = 0
        self.is_idle = name == "local"

    async def transcribe(self, pcm, *, language=None):
        self.asked += 1
        answer = self.answers.pop(0) if self.answers else f"{self.name} heard it"
        if isinstance(answer, Exception):
            raise answer
        return Transcript(answer)


class Mouth:
    """Speaks a second for each word, and fails after so many of them."""

    def __init__(self, name, *, fails_after=None, rate_hz=24_000):
        self.voices = (name,)
        self.rate_hz = rate_hz
        self.fails_after = fails_after
        self.texts = []

    async def speak(self, text, *, voice=None, speed=1.0):
        self.texts.append(text)
        for number, word in enumerate(text.split()):
            if number == self.fails_after:
                raise RemoteSpeechError("the line is cut")
            end = SpokenWord(word, (number + 1) * 1_000)
            yield SpeechChunk(np.zeros(self.rate_hz, np.int16), (end,))


class Clock:
    def __init__(self):
        self.now_s = 100.0

    def __call__(self):
        return self.now_s


def stt(*answers, local=()):
    clock = Clock()
    remote, near = Ears("remote", *answers), Ears("local", *local)
    return FallbackStt(remote, near, outage=Outage("recogniser", now_s=clock)), remote, near, clock


async def test_the_local_recogniser_hears_what_the_remote_one_could_not():
    ears, *_ = stt(RemoteSpeechError("it failed"))
    assert (await ears.transcribe(TURN)).text == "local heard it"


async def test_a_failed_engine_is_left_alone_for_a_while_and_then_tried_again():
    ears, remote, _, clock = stt(RemoteSpeechError("it failed"))
    await ears.transcribe(TURN)
    await ears.transcribe(TURN)
    assert (remote.asked, ears.is_idle) == (1, True)
    clock.now_s += FIRST_REST_S
    assert (await ears.transcribe(TURN)).text == "remote heard it"


async def test_an_outage_is_told_once_and_so_is_its_end(caplog):
    ears, _, _, clock = stt(RemoteSpeechError("it failed"), RemoteSpeechError("it failed"))
    with caplog.at_level(logging.WARNING):
        for _ in range(6):
            await ears.transcribe(TURN)
            clock.now_s += FIRST_REST_S
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 2
    assert "it failed" in told[0] and "works again" in told[1]


async def test_the_rest_is_as_long_as_the_endpoint_asks_for():
    ears, remote, _, clock = stt(RemoteSpeechError("too many", retry_after_s=120.0))
    await ears.transcribe(TURN)
    clock.now_s += 119
    await ears.transcribe(TURN)
    assert remote.asked == 1


async def test_both_causes_are_told_where_both_fail():
    ears, *_ = stt(EngineError("no network"), local=(EngineError("English only"),))
    with pytest.raises(EngineError, match="no network; and English only"):
        await ears.transcribe(TURN)


async def spoken(mouth, text):
    return [chunk async for chunk in mouth.speak(text)]


async def test_the_local_voice_goes_on_from_the_first_word_not_reported():
    near = Mouth("local")
    tts = FallbackTts(Mouth("remote", fails_after=2), near)
    chunks = await spoken(tts, "one two three four")
    words = [word for chunk in chunks for word in chunk.words]
    assert near.texts == ["three four"]
    assert [(word.text, word.end_ms) for word in words] == [
        ("one", 1_000),
        ("two", 2_000),
        ("three", 3_000),
        ("four", 4_000),
    ]


async def test_while_the_remote_voice_is_out_the_local_one_speaks_alone():
    remote, near = Mouth("remote", fails_after=0), Mouth("local")
    tts = FallbackTts(remote, near, outage=Outage("voice", now_s=Clock()))
    await spoken(tts, "one two")
    await spoken(tts, "three")
    assert (remote.texts, near.texts) == (["one two"], ["one two", "three"])


async def test_closing_early_is_no_failure():
    remote = Mouth("remote")
    tts = FallbackTts(remote, Mouth("local"))
    chunks = tts.speak("one two")
    await anext(chunks)
    await chunks.aclose()
    assert len(await spoken(tts, "three")) == 1
    assert remote.texts == ["one two", "three"]


def test_voices_of_different_rates_are_refused_with_the_mend():
    with pytest.raises(EngineError, match=r"tts\.fallback"):
        FallbackTts(Mouth("remote", rate_hz=16_000), Mouth("local"))
