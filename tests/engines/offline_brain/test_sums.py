import pytest

from voice.engines.offline_brain.entities import Kind, find_entities
from voice.engines.offline_brain.sums import read_sum
from voice.engines.offline_brain.tokens import tokenize, words_of


def sums(said: str) -> list[str]:
    entities = find_entities(words_of(tokenize(said)))
    return [e.text for e in entities if e.kind is Kind.EXPRESSION]


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("what is twelve times nine", "12 * 9"),
        ("15 percent of 80", "15% of 80"),
        ("144 divided by 12", "144 / 12"),
        ("the square root of eighty one", "square root of 81"),
        ("3 + 4 * 2", "3 + 4 * 2"),
        ("two to the power of ten", "2 ^ 10"),
        ("five squared plus 1", "5 ^ 2 + 1"),
        ("minus three plus 4", "- 3 + 4"),
        ("2.5 x 4", "2.5 * 4"),
        ("what's half of 90", "half of 90"),
        ("add up 45 and 67", "add 45 and 67"),
        ("divide 100 by eight", "divide 100 by 8"),
        ("the sum of 12 and thirty", "sum of 12 and 30"),
        ("seven factorial", "7 factorial"),
    ],
)
def test_sums_are_found(said, text):
    assert sums(said) == [text]


@pytest.mark.parametrize("said", ["what is love", "five", "minus five", "two apples", "plus"])
def test_what_is_no_sum_is_not_found(said):
    assert sums(said) == []


def test_a_sum_ends_where_its_words_end():
    assert read_sum("5 plus 3 apples".split(), 0) == ("5 + 3", 3)
    assert read_sum("5 plus 3 apples".split(), 3) is None


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("take 8 from 20", "20 - 8"),
        ("seven eights", "7 * 8"),
        ("the square of 12", "12 ^ 2"),
        ("split a bill of 90 between 5 people", "90 / 5"),
        ("share up the bill of 90 between the 5 friends", "90 / 5"),
        ("starting with 40 euros and you take away 15", "40 - 15"),
        ("6 tickets at 9 dollars each", "6 * 9"),
        ("got 40 and spend 15", "40 - 15"),
        ("30 add 12", "30 + 12"),
        ("25 percent off 80", "25% off 80"),
    ],
)
def test_sums_told_as_little_stories(said, expected):
    words = said.split()

    assert read_sum(words, 0) == (expected, len(words))


def test_a_story_is_read_however_much_follows_it():
    words = ["take", "9", "from", "31", *["and", "7"] * 300]

    assert read_sum(words, 0) == ("31 - 9", 4)


def test_a_story_longer_than_people_tell_them_is_none():
    apart = ["at"] * 400

    assert read_sum(["have", "40", "euros", "and", *apart, "spend", "15"], 0) is None
