"""Durations in words: "ten minutes", "an hour and a half", "1h30m", and back."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tools.spoken.numbers import join_spoken, number_in_words, read_number, words_of

_UNITS_S = {
    "week": 604_800, "day": 86_400, "hour": 3_600, "minute": 60, "second": 1,
}  # fmt: skip
_ALIASES = {
    "w": "week", "d": "day", "h": "hour", "hr": "hour", "m": "minute", "min": "minute",
    "s": "second", "sec": "second",
}  # fmt: skip
_SMALLER = {"week": "day", "day": "hour", "hour": "minute", "minute": "second"}
_FILLERS = frozenset(
    {"and", "for", "about", "in", "exactly", "please", "timer", "long", "roughly", "around"}
)
_CLOCK = re.compile(r"(\d{1,3}):([0-5]\d)(?::([0-5]\d))?")
_ISO = re.compile(
    r"P(?:(\d+)D)?(?:T(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?",
    re.IGNORECASE,
)


def parse_duration(text: str | float) -> float | None:
    """Return seconds; a bare number in digits counts as seconds already.

    Understands units in words and letters, fractions of a unit, "an hour and a half", "two
    minutes thirty", "1:30" (minutes and seconds), "1:30:00" and ISO 8601 durations. A bare number
    in words ("five") is not understood: people mean minutes, programs mean seconds.
    """
    if isinstance(text, (int, float)):
        return float(text)
    text = text.strip()
    exact = _parse_exact(text)
    if exact is not None:
        return exact
    words = words_of(text)
    if words[-2:] == ["from", "now"]:
        words = words[:-2]
    return _parse_words([word for word in words if word not in ("please", "timer")])


def say_duration(seconds: float) -> str:
    """Write a duration for a voice: "one hour and thirty minutes"; fractions of a second go."""
    left = int(round(seconds))
    parts: list[str] = []
    for unit in ("day", "hour", "minute", "second"):
        count, left = divmod(left, _UNITS_S[unit])
        if count:
            parts.append(f"{number_in_words(count)} {unit}{'' if count == 1 else 's'}")
    return join_spoken(parts) or "no time"


def say_remaining(seconds: float) -> str:
    """Write what is left of a duration, with the precision that people use for it."""
    if seconds >= 3_600:
        seconds = max(60.0, round(seconds / 60) * 60)
    return say_duration(max(1.0, seconds))


def _parse_exact(text: str) -> float | None:
    """Read what programs write: digits, clock notation, ISO 8601."""
    if re.fullmatch(r"\d{1,9}(?:\.\d+)?", text):
        return float(text)
    clock = _CLOCK.fullmatch(text)
    if clock:
        first, second, third = clock.groups()
        if third is None:
            return int(first) * 60.0 + int(second)
        return int(first) * 3600.0 + int(second) * 60 + int(third)
    iso = _ISO.fullmatch(text)
    if iso and any(iso.groups()):
        days, hours, minutes, seconds = (float(part or 0) for part in iso.groups())
        return days * 86_400 + hours * 3600 + minutes * 60 + seconds
    return None


def _parse_words(words: Sequence[str]) -> float | None:
    total = 0.0
    unit: str | None = None
    index = 0
    while index < len(words):
        if words[index] in _FILLERS:
            index += 1
            continue
        read = _read_count(words, index)
        if read is None:
            return None
        count, index = read
        here = _read_unit(words, index)
        if here is None:
            # "an hour and a half", "one hour thirty": a part of the unit before, or the next one.
            if unit is None or index != len(words):
                return None
            below = _UNITS_S[_SMALLER[unit]] if count >= 1 and unit in _SMALLER else _UNITS_S[unit]
            return total + count * below
        unit, index = here
        total += count * _UNITS_S[unit]
    return total if unit is not None else None


def _read_count(words: Sequence[str], index: int) -> tuple[float, int] | None:
    """Read a number; "a" and "an" mean one."""
    read = read_number(words, index)
    if read is not None:
        return float(read[0]), read[1]
    if words[index] not in ("a", "an"):
        return None
    # "a ten minute walk": the article belongs to what follows the unit.
    read = read_number(words, index + 1)
    return (float(read[0]), read[1]) if read is not None else (1.0, index + 1)


def _read_unit(words: Sequence[str], index: int) -> tuple[str, int] | None:
    """Read a unit, with "of an" or "a" before it: "a quarter of an hour", "half a minute"."""
    while index < len(words) and words[index] in ("of", "a", "an"):
        index += 1
    if index >= len(words):
        return None
    word = words[index]
    singular = word.removesuffix("s") if len(word) > 1 else word
    unit = singular if singular in _UNITS_S else _ALIASES.get(singular)
    return (unit, index + 1) if unit else None
