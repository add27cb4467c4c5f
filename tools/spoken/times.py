"""Clock times in words: "half past six", "7:30 pm", "tomorrow at eight", and back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from tools.spoken.dates import parse_day
from tools.spoken.durations import parse_duration
from tools.spoken.numbers import read_number, words_of

_MERIDIEM = re.compile(r"(?<![a-z])([ap])(?:\.\s?|\s)?m\b\.?", re.IGNORECASE)
_CLOCK = re.compile(r"(?<!\d)(\d{1,2})[:.h](\d{2})(?::(\d{2}))?(?!\d)")
_PARTS_OF_DAY = (
    (("in", "the", "morning"), "am"), (("this", "morning"), "am"), (("morning",), "am"),
    (("in", "the", "afternoon"), "pm"), (("this", "afternoon"), "pm"), (("afternoon",), "pm"),
    (("in", "the", "evening"), "pm"), (("this", "evening"), "pm"), (("evening",), "pm"),
    (("at", "night"), "night"), (("in", "the", "night"), "night"), (("tonight",), "night"),
    (("night",), "night"), (("am",), "am"), (("pm",), "pm"),
)  # fmt: skip
_TODAY = frozenset({"this", "tonight"})
_NAMED = {"noon": (12, 0), "midday": (12, 0), "midnight": (0, 0)}
_CONNECTORS = frozenset({"at", "on", "for", "by", "around", "about", "the", "please", "o'clock",
                         "oclock", "o", "clock", "sharp", "hours"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class ClockTime:
    """A time of day; where ``is_ambiguous`` the hour (1 to 12) may be in either half of the day."""

    hour: int
    minute: int
    is_ambiguous: bool = False

    def readings(self) -> tuple[time, ...]:
        """Return the times it may mean, the earlier first."""
        if not self.is_ambiguous:
            return (time(self.hour, self.minute),)
        early = self.hour % 12
        return (time(early, self.minute), time(early + 12, self.minute))

    def likely(self) -> time:
        """Choose for a day that is not today: mornings from five to eleven, else afternoon."""
        early, *late = self.readings()
        return early if not late or 5 <= early.hour <= 11 else late[0]


def parse_time(text: str) -> ClockTime | None:
    """Return the time of day that a whole text names, without a day."""
    words, half, _ = _take_part_of_day(_normalised(text))
    return _read_time(words, half)


def parse_moment(text: str, now: datetime) -> datetime | None:
    """Return the aware moment that a text names, seen from ``now``, in the zone of ``now``.

    Without a day it is the next such time ("7" said at 3 PM is 7 PM). With a day and no half of
    the day, the hours from 5 to 11 are in the morning and the others after noon. "in ten minutes"
    and ISO 8601 are understood. A time that a clock change leaves out moves on by the change.
    None where the text is not understood or names no time of day; a moment of today may be past.
    """
    if now.tzinfo is None:
        raise ValueError("now is aware")
    iso = _parse_iso(text, now)
    if iso is not None:
        return iso
    later = _parse_later(text, now)
    if later is not None:
        return later
    words, half, is_today = _take_part_of_day(_normalised(text))
    clock = _read_time(words, half)
    if clock is not None:
        return _on_day(clock, now.date(), now) if is_today else _next(clock, now)
    for day, rest in _days_in(words, now.date()):
        clock = _read_time(rest, half)
        if clock is not None:
            moment = _on_day(clock, day, now)
            is_weekday_today = day == now.date() and "today" not in words
            if is_weekday_today and not _is_after(moment, now):
                return _on_day(clock, day + timedelta(days=7), now)
            return moment
    return None


def say_time(moment: datetime | time) -> str:
    """Write a time of day for a voice: "3:45 PM", "7 AM", "noon", "midnight"."""
    if (moment.hour, moment.minute) == (12, 0):
        return "noon"
    if (moment.hour, moment.minute) == (0, 0):
        return "midnight"
    minutes = f":{moment.minute:02d}" if moment.minute else ""
    return f"{moment.hour % 12 or 12}{minutes} {'AM' if moment.hour < 12 else 'PM'}"


def _normalised(text: str) -> list[str]:
    """Split into words; "7:30" becomes "7 30", "a.m." becomes "am", "07:00" keeps its zero."""
    text = _MERIDIEM.sub(r" \1m ", text.lower())
    return words_of(_CLOCK.sub(r" \1 \2 ", text))


def _take_part_of_day(words: list[str]) -> tuple[list[str], str | None, bool]:
    """Take "in the evening", "pm" and the like out; return the rest, the half, and "is today".

    Where two are said ("ten pm tonight") am and pm, the last of the table, decide.
    """
    half: str | None = None
    is_today = False
    for phrase, meaning in _PARTS_OF_DAY:
        for start in range(len(words) - len(phrase) + 1):
            if tuple(words[start : start + len(phrase)]) == phrase:
                words = words[:start] + words[start + len(phrase) :]
                half = meaning
                is_today = is_today or phrase[0] in _TODAY
                break
    return words, half, is_today


def _read_time(words: Sequence[str], half: str | None) -> ClockTime | None:
    words = [word for word in words if word not in _CONNECTORS]
    if len(words) == 1 and words[0] in _NAMED:
        return ClockTime(*_NAMED[words[0]])
    read = _read_relative(words) or _read_digits(words) or _read_plain(words)
    if read is None:
        return None
    hour, minute, is_exact = read
    if not (0 <= hour <= 24 and 0 <= minute <= 59):
        return None
    return _in_half(hour % 24, minute, half, is_exact=is_exact)


def _in_half(hour: int, minute: int, half: str | None, *, is_exact: bool) -> ClockTime:
    if hour == 0 or hour > 12:
        return ClockTime(hour, minute)
    if half is None:
        return ClockTime(hour, minute, is_ambiguous=not is_exact)
    if half == "night":
        half = "pm" if 5 < hour < 12 else "am"
    return ClockTime(hour % 12 + (12 if half == "pm" else 0), minute)


def _read_relative(words: Sequence[str]) -> tuple[int, int, bool] | None:
    """Read "half past six", "quarter to nine", "twenty past five", "half seven"."""
    if not words:
        return None
    if words[0] == "half" and len(words) == 2 and words[1] != "past":
        words = ["half", "past", words[1]]
    start = 1 if words[0] == "a" else 0
    if words[start : start + 1] == ["quarter"]:
        minutes, index = 15, start + 1
    elif words[0] == "half":
        minutes, index = 30, 1
    else:
        read = read_number(words)
        if read is None or read[0] not in range(1, 60):
            return None
        minutes, index = int(read[0]), read[1]
        if words[index : index + 1] in (["minutes"], ["minute"]):
            index += 1
    if index >= len(words) or words[index] not in ("past", "after", "to", "till", "before", "of"):
        return None
    is_before = words[index] not in ("past", "after")
    rest = words[index + 1 :]
    if len(rest) == 1 and rest[0] in _NAMED:
        hour = _NAMED[rest[0]][0]
        return ((hour - 1) % 24, 60 - minutes, True) if is_before else (hour, minutes, True)
    hour_read = read_number(rest)
    if hour_read is None or hour_read[1] != len(rest) or hour_read[0] not in range(1, 13):
        return None
    hour = int(hour_read[0])
    return ((hour - 1) or 12, 60 - minutes, False) if is_before else (hour, minutes, False)


def _read_digits(words: Sequence[str]) -> tuple[int, int, bool] | None:
    """Read "07 30", "1930", "730"; a leading zero tells the 24-hour clock."""
    if not words or not all(word.isdigit() for word in words) or len(words) > 2:
        return None
    first = words[0]
    if len(words) == 2:
        if len(first) > 2 or len(words[1]) != 2:
            return None
        return int(first), int(words[1]), first.startswith("0")
    if len(first) in (3, 4):
        return int(first[:-2]), int(first[-2:]), first.startswith("0")
    return (int(first), 0, len(first) == 2 and first[0] == "0") if len(first) <= 2 else None


def _read_plain(words: Sequence[str]) -> tuple[int, int, bool] | None:
    """Read "seven", "seven thirty", "seven oh five", "nineteen hundred"."""
    read = read_number(words)
    if read is None or read[0] != int(read[0]):
        return None
    hour, index = int(read[0]), read[1]
    if index == len(words):
        is_hundreds = hour >= 100 and hour % 100 == 0
        return (hour // 100, 0, True) if is_hundreds else (hour, 0, False)
    if words[index] in ("oh", "zero") and index + 1 < len(words):
        index += 1
    read = read_number(words, index)
    if read is None or read[1] != len(words) or read[0] != int(read[0]):
        return None
    return hour, int(read[0]), False


def _parse_iso(text: str, now: datetime) -> datetime | None:
    if not re.match(r"\s*\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}", text):
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return _settled(moment if moment.tzinfo else moment.replace(tzinfo=now.tzinfo), now)


def _parse_later(text: str, now: datetime) -> datetime | None:
    """Read "in ten minutes" and "an hour from now"."""
    stripped = text.strip().lower()
    if not stripped.startswith("in ") and not stripped.endswith("from now"):
        return None
    seconds = parse_duration(stripped.removeprefix("in "))
    if seconds is None:
        return None
    try:
        return (now.astimezone(UTC) + timedelta(seconds=seconds)).astimezone(now.tzinfo)
    except OverflowError:
        return None


def _days_in(words: list[str], today: date) -> list[tuple[date, list[str]]]:
    """Return every day named by a run of words, the longest run first, with the words around it."""
    found: list[tuple[date, list[str]]] = []
    for length in range(len(words), 0, -1):
        for start in range(len(words) - length + 1):
            run = words[start : start + length]
            if run[0] == "at" or run[-1] in _CONNECTORS:
                continue
            day = parse_day(run, today)
            if day is not None:
                found.append((day, words[:start] + words[start + length :]))
    return found


def _next(clock: ClockTime, now: datetime) -> datetime:
    """Return the first reading of the clock after ``now``."""
    moments = (
        _settled(datetime.combine(now.date() + timedelta(days=ahead), reading, now.tzinfo), now)
        for ahead in (0, 1, 2)
        for reading in clock.readings()
    )
    return next(moment for moment in moments if _is_after(moment, now))


def _on_day(clock: ClockTime, day: date, now: datetime) -> datetime:
    if day != now.date():
        return _settled(datetime.combine(day, clock.likely(), now.tzinfo), now)
    moments = [
        _settled(datetime.combine(day, reading, now.tzinfo), now) for reading in clock.readings()
    ]
    return next((moment for moment in moments if _is_after(moment, now)), moments[-1])


def _is_after(moment: datetime, now: datetime) -> bool:
    """Compare in UTC: within one zone Python compares what the clocks show, not the instants."""
    return moment.astimezone(UTC) > now.astimezone(UTC)


def _settled(moment: datetime, now: datetime) -> datetime:
    """Go through UTC, so that a local time that does not exist becomes the one after the gap."""
    return moment.astimezone(UTC).astimezone(now.tzinfo)
