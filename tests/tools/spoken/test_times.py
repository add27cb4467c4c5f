from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from tools.spoken.times import ClockTime, parse_moment, parse_time, say_time

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 3, 4, 15, 0, tzinfo=BERLIN)  # a Wednesday


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("7 am", ClockTime(7, 0)), ("7:30 p.m.", ClockTime(19, 30)), ("seven a m", ClockTime(7, 0)),
        ("19:30", ClockTime(19, 30)), ("07:30", ClockTime(7, 30)), ("12 am", ClockTime(0, 0)),
        ("12 pm", ClockTime(12, 0)), ("noon", ClockTime(12, 0)), ("midnight", ClockTime(0, 0)),
        ("7", ClockTime(7, 0, True)), ("seven o'clock", ClockTime(7, 0, True)),
        ("half past six", ClockTime(6, 30, True)), ("half six", ClockTime(6, 30, True)),
        ("a quarter past ten", ClockTime(10, 15, True)),
        ("quarter to one", ClockTime(12, 45, True)), ("ten to eight pm", ClockTime(19, 50)),
        ("twenty past five", ClockTime(5, 20, True)), ("five minutes to noon", ClockTime(11, 55)),
        ("half past midnight", ClockTime(0, 30)), ("seven thirty", ClockTime(7, 30, True)),
        ("seven oh five", ClockTime(7, 5, True)), ("730 am", ClockTime(7, 30)),
        ("nineteen hundred", ClockTime(19, 0)), ("eight in the evening", ClockTime(20, 0)),
        ("ten p.m. tonight", ClockTime(22, 0)), ("three at night", ClockTime(3, 0)),
        ("eleven at night", ClockTime(23, 0)), ("1930", ClockTime(19, 30)),
    ],
)  # fmt: skip
def test_clock_times_are_read(text: str, clock: ClockTime) -> None:
    assert parse_time(text) == clock


@pytest.mark.parametrize("text", ["", "banana", "25:00", "7:75", "half past", "ten to",
                                  "seven thirty forty", "one and a half", "tomorrow"])  # fmt: skip
def test_what_is_no_clock_time_is_none(text: str) -> None:
    assert parse_time(text) is None


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("7 am", "03-05 07:00"), ("half past six", "03-04 18:30"), ("7", "03-04 19:00"),
        ("3", "03-05 03:00"), ("3:30", "03-04 15:30"), ("noon", "03-05 12:00"),
        ("tomorrow at 8", "03-05 08:00"), ("tomorrow at 3", "03-05 15:00"),
        ("8 tomorrow morning", "03-05 08:00"), ("tonight at ten", "03-04 22:00"),
        ("monday morning at 7", "03-09 07:00"), ("7 am on friday", "03-06 07:00"),
        ("next friday at noon", "03-13 12:00"), ("on the fifth at 9", "03-05 09:00"),
        ("december 24 at 6 pm", "12-24 18:00"), ("in ten minutes", "03-04 15:10"),
        ("an hour from now", "03-04 16:00"), ("2026-03-05T07:00", "03-05 07:00"),
        ("2026-03-05T07:00:00Z", "03-05 08:00"), ("wednesday at 2 pm", "03-11 14:00"),
        ("wednesday at 4 pm", "03-04 16:00"), ("today at 7 am", "03-04 07:00"),
        ("six thirty tomorrow evening", "03-05 18:30"), ("at half past 4 today", "03-04 16:30"),
        ("ten p.m. tonight", "03-04 22:00"), ("6:45 this evening", "03-04 18:45"),
    ],
)  # fmt: skip
def test_moments_are_read_from_wednesday_at_three(text: str, moment: str) -> None:
    read = parse_moment(text, NOW)

    assert read is not None
    assert read.strftime("%m-%d %H:%M") == moment
    assert read.tzinfo is BERLIN


@pytest.mark.parametrize("text", ["", "banana", "tomorrow", "friday morning", "2026-99-99T10:00",
                                  "in nine hundred billion weeks", "in a moment"])  # fmt: skip
def test_what_is_no_moment_is_none(text: str) -> None:
    assert parse_moment(text, NOW) is None


def test_a_time_that_the_clock_change_leaves_out_moves_on() -> None:
    eve = datetime(2026, 3, 28, 22, 0, tzinfo=BERLIN)

    moment = parse_moment("2:30 am", eve)

    assert moment is not None
    assert moment.isoformat() == "2026-03-29T03:30:00+02:00"


def test_hours_pass_truly_over_a_clock_change() -> None:
    eve = datetime(2026, 10, 24, 22, 0, tzinfo=BERLIN)

    moment = parse_moment("in eight hours", eve)

    assert moment is not None
    assert moment.isoformat() == "2026-10-25T05:00:00+01:00"


def test_in_the_hour_that_comes_twice_the_past_is_not_taken_for_the_future() -> None:
    second = datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=BERLIN)

    moment = parse_moment("2:45 am", second)

    assert moment is not None
    assert moment.astimezone(UTC) > second.astimezone(UTC)


def test_a_naive_now_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        parse_moment("7", datetime(2026, 3, 4))


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (time(15, 45), "3:45 PM"),
        (time(7, 0), "7 AM"),
        (time(12, 0), "noon"),
        (time(0, 0), "midnight"),
        (time(0, 5), "12:05 AM"),
        (time(12, 30), "12:30 PM"),
        (time(9, 5), "9:05 AM"),
    ],
)
def test_times_are_said(moment: time, text: str) -> None:
    assert say_time(moment) == text
