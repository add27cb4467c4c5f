import pytest

from voice.engines.word_times import owners_of_spoken_words

ALONE = {"3:45": 3, "PM,": 1, "10/12/2024": 3}


def alone(word):
    return ALONE.get(word, 1)


@pytest.mark.parametrize(
    ("source", "spoken", "owners"),
    [
        ("what time is it", "what time is it", [0, 1, 2, 3]),
        ("at 3:45 PM, or so", "at three forty five P.M., or so", [0, 1, 1, 1, 2, 3, 4]),
        ("5 km away", "5 kilometers away", [0, 1, 2]),
        ("on 10/12/2024 then", "on October twelfth, 2024 then", [0, 1, 1, 1, 2]),
        ("a | b", "a b", [0, 2]),
        ("one two three", "x y z w v u", [0, 0, 1, 1, 2, 2]),
        ("word", "word extra", [0, 0]),
        ("", "", []),
        ("", "ghost", [None]),
    ],
)
def test_each_spoken_word_is_traced_to_its_word_in_the_text(source, spoken, owners):
    assert owners_of_spoken_words(source.split(), spoken.split(), alone) == owners
