"""Finds the timer that a person means, and names it so that the person knows it again."""

from __future__ import annotations

import re
from datetime import datetime

from tools.builtin.timer_book import Timer, describe
from tools.spoken.durations import parse_duration
from tools.spoken.numbers import join_spoken, read_ordinal, words_of
from tools.spoken.times import parse_time

_SIMILAR_PERCENT = 75
_NOISE = frozenset(
    {"the", "my", "a", "an", "timer", "timers", "alarm", "alarms", "for", "at", "that",
     "called", "named", "please", "and", "running", "set", "of"}
)  # fmt: skip


def choose(which: str, running: list[Timer], now: datetime) -> list[Timer]:
    """Return the timers that a description fits; an empty one, or a mere kind, fits all of it."""
    words = words_of(which)
    wanted = {word.removesuffix("s") for word in words} & {"timer", "alarm"}
    if len(wanted) == 1:
        running = [timer for timer in running if timer.kind in wanted]
    rest = [word for word in words if word not in _NOISE]
    if not rest or rest in (["all"], ["everything"], ["every"], ["both"]):
        return running
    if len(rest) > 1 and rest[-1] == "one":
        rest.pop()
    place = _position(rest, len(running))
    if place is not None:
        return [running[place]]
    said = re.sub(r"\b(the|my|timers?|alarms?)\b", " ", which.lower())
    return (
        _with_label(" ".join(rest), running)
        or _with_duration(said, running)
        or _with_time(said, running, now)
    )


def _position(words: list[str], count: int) -> int | None:
    if words in (["last"], ["latest"]):
        return count - 1 if count else None
    if words == ["next"]:
        return 0 if count else None
    read = read_ordinal(words)
    if read is None or read[1] != len(words) or read[0] > count:
        return None
    return read[0] - 1


def _with_label(text: str, running: list[Timer]) -> list[Timer]:
    from rapidfuzz import fuzz

    exact = [timer for timer in running if timer.label.lower() == text]
    return exact or [
        timer
        for timer in running
        if timer.label and fuzz.ratio(timer.label.lower(), text) >= _SIMILAR_PERCENT
    ]


def _with_duration(text: str, running: list[Timer]) -> list[Timer]:
    seconds = parse_duration(text)
    return [timer for timer in running if timer.kind == "timer" and timer.duration_s == seconds]


def _with_time(text: str, running: list[Timer], now: datetime) -> list[Timer]:
    clock = parse_time(text)
    if clock is None:
        return []
    readings = [(reading.hour, reading.minute) for reading in clock.readings()]
    local = [(timer, timer.due.astimezone(now.tzinfo)) for timer in running]
    return [timer for timer, due in local if (due.hour, due.minute) in readings]


def name_of(timer: Timer, now: datetime) -> str:
    """Name one among others: "pasta timer", "alarm for 7 AM tomorrow"."""
    if timer.kind == "alarm" and not timer.label:
        return f"alarm for {describe(timer, now)}"
    return timer.name


def say_all(timers: list[Timer], now: datetime) -> str:
    """Name up to six: "an egg timer and an alarm for 7 AM tomorrow"."""
    return join_spoken([with_article(name_of(timer, now)) for timer in timers[:6]])


def with_article(name: str) -> str:
    """Put "a" or "an" before a name."""
    takes_an = name[0].lower() in "aeiou" and not name.startswith("one ")
    return f"{'an' if takes_an else 'a'} {name}"
