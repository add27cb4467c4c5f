"""ISO dates and times for the parameters that want them; the only place that asks for a day."""

from __future__ import annotations

import re
from datetime import date, timedelta

from voice.engines.offline_brain.calendar_words import MONTHS, WEEKDAYS

_NEAR = {
    "today": 0,
    "tonight": 0,
    "tomorrow": 1,
    "yesterday": -1,
    "day after tomorrow": 2,
    "day before yesterday": -2,
}
_DAYS = {"day": 1, "days": 1, "week": 7, "weeks": 7}


def clock_iso(minutes: float) -> str:
    """Write minutes since midnight as ``HH:MM:SS``."""
    hour, minute = divmod(int(minutes), 60)
    return f"{hour % 24:02}:{minute:02}:00"


def date_iso(said: str, today: date) -> str | None:
    """Return the ISO date that the plain words of a date mean; None where they mean no one day."""
    said = re.sub(r" (?:morning|afternoon|evening|night)\b.*", "", said)
    for near, days in sorted(_NEAR.items(), key=lambda item: -len(item[0])):
        if said.startswith(near):
            return (today + timedelta(days=days)).isoformat()
    return _weekday(said, today) or _calendar_day(said, today) or _counted(said, today)


def _weekday(said: str, today: date) -> str | None:
    words = said.split()
    day = next((w for w in words[:2] if w in WEEKDAYS), None)
    if day is None:
        return None
    ahead = (WEEKDAYS.index(day) - today.weekday()) % 7
    if words[0] == "last":
        return (today - timedelta(days=(7 - ahead) % 7 or 7)).isoformat()
    return (today + timedelta(days=ahead or 7)).isoformat()


def _calendar_day(said: str, today: date) -> str | None:
    """Read "july 4" (the next one), "july 4 2027" and "2027-07-04"."""
    match = re.match(rf"({'|'.join(MONTHS)}) (\d+)(?: (\d{{4}}))?", said)
    try:
        if match is None:
            return date.fromisoformat(said.split()[0]).isoformat()
        month, day = MONTHS.index(match[1]) + 1, int(match[2])
        if match[3]:
            return date(int(match[3]), month, day).isoformat()
        made = date(today.year, month, day)
        return (made if made >= today else date(today.year + 1, month, day)).isoformat()
    except ValueError:
        return None


def _counted(said: str, today: date) -> str | None:
    match = re.match(r"in (\d+) (\w+)", said)
    if match is None or match[2] not in _DAYS:
        return None
    return (today + timedelta(days=int(match[1]) * _DAYS[match[2]])).isoformat()
