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
    ["if it is not too much trouble", "when you get a chance", "would you mate", "please my dear",
     "thanks love", "if that would be okay", "right away"],
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


@pytest.mark.parametrize(
    "said",
    [
        "buy honey",
        "add some honey",
        "add duck",
        "add pet",
        "remove honey",
        "delete honey",
        "add lovely honey",
        "add buddy",
        "add a computer",
        "add, honey",
        "add oats, milk, honey",
        "put the mate",
        "call my darling",
        "my friend anna came",
        "my duck is ill",
        "turn it up mate",
        "love",
    ],
)
def test_things_and_people_that_are_also_forms_of_address_stay(said):
    assert Utterance(said).core == said.replace(",", "").split()


@pytest.mark.parametrize(
    ("said", "core"),
    [
        ("Turn it up, dear.", "turn it up"),
        ("Louder, love.", "louder"),
        ("Hello there, computer.", "computer"),
        ("Stop, mate.", "stop"),
        ("Add milk please, honey.", "add milk"),
        ("Add milk, thanks love.", "add milk"),
        ("Add milk to the list, honey.", "add milk to the list"),
        ("Add milk, please dear.", "add milk"),
        ("My dear, stop the timer.", "stop the timer"),
        ("Hey honey, stop the timer.", "stop the timer"),
    ],
)
def test_a_form_of_address_stands_behind_a_pause_thanks_or_a_please(said, core):
    assert Utterance(said).core == core.split()


def test_only_the_wish_itself_carries_weight():
    said = Utterance("I'd be so happy if you could empty my list, if it's no bother, dear.")

    assert said.core == ["empty", "my", "list"]
    assert not said.is_statement
