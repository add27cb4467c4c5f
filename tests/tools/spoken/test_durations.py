from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.spoken.durations import parse_duration, say_duration, say_remaining


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("ten minutes", 600), ("10 min", 600), ("10-minute", 600), ("PT10M", 600), ("600", 600),
        (600, 600), ("an hour and a half", 5400), ("one and a half hours", 5400),
        ("1.5 hours", 5400), ("1h30m", 5400), ("1:30:00", 5400), ("one hour thirty", 5400),
        ("half an hour", 1800), ("half hour", 1800), ("a quarter of an hour", 900),
        ("three quarters of an hour", 2700), ("an hour and a quarter", 4500),
        ("a minute and a half", 90), ("1:30", 90), ("two minutes thirty", 150),
        ("two hours and twenty minutes and five seconds", 8405), ("a couple of minutes", 120),
        ("twenty five minutes", 1500), ("45 secs", 45), ("a day and a half", 129_600),
        ("two weeks", 1_209_600), ("ten minutes from now", 600), ("in five minutes", 300),
        ("a ten minute timer", 600), ("P1DT2H", 93_600),
    ],
)  # fmt: skip
def test_durations_are_read(text: str | int, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "five", "banana", "a few minutes", "minutes", "ten bananas", "P", "and", "half"]
)
def test_what_is_no_duration_is_none(text: str) -> None:
    assert parse_duration(text) is None


@given(st.integers(min_value=1, max_value=30 * 86_400))
def test_a_spoken_duration_reads_back(seconds: int) -> None:
    assert parse_duration(say_duration(seconds)) == seconds


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (1, "one second"),
        (90, "one minute and thirty seconds"),
        (3600, "one hour"),
        (97_265, "one day, three hours, one minute and five seconds"),
        (0, "no time"),
    ],
)
def test_durations_are_said(seconds: float, text: str) -> None:
    assert say_duration(seconds) == text


def test_what_remains_of_hours_is_said_without_seconds() -> None:
    assert say_remaining(3_725) == "one hour and two minutes"
    assert say_remaining(125) == "two minutes and five seconds"
    assert say_remaining(0.2) == "one second"
