import pytest

from voice.engines.offline_brain.numbers import format_number, read_number
from voice.engines.offline_brain.tokens import tokenize, words_of


@pytest.mark.parametrize(
    ("said", "value", "count"),
    [
        ("five minutes", 5, 1),
        ("twenty five minutes", 25, 2),
        ("twenty-five", 25, 2),
        ("ninety", 90, 1),
        ("a hundred and five euros", 105, 4),
        ("one hundred", 100, 2),
        ("two hundred minus", 200, 2),
        ("three thousand two hundred and one", 3201, 6),
        ("two million", 2_000_000, 2),
        ("1,250 grams", 1250, 1),
        ("3.5 km", 3.5, 1),
        ("5 million", 5_000_000, 2),
        ("two and a half hours", 2.5, 4),
        ("one and a quarter", 1.25, 4),
        ("three quarters", 0.75, 2),
        ("half an hour", 0.5, 1),
        ("a half", 0.5, 2),
        ("one point five", 1.5, 3),
        ("three point one four", 3.14, 4),
        ("minus five", -5, 2),
        ("a dozen eggs", 12, 2),
        ("one and two", 1, 1),
        ("five and six", 5, 1),
        ("seven thirty", 7, 1),
    ],
)
def test_numbers_are_read_to_their_end(said, value, count):
    assert read_number(words_of(tokenize(said)), 0) == (value, count)


@pytest.mark.parametrize("said", ["a cat", "and five", "milk", "the", "", "hundred", "point five"])
def test_what_is_no_number_is_none(said):
    assert read_number(words_of(tokenize(said)), 0) is None


def test_numbers_are_written_plainly():
    assert [format_number(v) for v in (5.0, 2.5, 1 / 3, -0.25)] == ["5", "2.5", "0.333333", "-0.25"]
