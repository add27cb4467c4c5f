"""The hundred wishes, spoken and heard by the real engines, every call run."""

import pytest

from benchmarks.paraphrases import PARAPHRASES
from benchmarks.understanding import LEAST_RIGHT, MOST_WRONG, listen, measure, shares

SENTENCES = tuple(said for said, _, _ in PARAPHRASES)


def test_there_are_a_hundred_of_them_for_all_kinds_of_tools():
    assert len(set(SENTENCES)) == 100
    assert len({tool for _, tool, _ in PARAPHRASES}) >= 20


@pytest.mark.parametrize("half", [0, 1])
async def test_spoken_wishes_are_heard_understood_and_done(half: int) -> None:
    wishes = PARAPHRASES[half::2]
    results = await measure(wishes, await listen(wishes))
    right, wrong = shares(results)
    missed = [result for result in results if result.verdict != "right"]
    # The halves differ by chance, and the recogniser hears a word or two otherwise elsewhere.
    assert right >= LEAST_RIGHT - 2 / len(wishes), missed
    assert wrong <= MOST_WRONG, missed


async def test_nothing_is_done_for_talk_that_asks_for_nothing():
    talk = ("I think the weather is nice here.", "My sister bought a new bike.", "You are funny.")
    results = await measure(tuple((said, "none", ()) for said in talk), list(talk))
    assert [result.verdict for result in results] == ["asked"] * len(talk)
