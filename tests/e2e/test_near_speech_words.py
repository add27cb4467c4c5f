"""The real voice says what people say over an assistant; the recogniser and the rules judge it.

What is said is heard as the ear hears it: a reading every 150 ms while the voice lasts, and one
after it has paused.
"""

import asyncio

import numpy as np
import pytest

from voice.audio.pcm import resample
from voice.client.near_words import judge
from voice.core.client_inputs import NearKind
from voice.engines.stt import MoonshineStt
from voice.engines.tts import HibariTts

RATE_HZ = 16_000
PER_MS = RATE_HZ // 1_000
EVERY_MS = 150
PAUSE_MS = 150
AUDIBLE = 600

SAID = "The weather in London tomorrow will be cloudy, with a high of twelve degrees and some rain"
QUESTION = "There are two lists. Shall I add milk to the shopping list?"

BACKCHANNELS = [
    "Mm-hm.", "Mhm.", "Uh-huh.", "Yeah.", "Yes.", "Right.", "Okay.", "I see.", "Sure.", "Got it.",
    "Wow.", "Really?", "Okay, got it.",
]  # fmt: skip
INTERRUPTIONS = [
    "Stop.", "Wait.", "Hold on.", "Excuse me.", "No.", "Louder.", "What about Paris?",
    "No, I meant Sunday.", "Wait a moment, I meant something else.", "Okay, stop.",
    "Yes, but what about the wind?", "Set a timer for ten minutes.",
]  # fmt: skip


@pytest.fixture(scope="module")
def stt():
    engine = MoonshineStt()
    asyncio.run(engine.warm())
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def tts():
    engine = HibariTts(seed=1)
    yield engine
    engine.close()


async def spoken(tts, text, speed=1.0):
    """Return the speech alone, without the silence around it, at 16 kHz."""
    chunks = [chunk.pcm async for chunk in tts.speak(text, speed=speed)]
    pcm = resample(np.concatenate(chunks), tts.rate_hz, RATE_HZ)
    loud = np.flatnonzero(np.abs(pcm) > AUDIBLE)
    return pcm[loud[0] : loud[-1] + 1]


async def judged(stt, pcm, said=SAID):
    """Return what is judged, how long after the onset, and the words it was judged by."""
    length_ms = len(pcm) // PER_MS
    lead = np.zeros(300 * PER_MS, dtype=np.int16)
    sound = np.concatenate([lead, pcm, np.zeros((PAUSE_MS + 1_500) * PER_MS, dtype=np.int16)])
    now_ms = 0
    while now_ms < length_ms + 1_500:
        is_on = now_ms + EVERY_MS < length_ms + PAUSE_MS
        now_ms = now_ms + EVERY_MS if is_on else max(length_ms + PAUSE_MS, now_ms + 50)
        heard = await stt.transcribe(sound[: (300 + now_ms) * PER_MS])
        found = judge(
            heard.text,
            said=said,
            voiced_ms=min(now_ms, length_ms),
            since_onset_ms=now_ms,
            is_voice_on=is_on,
            confidence=heard.confidence,
        )
        if found is not None:
            return found.kind, now_ms, heard.text
    raise AssertionError(f"nothing was decided in {now_ms} ms")


@pytest.mark.parametrize("text", BACKCHANNELS)
async def test_a_backchannel_lets_the_answer_go_on(stt, tts, text):
    kind, _, words = await judged(stt, await spoken(tts, text))
    assert kind is not NearKind.INTERRUPTION, words


@pytest.mark.parametrize("text", INTERRUPTIONS)
async def test_an_interruption_is_known_soon(stt, tts, text):
    kind, after_ms, words = await judged(stt, await spoken(tts, text))
    assert kind is NearKind.INTERRUPTION, words
    assert after_ms <= 750


@pytest.mark.parametrize("text", ["Yes.", "Yeah, sure.", "No.", "Okay."])
async def test_an_answer_to_our_question_interrupts(stt, tts, text):
    kind, _, words = await judged(stt, await spoken(tts, text), QUESTION)
    assert kind is NearKind.INTERRUPTION, words


async def test_most_scraps_of_our_own_voice_are_known_for_what_they_are(stt, tts):
    # Cut in the middle of words, and read as others: the canceller is what keeps them away.
    whole = await spoken(tts, SAID)
    starts_ms = range(0, 4_000, 400)
    scraps = [whole[at * PER_MS : (at + 350) * PER_MS] for at in starts_ms]
    kinds = [(await judged(stt, scrap))[0] for scrap in scraps]
    assert sum(kind is not NearKind.INTERRUPTION for kind in kinds) >= 0.7 * len(kinds)


@pytest.mark.parametrize("fall_ms", [15, 60, 150])
async def test_a_click_a_knock_and_a_cough_are_noise(stt, fall_ms):
    samples = 4 * fall_ms * PER_MS
    noise = np.random.default_rng(fall_ms).normal(0, 6_000, samples)
    fading = noise * np.exp(-np.arange(samples) / (fall_ms * PER_MS))
    kind, _, words = await judged(stt, fading.clip(-32_768, 32_767).astype(np.int16))
    assert kind is NearKind.NOISE, words
