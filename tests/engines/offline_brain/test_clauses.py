"""Sentences cut into clauses."""

import pytest

from voice.engines.offline_brain.clauses import MAX_PARTS, parts
from voice.engines.offline_brain.utterance import Utterance


def texts(said: str) -> list[str]:
    return [part.text for part in parts(Utterance(said))]


def test_a_single_clause_has_no_parts():
    assert texts("Set a timer for nine minutes.") == []


@pytest.mark.parametrize(
    ("said", "wish"),
    [
        ("I'm off to bed, wake me at seven.", "wake me at seven"),
        ("Stop the timer because the cake is out.", "Stop the timer"),
        ("The soup is on so tell me when ten minutes are up.",
         "so tell me when ten minutes are up"),
        ("What's on the list? I'm at the shop.", "What's on the list?"),
    ],
)  # fmt: skip
def test_reasons_are_cut_off(said, wish):
    assert wish in texts(said)


def test_words_of_mere_politeness_are_no_clause():
    assert texts("Please, stop it, thanks.") == []


def test_numbers_and_times_stay_whole():
    assert "Wake me at 6 a.m." in texts("Wake me at 6 a.m., I have a train.")[0] + "."


@pytest.mark.parametrize(
    ("said", "wish"),
    [
        ("My aunt lives in Lima, what's the time there?", "what's the time in Lima?"),
        ("We're driving to Bath on Sunday, will it rain over there?", "will it rain in Bath?"),
        ("I like tea, is there any left?", "is there any left?"),
    ],
)
def test_there_is_where_was_told_before(said, wish):
    assert wish in texts(said)


def test_the_parts_are_bounded():
    assert len(texts("One, two words, three words here, four of them now, and five so.")) <= (
        MAX_PARTS
    )
    assert texts(", ".join(["stop it"] * 9)) == []
