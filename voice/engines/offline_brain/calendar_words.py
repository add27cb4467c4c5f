"""Times of day and dates as people say them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from voice.engines.offline_brain.numbers import ORDINALS, format_number, read_number

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip
_SHORT_MONTHS = {month[:3]: month for month in MONTHS} | {"sept": "september"}
_NEAR = frozenset({"next", "this", "last", "coming", "upcoming"})
_SPANS = frozenset({"week", "weekend", "month", "year"})
_HOLIDAYS = tuple(
    tuple(name.split())
    for name in (
        "christmas eve", "christmas day", "christmas", "boxing day", "new year eve",
        "new year day", "new year", "halloween", "easter sunday", "easter monday", "easter",
        "thanksgiving", "valentine day", "mother day", "father day", "independence day",
    )
)  # fmt: skip
_SUFFIXES = frozenset({"st", "nd", "rd", "th"})
_DAY_PARTS = frozenset({"morning", "afternoon", "evening", "night"})
HALVES = {"morning": "am", "afternoon": "pm", "evening": "pm", "night": "pm", "tonight": "pm"}
"""The half of the day that a word tells."""


@dataclass(frozen=True, slots=True)
class ClockTime:
    """A time of day that ends before word ``end``.

    ``minutes`` counts from midnight, in the first half of the day where nothing says which.
    """

    text: str
    minutes: float
    end: int
    weak: bool


def _word(words: Sequence[str], at: int) -> str:
    return words[at] if 0 <= at < len(words) else ""


def read_time(words: Sequence[str], start: int) -> ClockTime | None:
    """Read a time of day that begins at ``start``: "half past six", "7:30 pm", "noon", "eight".

    A lone number is a weak reading. "tonight" and "in the evening" decide the half of the day.
    """
    named = {"noon": 720, "midday": 720, "midnight": 0}.get(_word(words, start))
    if named is not None:
        return ClockTime("12:00 pm" if named else "12:00 am", named, start + 1, weak=False)
    read = _relative(words, start) or _clock(words, start)
    if read is None:
        return None
    hour, minute, end, weak = read
    half, end = _half_of_day(words, end)
    if half:
        weak = False
    if hour > 12 or (hour == 0 and not half):
        return ClockTime(f"{hour}:{minute:02}", hour * 60 + minute, end, weak)
    text = f"{hour}:{minute:02}" + (f" {half}" if half else "")
    of_day = (hour % 12 + (12 if half == "pm" else 0)) if half else hour
    return ClockTime(text, of_day * 60 + minute, end, weak)


def _relative(words: Sequence[str], start: int) -> tuple[int, int, int, bool] | None:
    """Read "half past six", "quarter to nine", "ten [minutes] past eight"."""
    at = start + 1 if _word(words, start) == "a" else start
    amount: float | None
    if _word(words, at) in ("half", "quarter"):
        amount, at = (30 if words[at] == "half" else 15), at + 1
    else:
        number = read_number(words, at)
        amount, at = number if number else (None, at)
        if _word(words, at) in ("minutes", "minute"):
            at += 1
    way = _word(words, at)
    if amount is None or amount != int(amount) or not 0 < amount < 60:
        return None
    if way not in ("past", "after", "to", "before", "till"):
        return None
    hour = _hour(words, at + 1)
    if hour is None:
        return None
    if way in ("past", "after"):
        return hour[0], int(amount), hour[1], False
    return (hour[0] - 1) % 12 or 12, 60 - int(amount), hour[1], False


def _hour(words: Sequence[str], at: int) -> tuple[int, int] | None:
    number = read_number(words, at)
    if number is None or number[0] != int(number[0]) or not 0 <= number[0] <= 24:
        return None
    end = number[1]
    return int(number[0]) % 24, end + 1 if _word(words, end) == "o'clock" else end


def _clock(words: Sequence[str], start: int) -> tuple[int, int, int, bool] | None:
    """Read "7:30", "7.30 am", "seven thirty", "seven oh five", "7 o'clock", "7"."""
    digits = _word(words, start)
    parts = digits.replace(".", ":").split(":")
    dotted = "." in digits and _word(words, start + 1) in ("am", "pm")
    if len(parts) >= 2 and all(p.isdigit() for p in parts) and (":" in digits or dotted):
        hour, minute = int(parts[0]), int(parts[1])
        return (hour, minute, start + 1, False) if hour < 25 and minute < 60 else None
    hour_read = _hour(words, start)
    if hour_read is None:
        return None
    whole, end = hour_read
    if _word(words, end - 1) == "o'clock":
        return whole, 0, end, False
    if _word(words, end) in ("oh", "o") and (one := read_number(words, end + 1)):
        return whole, int(one[0]) % 60, one[1], False
    minute_read = read_number(words, end)
    if minute_read and whole and 10 <= minute_read[0] < 60 and minute_read[0].is_integer():
        return whole, int(minute_read[0]), minute_read[1], False
    return whole, 0, end, True


def _half_of_day(words: Sequence[str], at: int) -> tuple[str, int]:
    """Return "am", "pm" or "" and the end, from "pm", "in the evening", "at night", "tonight"."""
    word = _word(words, at)
    if word in ("am", "pm"):
        return word, at + 1
    if word == "tonight":
        return "pm", at + 1
    if word == "at" and _word(words, at + 1) == "night":
        return "pm", at + 2
    lead = 2 if word == "in" and _word(words, at + 1) == "the" else 1 if word == "this" else 0
    if lead and _word(words, at + lead) in _DAY_PARTS:
        return ("am" if words[at + lead] == "morning" else "pm"), at + lead + 1
    return "", at


def read_date(words: Sequence[str], start: int) -> tuple[str, int] | None:
    """Read a date that begins at ``start``; return its plain words and its end.

    Reads "today", "the day after tomorrow", "next friday", "july 4th 2027", "the fifth of may",
    "in three days", "next week", "2027-01-05", each with "morning" and the like after it.
    """
    read = (
        _near_day(words, start)
        or _month_day(words, start)
        or _day_of_month(words, start)
        or _in_days(words, start)
    )
    if read is None:
        return None
    text, end = read
    if _word(words, end) in _DAY_PARTS:
        text, end = f"{text} {words[end]}", end + 1
    return text, end


def _near_day(words: Sequence[str], start: int) -> tuple[str, int] | None:
    word = _word(words, start)
    at = start + 1 if word == "the" else start
    if tuple(words[at : at + 3]) in {
        ("day", "after", "tomorrow"),
        ("day", "before", "yesterday"),
    }:
        return " ".join(words[at : at + 3]), at + 3
    if word in ("today", "tomorrow", "yesterday", "tonight"):
        return word, start + 1
    if word in WEEKDAYS:
        return word, start + 1
    for holiday in _HOLIDAYS:
        if tuple(words[start : start + len(holiday)]) == holiday:
            return " ".join(holiday), start + len(holiday)
    if word in _NEAR and (_word(words, start + 1) in WEEKDAYS or words[start + 1 : start + 2]):
        following = _word(words, start + 1)
        if following in WEEKDAYS or following in _SPANS or following in _DAY_PARTS:
            return f"{word} {following}", start + 2
    if word == "the" and _word(words, start + 1) == "weekend":
        return "the weekend", start + 2
    if len(word) >= 8 and word[:4].isdigit() and word.count("-") == 2:
        return word, start + 1
    return (word, start + 1) if word[:1].isdigit() and word.count("/") == 2 else None


def _month(word: str) -> str | None:
    return word if word in MONTHS else _SHORT_MONTHS.get(word)


def _day_number(words: Sequence[str], at: int) -> tuple[int, int] | None:
    """Read a day of a month: "4", "4th", "fourth", "twenty first"."""
    word = _word(words, at)
    if word in ORDINALS:
        return ORDINALS[word], at + 1
    if word in ("twenty", "thirty") and _word(words, at + 1) in ORDINALS:
        return (20 if word == "twenty" else 30) + ORDINALS[words[at + 1]], at + 2
    number = read_number(words, at)
    if number is None or not number[0].is_integer() or not 1 <= number[0] <= 31:
        return None
    end = number[1]
    return int(number[0]), end + 1 if _word(words, end) in _SUFFIXES else end


def _year(words: Sequence[str], at: int) -> tuple[str, int]:
    word = _word(words, at)
    return (f" {word}", at + 1) if len(word) == 4 and word.isdigit() else ("", at)


def _month_day(words: Sequence[str], start: int) -> tuple[str, int] | None:
    month = _month(_word(words, start))
    if month is None:
        return None
    at = start + 2 if _word(words, start + 1) == "the" else start + 1
    day = _day_number(words, at)
    if day is None:
        return None
    year, end = _year(words, day[1])
    return f"{month} {day[0]}{year}", end


def _day_of_month(words: Sequence[str], start: int) -> tuple[str, int] | None:
    at = start + 1 if _word(words, start) == "the" else start
    day = _day_number(words, at)
    if day is None:
        return None
    at = day[1] + 1 if _word(words, day[1]) == "of" else day[1]
    month = _month(_word(words, at))
    if month is None:
        return None
    year, end = _year(words, at + 1)
    return f"{month} {day[0]}{year}", end


def _in_days(words: Sequence[str], start: int) -> tuple[str, int] | None:
    """Read "in three days" and "two weeks from now"."""
    leading = _word(words, start) == "in"
    number = read_number(words, start + leading)
    if number is None or _word(words, number[1]) not in _DAYS:
        return None
    end = number[1] + 1
    said = f"{format_number(number[0])} {words[number[1]]}"
    if leading:
        return f"in {said}", end
    if tuple(words[end : end + 2]) == ("from", "now"):
        return f"in {said}", end + 2
    if _word(words, end) == "ago":
        return f"{said} ago", end + 1
    return None


_DAYS = frozenset("day days week weeks month months year years".split())
