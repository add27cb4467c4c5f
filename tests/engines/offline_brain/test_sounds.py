"""Words that sound alike."""

import pytest

from voice.engines.offline_brain.sounds import Sounds, sound_of


@pytest.mark.parametrize(
    ("one", "other"),
    [("called", "cold"), ("write", "right"), ("knight", "night"), ("liters", "leaders"),
     ("flour", "flower"), ("weather", "whether"), ("phone", "fone")],
)  # fmt: skip
def test_words_of_one_sound_agree(one, other):
    assert sound_of(one) == sound_of(other)


def test_other_words_do_not():
    assert sound_of("timer") != sound_of("alarm")


def test_one_word_may_have_been_heard_as_several():
    found = list(Sounds(["abandon"]).alternatives("a band in that job".split()))

    assert (0, 3, "abandon") in found


def test_numbers_are_among_what_was_heard_as_a_small_word():
    assert (0, 1, "two") in list(Sounds([]).alternatives("to hours".split()))


def test_a_word_is_no_alternative_to_itself():
    assert list(Sounds(["cancel"]).alternatives(["cancel"])) == []
