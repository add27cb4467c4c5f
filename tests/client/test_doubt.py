"""One doubt: readings that come and are slow, and judgements in time."""

import asyncio
import itertools

import numpy as np

from voice.audio.ports import BLOCK_MS
from voice.client.doubt import FIRST_READING_MS, LIMIT_MS, SLOW_MS, Doubt
from voice.client.near_words import Judgement
from voice.core.client_inputs import NearKind
from voice.engines.ports import Transcript
from voice.errors import EngineError

BLOCK = np.zeros(240, np.int16)


async def heard(doubt: Doubt, voiced_ms: int, limit_ms: int = 2_000) -> tuple[int, Judgement]:
    """Return when, in ms, and what was judged."""
    for now_ms in range(10, limit_ms, 10):
        judgement = doubt.hear(BLOCK, is_voice=now_ms <= voiced_ms, said="It is raining.")
        if judgement is not None:
            return now_ms, judgement
        for _ in range(3):
            await asyncio.sleep(0)
    raise AssertionError("no judgement")


def reader(text: str, confidence: float = 0.9) -> object:
    async def recognise(pcm: np.ndarray) -> Transcript:
        return Transcript(text, confidence)

    return recognise


async def test_words_that_interrupt_do_so_within_half_a_second() -> None:
    at_ms, judgement = await heard(Doubt([BLOCK], recognise=reader("Stop it now.")), 1_000)
    assert judgement.kind is NearKind.INTERRUPTION
    assert at_ms <= 500


async def test_a_backchannel_is_judged_once_the_voice_is_over() -> None:
    doubt = Doubt([BLOCK], recognise=reader("Mm-hmm."))
    at_ms, judgement = await heard(doubt, 300)
    assert judgement.kind is NearKind.BACKCHANNEL
    assert doubt.words == "Mm-hmm."
    assert at_ms <= 600


async def test_a_sound_without_a_voice_is_judged_at_once() -> None:
    at_ms, judgement = await heard(Doubt([BLOCK], recognise=reader("")), 0)
    assert judgement.kind is NearKind.NOISE
    assert at_ms <= 200


async def test_a_slow_recogniser_is_not_waited_for() -> None:
    async def never(pcm: np.ndarray) -> Transcript:
        await asyncio.Event().wait()
        raise AssertionError

    doubt = Doubt([BLOCK], recognise=never)
    at_ms, judgement = await heard(doubt, 2_000)
    doubt.close()
    assert doubt.is_recogniser_slow
    assert judgement.kind is NearKind.INTERRUPTION
    assert at_ms <= SLOW_MS + 400


async def test_a_recogniser_that_fails_leaves_the_sound() -> None:
    async def broken(pcm: np.ndarray) -> Transcript:
        raise EngineError("no network")

    at_ms, judgement = await heard(Doubt([BLOCK], recognise=broken), 1_000)
    assert judgement.kind is NearKind.INTERRUPTION
    assert at_ms <= 600


async def test_every_doubt_ends_in_time() -> None:
    at_ms, _ = await heard(Doubt([BLOCK], recognise=reader("Yeah, okay.", 0.9)), 5_000)
    assert at_ms <= LIMIT_MS


async def test_one_reading_follows_the_other_at_once() -> None:
    begun_ms: list[int] = []

    async def recognise(pcm: np.ndarray) -> Transcript:
        begun_ms.append(doubt._since_ms)
        return Transcript("Mm-hmm.", 0.9)

    doubt = Doubt([BLOCK], recognise=recognise)
    await heard(doubt, 500)
    assert begun_ms[0] == FIRST_READING_MS
    steps = {after - before for before, after in itertools.pairwise(begun_ms)}
    assert steps == {BLOCK_MS}


async def test_words_of_a_room_that_is_not_known_are_doubted() -> None:
    recognise = reader("Who's it?", 0.75)
    at_ms, _ = await heard(Doubt([BLOCK], recognise=recognise), 1_000)
    later_ms, _ = await heard(Doubt([BLOCK], recognise=recognise, is_room_known=False), 1_000)
    assert at_ms + 200 <= later_ms
