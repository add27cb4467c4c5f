"""The whole product on a virtual card in a room: ``benchmarks.hands_free`` with few cases.

What is promised is promised of fifty cases (one answer in fifty may interrupt itself, five in fifty
"mm-hm"s may end one). Of two cases one must therefore go well, and what went well must be whole.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator, Sequence

import numpy as np
import pytest

import audio_fixtures
from benchmarks.card_cases import Answer, agreed_to, answer_alone, interrupted
from benchmarks.card_talk import Talk
from benchmarks.echo_corpus import Utterance, at_level, cough, spoken, trimmed
from benchmarks.hands_free import Case, hold
from benchmarks.virtual_card import NoVirtualCard
from voice.audio.files import read_audio
from voice.engines.tts import HibariTts

pytestmark = pytest.mark.device

SHORT = (
    "Your list has milk, eggs, and a loaf of bread.",
    "The train leaves at seven from platform nine.",
)
LONG = ("The train leaves at seven forty from platform nine, and arrives in Leeds at ten. " * 2,)
RECORDED = ("never_mind", "what_time_in_tokyo")


SILENT_MS = 250
"""Of fifty interruptions nineteen in twenty are silent by then."""


async def two_cases(answers: Sequence[str], case: Case) -> list[Answer]:
    """Run the case twice in one conversation; skip the test where there is no card."""
    try:
        return await hold(answers, case, 2, 1, repeats=0)
    except NoVirtualCard as error:
        pytest.skip(str(error))


@contextlib.contextmanager
def on_a_steady_card(found: Sequence[Answer]) -> Iterator[None]:
    """Skip a test that fails while the card itself lost whole periods: JACK counts them."""
    try:
        yield
    except AssertionError:
        lost = sum(answer.xruns for answer in found)
        if lost:
            pytest.skip(f"the virtual card lost {lost} periods: the machine is too busy")
        raise


async def test_an_answer_never_interrupts_itself_in_a_room_with_an_echo() -> None:
    async def case(talk: Talk, room: str, number: int, dice: random.Random) -> Answer:
        return await answer_alone(talk, room)

    found = await two_cases(SHORT, case)

    with on_a_steady_card(found):
        whole = [answer for answer in found if not answer.is_interrupted]
        assert whole, found
        assert all(answer.joins is not None and answer.joins.is_whole for answer in whole), found


async def test_speech_over_our_voice_silences_it_at_once_and_arrives_whole() -> None:
    persons = [recorded(name) for name in RECORDED]

    async def case(talk: Talk, room: str, number: int, dice: random.Random) -> Answer:
        return await interrupted(talk, room, persons[number], dice)

    found = await two_cases(LONG, case)

    with on_a_steady_card(found):
        caught = [answer for answer in found if answer.is_interrupted]
        assert caught, found
        assert any((answer.silence_ms or 9_999) <= SILENT_MS for answer in caught), found
        assert any(answer.words[0] == answer.words[1] for answer in caught), found


async def test_an_answer_goes_on_from_where_it_was_after_mm_hm_and_a_cough() -> None:
    tts = HibariTts(seed=1)
    try:
        hum = Utterance("Mm-hm.", at_level(trimmed(await spoken(tts, "Mm-hm.")), -26))
    finally:
        tts.close()
    persons = [hum, Utterance("(cough)", cough(np.random.default_rng(1)))]

    async def case(talk: Talk, room: str, number: int, dice: random.Random) -> Answer:
        return await agreed_to(talk, room, persons[number], dice)

    found = await two_cases(SHORT, case)

    with on_a_steady_card(found):
        whole = [answer for answer in found if not answer.is_interrupted]
        assert whole, found
        assert all(answer.joins is not None and answer.joins.is_whole for answer in whole), found


def recorded(name: str) -> Utterance:
    """Return a recording whose sound begins with the speech."""
    clip = audio_fixtures.load_manifest()[name]
    begin_ms, end_ms = clip["speech_spans_ms"][0]
    pcm = read_audio(audio_fixtures.path(name))[begin_ms * 24 : end_ms * 24]
    return Utterance(name, at_level(trimmed(pcm), -26), clip["transcript"])
