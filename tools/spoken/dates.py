"""Days in words: "tomorrow", "next friday", "the 25th of december", and back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta

from tools.spoken.numbers import ordinal, read_number, read_ordinal, words_of

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip
_MONTH = {name: number for number, name in enumerate(MONTHS, start=1)} | {
    name[:3]: number for number, name in enumerate(MONTHS, start=1)
} | {"sept": 9}  # fmt: skip
_WEEKDAY = {name: number for number, name in enumerate(WEEKDAYS)} | {
    "mon": 0, "tue": 1, "tues": 1, "wed": 2, "thu": 3, "thurs": 3, "fri": 4, "sat": 5, "sun": 6,
}  # fmt: skip
_FEASTS = {
    "christmas": (12, 25), "christmas day": (12, 25), "christmas eve": (12, 24),
    "boxing day": (12, 26), "new year": (1, 1), "new year's day": (1, 1), "new years day": (1, 1),
    "new year's eve": (12, 31), "new years eve": (12, 31), "halloween": (10, 31),
    "valentine's day": (2, 14), "valentines day": (2, 14),
}  # fmt: skip
_RELATIVE = {
    "": 0, "today": 0, "now": 0, "this day": 0, "tonight": 0, "tomorrow": 1, "yesterday": -1,
    "the day after tomorrow": 2, "day after tomorrow": 2, "overmorrow": 2,
    "the day before yesterday": -2, "day before yesterday": -2,
    "next week": 7, "a week from today": 7, "a week from now": 7, "last week": -7,
    "a week from tomorrow": 8, "a week ago": -7,
}  # fmt: skip
_DAYS_PER = {"day": 1, "days": 1, "week": 7, "weeks": 7, "fortnight": 14}


def parse_day(text: str | Sequence[str], today: date) -> date | None:
    """Return the date that words name, seen from ``today``.

    "friday" and "this friday" are the coming one (today, on a Friday), "next friday" is the one of
    the next week, weeks beginning on Monday. A day and month without a year is the coming one.
    ISO dates are understood as well; an impossible date ("february 30") is not.
    """
    if isinstance(text, str):
        iso = re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})", text.strip())
        if iso:
            return _date(*(int(part) for part in iso.groups()))
        words = words_of(text)
    else:
        words = list(text)
    words = [word for word in words if word not in ("on", "please")]
    phrase = " ".join(words)
    if phrase in _RELATIVE:
        return _shift(today, _RELATIVE[phrase])
    if phrase in _FEASTS:
        return _coming(*_FEASTS[phrase], today)
    return _weekday(words, today) or _in_days(words, today) or _month_day(words, today)


def say_date(day: date, *, today: date | None = None) -> str:
    """Write "Monday, March 2nd", with the year where it is not that of ``today``."""
    text = f"{WEEKDAYS[day.weekday()].title()}, {MONTHS[day.month - 1].title()} {ordinal(day.day)}"
    return text if today is not None and day.year == today.year else f"{text}, {day.year}"


def say_day(day: date, today: date) -> str:
    """Write a day as people name it from ``today``: "today", "tomorrow", "on Friday"."""
    distance = (day - today).days
    if distance == 0:
        return "today"
    if distance == 1:
        return "tomorrow"
    if distance == -1:
        return "yesterday"
    if 1 < distance < 7:
        return f"on {WEEKDAYS[day.weekday()].title()}"
    return f"on {say_date(day, today=today)}"


def _weekday(words: list[str], today: date) -> date | None:
    """Read "friday", "this", "next" and "last friday", "a week from friday", "friday week"."""
    if not words or words[-1] not in _WEEKDAY:
        return None
    target = _WEEKDAY[words[-1]]
    ahead = (target - today.weekday()) % 7
    match words[:-1]:
        case [] | ["this"] | ["coming"] | ["this", "coming"] | ["the", "coming"]:
            return _shift(today, ahead)
        case ["next"]:
            return _shift(today, 7 - today.weekday() + target)
        case ["last"]:
            return _shift(today, ahead - 7)
        case ["a", "week", "from"]:
            return _shift(today, ahead + 7)
        case _:
            return None


def _in_days(words: list[str], today: date) -> date | None:
    """Read "in three days", "two weeks from now", "ten days ago"."""
    sign = 1
    match words:
        case ["in", *middle] | [*middle, "from", "now"] | [*middle, "from", "today"]:
            pass
        case [*middle, "ago"]:
            sign = -1
        case _:
            return None
    if not middle or middle[-1] not in _DAYS_PER:
        return None
    count = (1, 1) if middle[:-1] in (["a"], ["one"]) else read_number(middle)
    if count is None or count[1] != len(middle) - 1 or count[0] != int(count[0]):
        return None
    return _shift(today, sign * int(count[0]) * _DAYS_PER[middle[-1]])


def _month_day(words: list[str], today: date) -> date | None:
    """Read "december 25 [2026]", "the 25th of december", "december twenty fifth", "the 5th"."""
    if words and words[0] in _WEEKDAY:
        words = words[1:]
    if words and words[0] in _MONTH:
        day = _read_day(words, 1)
        return None if day is None else _with_year(words, day[1], _MONTH[words[0]], day[0], today)
    day = _read_day(words, 0)
    if day is None:
        return None
    number, index = day
    if index < len(words) and words[index] == "of":
        index += 1
    if index < len(words) and words[index] in _MONTH:
        return _with_year(words, index + 1, _MONTH[words[index]], number, today)
    is_ordinal = read_ordinal(words, 0) is not None
    return _coming_day_of_month(number, today) if is_ordinal and index == len(words) else None


def _read_day(words: list[str], index: int) -> tuple[int, int] | None:
    read = read_ordinal(words, index) or read_number(words, index)
    if read is None or read[0] != int(read[0]) or not 1 <= read[0] <= 31:
        return None
    return int(read[0]), read[1]


def _with_year(words: list[str], index: int, month: int, day: int, today: date) -> date | None:
    if index == len(words):
        return _coming(month, day, today)
    read = read_number(words, index)
    if read is None:
        return None
    year, index = read
    if year in (19, 20) and index < len(words):
        # "twenty twenty six": the century and the rest.
        rest = read_number(words, index)
        if rest is not None:
            year, index = year * 100 + rest[0], rest[1]
    if index != len(words) or year != int(year):
        return None
    return _date(int(year), month, day)


def _coming(month: int, day: int, today: date) -> date | None:
    """Return the next such day, looking ahead far enough for February 29."""
    for year in range(today.year, today.year + 9):
        found = _date(year, month, day)
        if found is not None and found >= today:
            return found
    return None


def _coming_day_of_month(day: int, today: date) -> date | None:
    year, month = today.year, today.month
    for _ in range(3):
        found = _date(year, month, day)
        if found is not None and found >= today:
            return found
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return None


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _shift(today: date, days: int) -> date | None:
    try:
        return today + timedelta(days=days)
    except OverflowError:
        return None
