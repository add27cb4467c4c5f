"""What people say on the way to a wish: fillers, stutters, corrections."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.engines.offline_brain.repairs import MAX_CORRECTIONS, MAX_WORDS, mended
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


@pytest.mark.parametrize(
    "said",
    [
        "convert 5 m to feet",
        "convert ten mm to inches",
        "convert ten um to mm",
        "the fence is 20 m long",
        "a plank of 3 m, please",
        "dinner with M at eight",
        "Put two m of cable on my list",
        "wake me at 6 p m",
        "Drive to the ER at eight.",
        "The sizes are s, m, l and mm.",
        "I had a code. What was it?",
    ],
)
def test_units_and_names_that_sound_like_fillers_stay(said):
    assert mended(said) == said


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("It's, mmm, cold.", "It's, cold."),
        ("Hmm, stop the alarm.", "stop the alarm."),
        ("A timer for ten um minutes.", "A timer for ten minutes."),
    ],
)
def test_humming_set_off_by_a_pause_goes(said, meant):
    assert mended(said) == meant


@pytest.mark.parametrize(
    "said",
    [
        "my password is a a b",
        "the code is one one two",
        "Remember that my pin is four four, four four.",
        "vitamin a a b",
        "Spell banana, b a n a n a",
        "My plate is b b 1 2.",
        "Add milk, milk chocolate and bread.",
        "Add salt and pepper and pepper corns.",
        "Add a yo-yo to the list.",
        "Remind me to call Mia, Mia's mother.",
        "Play Duran Duran.",
    ],
)
def test_what_is_meant_twice_is_no_stutter(said):
    assert mended(said) == said


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("the code is one two three, no, one two four", "the code is one two four"),
        ("my pin is 4 7, no, 4 8", "my pin is 4 8"),
        ("the score was 3 2, no, 3 3", "the score was 3 3"),
        ("my code is 4512, sorry, 4521", "my code is 4521"),
        ("Wake me at six thirty, no, seven.", "Wake me at seven."),
        ("Wake me at seven, no, six thirty.", "Wake me at six thirty."),
    ],
)
def test_digits_said_one_by_one_are_corrected_as_one_run(said, meant):
    assert mended(said) == meant


@pytest.mark.parametrize(
    "said",
    [
        "my pin is 4 7 1, no, 4 8",
        "my pin is 4 7, no, 8",
        "my pin is 4711, no, 12",
        "my code is a 4 b 4, no, a 5 b 4",
        "the password is red b 4, no, red b 5",
        "buy either 5 or maybe 6 lamps",
        "I want no 5, no 6 and no 7.",
        "Boil it 5 minutes, wait 10 minutes, then serve.",
        "Wait five minutes, then wait five minutes.",
        "Two eggs, no sugar, two spoons of oil.",
        "Remember the numbers 4, 8, 15, no, 16.",
    ],
)
def test_where_it_is_not_clear_what_is_corrected_all_stays(said):
    assert mended(said) == said


@pytest.mark.parametrize(
    "said",
    [
        "Add milk to the list. Oh no, the oven is burning, set a timer for five minutes.",
        "Add milk to the list. Sorry, the oven is burning.",
        "Add milk to the list, oh no, the oven is burning.",
        "Is it five? No, six eggs are enough.",
        "Wake me at six. No, seven people come.",
    ],
)
def test_a_sentence_corrects_the_one_before_only_where_it_says_so(said):
    assert mended(said) == said


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("Wake me at six. Make that seven.", "Wake me at seven."),
        ("Wake me at six. I mean, at seven please.", "Wake me at seven please."),
        ("Wake me at six. No, seven.", "Wake me at seven."),
    ],
)
def test_a_sentence_that_is_a_correction_corrects_the_one_before(said, meant):
    assert mended(said) == meant


@pytest.mark.parametrize(
    "said",
    [
        "Note that movies I like, comedies above all, are on tonight.",
        "Find movies I like, comedies above all.",
        "I love you, love, and I miss you",
        "Note that the doctor, I think, is ill.",
        "Tell Tom that people, like, him and me, may come.",
        "Remember that some birds, say, ducks, swim.",
    ],
)
def test_words_that_are_kept_for_somebody_are_no_fillers(said):
    assert mended(said) == said


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("Like, set a timer.", "set a timer."),
        ("Set, like, a timer.", "Set, a timer."),
        ("Could you, dear, stop it?", "Could you, stop it?"),
    ],
)
def test_fillers_between_pauses_go(said, meant):
    assert mended(said) == meant


def test_no_more_than_eight_corrections_are_followed():
    said = "volume " + "five, no, " * 12 + "six"

    assert mended(said).count("no") == 12 - MAX_CORRECTIONS


def test_behind_the_words_that_are_mended_all_stays_as_it_was_said():
    said = "word " * MAX_WORDS + "um, the the end"

    assert mended("um, " + said).endswith("um, the the end")


@given(st.text(max_size=80))
def test_what_has_words_keeps_words(said):
    made = mended(said)

    assert bool(tokenize(made)) == bool(tokenize(said)) or made == said
