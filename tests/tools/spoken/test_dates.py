from __future__ import annotations

from datetime import date

import pytest

from tools.spoken.dates import parse_day, say_date, say_day

WEDNESDAY = date(2026, 3, 4)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("today", "2026-03-04"), ("", "2026-03-04"), ("Tomorrow", "2026-03-05"),
        ("yesterday", "2026-03-03"), ("the day after tomorrow", "2026-03-06"),
        ("friday", "2026-03-06"), ("this friday", "2026-03-06"), ("next friday", "2026-03-13"),
        ("last friday", "2026-02-27"), ("wednesday", "2026-03-04"), ("next monday", "2026-03-09"),
        ("next wednesday", "2026-03-11"), ("a week from friday", "2026-03-13"),
        ("in three days", "2026-03-07"), ("in two weeks", "2026-03-18"),
        ("in a week", "2026-03-11"),
        ("three days from now", "2026-03-07"), ("ten days ago", "2026-02-22"),
        ("december 25", "2026-12-25"), ("25th of december", "2026-12-25"),
        ("the twenty fifth of december", "2026-12-25"), ("Dec 25th, 2027", "2027-12-25"),
        ("december twenty fifth twenty twenty seven", "2027-12-25"), ("march 3", "2027-03-03"),
        ("feb 29", "2028-02-29"), ("the fifth", "2026-03-05"), ("the 2nd", "2026-04-02"),
        ("the 31st", "2026-03-31"), ("on friday", "2026-03-06"), ("christmas", "2026-12-25"),
        ("new year's eve", "2026-12-31"), ("2026-12-25", "2026-12-25"),
        ("monday, march ninth", "2026-03-09"),
    ],
)  # fmt: skip
def test_days_are_read(text: str, day: str) -> None:
    assert parse_day(text, WEDNESDAY) == date.fromisoformat(day)


@pytest.mark.parametrize(
    "text", ["banana", "february 30", "2026-13-01", "may", "25", "in ages",
             "in one and a half days",
             "in nine hundred billion days", "december 25 99999999", "friday banana", "the 40th"]
)  # fmt: skip
def test_what_is_no_day_is_none(text: str) -> None:
    assert parse_day(text, WEDNESDAY) is None


def test_dates_are_said_with_a_year_only_where_it_helps() -> None:
    assert say_date(date(2026, 3, 2), today=WEDNESDAY) == "Monday, March 2nd"
    assert say_date(date(2027, 3, 3), today=WEDNESDAY) == "Wednesday, March 3rd, 2027"
    assert say_date(date(2026, 3, 2)) == "Monday, March 2nd, 2026"


@pytest.mark.parametrize(
    ("day", "text"),
    [(3, "yesterday"), (4, "today"), (5, "tomorrow"), (7, "on Saturday"), (11, "on Wednesday, "
     "March 11th")],
)  # fmt: skip
def test_near_days_are_named(day: int, text: str) -> None:
    assert say_day(date(2026, 3, day), WEDNESDAY) == text
