"""What people say on the way to a wish: fillers, stutters, corrections."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.engines.offline_brain.repairs import mended
from voice.engines.offline_brain.tokens import tokenize


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("Um, is it, er, cold out there?", "is it, cold out there?"),
        ("Add jam, um, to the list.", "Add jam, to the list."),
        ("A timer for, let's say, nine minutes.", "A timer for nine minutes."),
        ("It's, you know, the one for the eggs.", "It's, the one for the eggs."),
    ],
)
def test_fillers_go(said, meant):
    assert mended(said) == meant


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("Will you, will you stop the alarm?", "will you stop the alarm?"),
        ("put the the soap on my list", "put the soap on my list"),
        ("What's, what's in my notes?", "what's in my notes?"),
    ],
)
def test_what_is_said_twice_by_a_stutter_is_said_once(said, meant):
    assert mended(said) == meant


@pytest.mark.parametrize("said", ["My code is two two nine.", "Very very slowly.", "Bye bye now."])
def test_numbers_and_what_is_said_twice_on_purpose_stay(said):
    assert mended(said) == said


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("Wake me at six, no, seven.", "Wake me at seven."),
        ("Wake me at six. No, sorry, at quarter past six.", "Wake me at quarter past six."),
        ("A timer for ten minutes, make that twelve minutes.", "A timer for twelve minutes."),
        ("Rain on Friday, I mean, on Sunday?", "Rain on Sunday?"),
        ("How much is four times, wait, five times nine?", "How much is five times nine?"),
        ("Note the red, no, the green door is locked.", "Note the green door is locked."),
        ("Turn it down, no, turn it up.", "turn it up."),
        ("Volume at thirty, sorry, forty, no, fifty.", "Volume at fifty."),
    ],
)
def test_a_correction_takes_the_place_of_what_it_corrects(said, meant):
    assert mended(said) == meant


@pytest.mark.parametrize(
    "said",
    [
        "No, undo that.",
        "There is no salt, no oil and no rice.",
        "Actually, stop the alarm.",
        "Oh wait, what day is it?",
        "I said no.",
    ],
)
def test_words_of_correction_that_correct_nothing_stay(said):
    assert mended(said) == said


@given(st.text(max_size=80))
def test_what_has_words_keeps_words(said):
    made = mended(said)

    assert bool(tokenize(made)) == bool(tokenize(said)) or made == said
