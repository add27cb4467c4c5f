import pytest

from voice.engines.offline_brain.entities import Kind, duration_text, find_entities
from voice.engines.offline_brain.tokens import tokenize, words_of


def found(said: str, kind: Kind) -> list[str]:
    return [e.text for e in find_entities(words_of(tokenize(said))) if e.kind is kind]


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("set a timer for ten minutes", "10 minutes"),
        ("for half an hour please", "30 minutes"),
        ("a quarter of an hour", "15 minutes"),
        ("an hour and a half", "1 hour 30 minutes"),
        ("one and a half hours", "1 hour 30 minutes"),
        ("an hour and twenty minutes", "1 hour 20 minutes"),
        ("90 seconds", "90 seconds"),
        ("a twenty-five minute timer", "25 minutes"),
        ("one minute and 30 seconds", "1 minute 30 seconds"),
        ("2 h", "2 hours"),
        ("a couple of minutes", "2 minutes"),
        ("three days", "3 days"),
    ],
)
def test_durations_are_found(said, text):
    assert found(said, Kind.DURATION) == [text]


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("at half past six", "6:30"),
        ("quarter to nine", "8:45"),
        ("a quarter past 1", "1:15"),
        ("ten to one", "12:50"),
        ("twenty minutes past seven", "7:20"),
        ("at 7:30 p.m.", "7:30 pm"),
        ("at 8 pm", "8:00 pm"),
        ("seven thirty", "7:30"),
        ("seven oh five", "7:05"),
        ("seven o'clock", "7:00"),
        ("at six in the morning", "6:00 am"),
        ("at nine tonight", "9:00 pm"),
        ("19:45", "19:45"),
        ("at noon", "12:00 pm"),
        ("midnight", "12:00 am"),
        ("at eight", "8:00"),
        ("twelve am", "12:00 am"),
        ("tomorrow morning at 7", "7:00 am"),
        ("tonight at eight", "8:00 pm"),
        ("in the morning at 8", "8:00 am"),
        ("monday evening at half past six", "6:30 pm"),
    ],
)
def test_times_are_found(said, text):
    assert found(said, Kind.TIME) == [text]


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("what about tomorrow", "tomorrow"),
        ("the day after tomorrow", "day after tomorrow"),
        ("next Friday", "next friday"),
        ("on Monday morning", "monday morning"),
        ("July 4th", "july 4"),
        ("the 4th of July 2027", "july 4 2027"),
        ("the twenty first of May", "may 21"),
        ("in three days", "in 3 days"),
        ("two weeks from now", "in 2 weeks"),
        ("next week", "next week"),
        ("2027-01-05", "2027-01-05"),
    ],
)
def test_dates_are_found(said, text):
    assert found(said, Kind.DATE) == [text]


def test_units_are_found():
    assert found("10 miles to kilometers", Kind.UNIT) == ["miles", "kilometers"]
    assert found("70 degrees Fahrenheit in celsius", Kind.UNIT) == ["fahrenheit", "celsius"]
    assert found("5 square meters at 3 miles per hour", Kind.UNIT) == [
        "square meters",
        "miles per hour",
    ]


def test_numbers_keep_their_percent():
    (number,) = [e for e in find_entities(["volume", "50", "percent"]) if e.kind is Kind.NUMBER]

    assert (number.value, number.start, number.end) == (50, 1, 3)


def test_durations_are_written_in_words():
    assert duration_text(4800) == "1 hour 20 minutes"
    assert duration_text(0) == "0 seconds"


def test_a_smaller_unit_may_follow_with_its_number():
    found = find_entities("six foot two in metres".split())

    assert [e.text for e in found if e.kind is Kind.UNIT] == ["foot two", "metres"]


def test_a_word_may_stand_between_a_number_and_its_unit():
    found = find_entities("ten more minutes".split())

    assert [e.text for e in found if e.kind is Kind.DURATION] == ["10 minutes"]
