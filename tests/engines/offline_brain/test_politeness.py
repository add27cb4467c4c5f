"""The ways of asking nicely."""

import pytest

from voice.engines.offline_brain.politeness import after, before
from voice.engines.offline_brain.utterance import Utterance


@pytest.mark.parametrize(
    "polite",
    [
        "it would be really lovely if you could",
        "i would be ever so grateful if you would",
        "do you think you could",
        "would you be so kind as to",
        "i was hoping you could",
        "is there any chance you could",
        "hey computer",
    ],
)
def test_ways_to_begin_are_read_whole(polite):
    words = polite.split()
    counted = 0
    while step := before([*words, "stop"][counted:]):
        counted += step

    assert counted == len(words)


@pytest.mark.parametrize(
    "polite",
    ["if it is not too much trouble", "when you get a chance", "would you mate", "my dear",
     "if that would be okay", "right away"],
)  # fmt: skip
def test_ways_to_end_are_read_whole(polite):
    words = ["stop", "the", "timer", *polite.split()]
    end = len(words)
    while step := after(words[:end]):
        end -= step

    assert words[:end] == ["stop", "the", "timer"]


@pytest.mark.parametrize("said", ["what is love", "who is my friend", "tell me about the man"])
def test_a_word_that_the_sentence_needs_is_no_form_of_address(said):
    assert after(said.split()) == 0


def test_only_the_wish_itself_carries_weight():
    said = Utterance("I'd be so happy if you could empty my list, if it's no bother, dear.")

    assert said.core == ["empty", "my", "list"]
    assert not said.is_statement
