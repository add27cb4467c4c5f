import asyncio
import re

import numpy as np
import pytest

import audio_fixtures
from audio_fixtures.noise import office
from voice.audio.files import read_audio
from voice.audio.pcm import resample
from voice.engines.ports import Stt
from voice.engines.stt import LONGEST_STRETCH_SAMPLES, MoonshineStt, stretches
from voice.errors import EngineError

CLIPS = audio_fixtures.load_manifest()
NUMBER_WORDS = {"5": "five", "10": "ten", "15": "fifteen", "40": "forty", "80": "eighty"}


@pytest.fixture(scope="module")
def stt():
    engine = MoonshineStt()
    asyncio.run(engine.warm())
    yield engine
    engine.close()


def ear(name):
    return resample(read_audio(audio_fixtures.path(name)), 24_000, 16_000)


def words(text):
    spaced = re.sub(r"[^a-z0-9' ]", " ", text.lower().replace("%", " percent"))
    return [NUMBER_WORDS.get(word, word) for word in spaced.replace("mr ", "mister ").split()]


def errors(expected, heard):
    """Return the word edit distance."""
    row = list(range(len(heard) + 1))
    for i, word in enumerate(expected, 1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(heard, 1):
            best = min(row[j] + 1, row[j - 1] + 1, diagonal + (word != other))
            diagonal, row[j] = row[j], best
    return row[-1]


async def error_rate(stt, kind):
    wrong = total = 0
    for name, clip in CLIPS.items():
        if clip["kind"] == kind:
            expected = words(clip["transcript"])
            wrong += errors(expected, words((await stt.transcribe(ear(name))).text))
            total += len(expected)
    return wrong / total


async def test_it_is_what_the_port_asks_for(stt):
    port: Stt = stt
    heard = await port.transcribe(ear("demo_question_1"), language="en-US")
    assert heard.text == "What time is it in Tokyo?"
    assert heard.confidence is not None
    assert 0.8 < heard.confidence <= 1.0


async def test_people_are_understood(stt):
    assert await error_rate(stt, "recorded") < 0.06


async def test_synthetic_requests_are_understood(stt):
    assert await error_rate(stt, "synthetic") < 0.06


@pytest.mark.parametrize("name", ["demo_question_2", "timer_ten_minutes", "question_1_quiet"])
async def test_requests_come_out_word_for_word(stt, name):
    assert words((await stt.transcribe(ear(name))).text) == words(CLIPS[name]["transcript"])


async def test_old_spellings_are_made_new(stt):
    assert "today" in (await stt.transcribe(ear("date_today"))).text


@pytest.mark.parametrize("samples", [0, 1, 160, 32_000])
async def test_silence_of_any_length_has_no_words(stt, samples):
    heard = await stt.transcribe(np.zeros(samples, np.int16))
    assert heard.text == ""
    assert heard.confidence is None


@pytest.mark.parametrize("seed", range(4))
async def test_noise_has_no_words(stt, seed):
    noise = office(16_000 * (1 + seed), 16_000, seed) * 10 ** (2 + seed / 2)
    heard = await stt.transcribe(np.clip(noise, -32768, 32767).astype(np.int16))
    assert heard.text == ""


async def test_most_speech_that_drowns_in_noise_is_not_guessed_at(stt):
    texts = []
    for name in ("how_are_you", "convert_miles", "austen_5", "tell_me_a_joke", "cards_2", "jfk"):
        pcm = ear(name).astype(np.float64)
        noise = office(pcm.size, 16_000, 19) * np.sqrt(np.mean(pcm**2)) * 3.0
        heard = await stt.transcribe(np.clip(pcm + noise, -32768, 32767).astype(np.int16))
        texts.append(heard.text)
    assert texts.count("") >= 4


async def test_long_audio_is_heard_in_pieces(stt):
    pause = np.zeros(12_000, np.int16)
    pcm = np.concatenate([*[ear("austen_4"), pause, ear("jfk"), pause] * 2])
    heard = words((await stt.transcribe(pcm)).text)
    expected = words(f"{CLIPS['austen_4']['transcript']} {CLIPS['jfk']['transcript']}") * 2
    assert errors(expected, heard) / len(expected) < 0.1


async def test_several_turns_at_once_do_not_mix(stt):
    names = ["hamlet", "stop", "how_are_you", "volume_down", "thank_you"]
    alone = [await stt.transcribe(ear(name)) for name in names]
    together = await asyncio.gather(*(stt.transcribe(ear(name)) for name in names))
    assert together == alone


async def test_a_cancelled_transcription_leaves_the_engine_usable(stt):
    task = asyncio.ensure_future(stt.transcribe(ear("jfk")))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await stt.transcribe(ear("stop"))).text == "Stop."


async def test_another_language_is_refused_with_a_way_out(stt):
    with pytest.raises(EngineError, match=r"English only, not 'de'.*connect a recogniser"):
        await stt.transcribe(ear("stop"), language="de")


async def test_a_closed_engine_says_so():
    engine = MoonshineStt()
    engine.close()
    with pytest.raises(EngineError, match="speech recogniser is closed"):
        await engine.transcribe(np.full(16_000, 500, np.int16))


def test_pieces_cover_the_audio_and_end_where_it_is_quiet():
    rng = np.random.default_rng(3)
    pcm = rng.integers(-3000, 3000, 16_000 * 50).astype(np.int16)
    quiet = [slice(16_000 * 15, 16_000 * 15 + 4_800), slice(16_000 * 28, 16_000 * 28 + 4_800)]
    for stretch in quiet:
        pcm[stretch] = 0

    pieces = stretches(pcm)

    assert pieces[0][0] == 0
    assert pieces[-1][1] == pcm.size
    assert all(end == start for (_, end), (start, _) in zip(pieces, pieces[1:], strict=False))
    assert all(end - start <= LONGEST_STRETCH_SAMPLES for start, end in pieces)
    assert [
        stretch.start < cut < stretch.stop for stretch, (_, cut) in zip(quiet, pieces, strict=False)
    ] == [
        True,
        True,
    ]
