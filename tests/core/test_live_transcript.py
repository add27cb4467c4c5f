"""Guesses become text that only grows."""

from hypothesis import given
from hypothesis import strategies as st

from voice.core.live_transcript import LiveTranscript

WORDS = st.lists(st.sampled_from(["What", "what", "time.", "time", "is", "it?", "Rome"]))


def test_a_word_is_told_once_two_readings_agree_and_another_follows_it():
    live = LiveTranscript()
    assert live.guess("What time.") == ""
    assert live.guess("What time is.") == "What"
    assert live.guess("What time is it in") == " time"
    assert live.guess("What time is it in Rome?") == " is it in"
    assert live.finish("What time is it in Rome?") == " Rome?"
    assert live.told == "What time is it in Rome?"


def test_a_turn_without_guesses_is_told_at_its_end_whole():
    live = LiveTranscript()
    assert live.finish("Hello there.") == "Hello there."


def test_a_guess_that_differs_tells_nothing_new():
    live = LiveTranscript()
    live.guess("Turn of the light")
    assert live.guess("Turn off the light please") == "Turn"
    assert live.guess("Burn off the lights please now") == ""


def test_words_that_were_told_wrongly_are_followed_by_the_rest_of_the_true_ones():
    live = LiveTranscript()
    live.guess("I scream for you")
    live.guess("I scream for you now")
    assert live.told == "I scream for you"
    assert live.finish("Ice cream for you, now.") == " now."


def test_silence_tells_nothing():
    live = LiveTranscript()
    assert live.guess("") == ""
    assert live.finish("") == ""


@given(st.lists(WORDS, max_size=6), WORDS)
def test_deltas_concatenate_to_what_was_told_and_to_the_text_where_the_guesses_were_right(
    guesses, last
):
    live = LiveTranscript()
    deltas = [live.guess(" ".join(words)) for words in guesses]
    was_right = " ".join(last).startswith("".join(deltas))
    deltas.append(live.finish(" ".join(last)))
    assert "".join(deltas) == live.told
    if was_right:
        assert live.told == " ".join(last)
