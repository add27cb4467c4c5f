"""Timers and alarms that speak up when they are due."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from tools import ToolContext, ToolError, tool
from tools.builtin.timer_book import Timer, TimerBook, after, describe
from tools.spoken.dates import say_day
from tools.spoken.durations import parse_duration, say_duration, say_remaining
from tools.spoken.numbers import join_spoken, number_in_words, read_ordinal, words_of
from tools.spoken.times import parse_moment, parse_time, say_time

_MAX_S = 366 * 86_400
_MAX_LABEL_CHARS = 60
_SIMILAR_PERCENT = 75
_NOISE = frozenset(
    {"the", "my", "a", "an", "timer", "timers", "alarm", "alarms", "for", "at", "that",
     "called", "named", "please", "running", "set", "of"}
)  # fmt: skip


@tool(
    examples=[
        "(set|start|make) a timer for {duration}",
        "(set|start) a {duration} timer",
        "[set|start] [a] timer {duration}",
        "{duration} timer [please]",
        "count down {duration}",
        "(tell|remind|wake) me in {duration}",
        "(set|start) a {label} timer for {duration}",
        "(set|start) a timer for {duration} (called|named|for the) {label}",
        "set a {duration} timer for [the|my] {label}",
    ],
)
def set_timer(ctx: ToolContext, duration: str, label: str = "") -> dict[str, Any]:
    """Set a timer that announces itself when the time is up.

    Args:
        ctx: Given by the registry.
        duration: How long, such as "ten minutes", "an hour and a half", or a number of seconds.
        label: What the timer is for, such as "pasta". Leave it out if nothing was said.
    """
    seconds = parse_duration(duration)
    if seconds is None:
        raise ToolError("I didn't catch how long. Say for example: ten minutes.")
    if not 1 <= seconds <= _MAX_S:
        raise ToolError("A timer runs from one second to one year.")
    now = ctx.now()
    timer = ctx.service(TimerBook).add(
        "timer", due=after(now, seconds), label=_label(label), duration_s=seconds
    )
    spoken = f"Your {timer.label + ' ' if timer.label else ''}timer for {say_duration(seconds)}"
    return {"spoken": f"{spoken} is set.", **_data(timer, now)}


@tool(
    examples=[
        "set an alarm (for|at) {time}",
        "set an alarm (for|at) {time} {day}",
        "set an alarm for {day} at {time}",
        "wake me [up] at {time} [{day}]",
        "wake me [up] {day} at {time}",
        "[set|make|create] [an] alarm (for|at) {time} [called|named] {label}",
        "set a {label} alarm for {time}",
        "i need to (get up|wake up|be up) at {time} [{day}]",
    ],
)
def set_alarm(ctx: ToolContext, time: str, day: str = "", label: str = "") -> dict[str, Any]:
    """Set an alarm that announces itself at a time of day.

    Args:
        ctx: Given by the registry.
        time: The time of day, such as "7 am", "half past six" or "tomorrow at 8".
        day: The day, such as "tomorrow" or "next monday". Leave it out for the next such time.
        label: What the alarm is for. Leave it out if nothing was said.
    """
    now = ctx.now()
    due = _due(time, day, now)
    if due <= now:
        day_said = say_day(due.date(), now.date())
        raise ToolError(f"{say_time(due)} {day_said} has already passed.")
    if (due - now).total_seconds() > _MAX_S:
        raise ToolError("I can set an alarm for the coming year at most.")
    timer = ctx.service(TimerBook).add("alarm", due=due, label=_label(label))
    name = f"{timer.label} alarm" if timer.label else "alarm"
    return {"spoken": f"Your {name} is set for {describe(timer, now)}.", **_data(timer, now)}


@tool(
    examples=[
        "(what|which) (timers|alarms) (are|do i have) [set|running]",
        "list [all] [my|the] (timers|alarms)",
        "how much time is left [on (my|the) timer]",
        "how (long|much longer) (is left|does the timer have) [on my timer]",
        "do i have any (timers|alarms) [set|running]",
        "when does my (alarm|timer) (ring|go off|end)",
        "(show|tell) me my (timers|alarms)",
    ],
)
def list_timers(ctx: ToolContext) -> dict[str, Any]:
    """Tell which timers and alarms are set, and how much time is left.

    Args:
        ctx: Given by the registry.
    """
    now = ctx.now()
    book = ctx.service(TimerBook)
    running = book.running()
    if running:
        parts = [_say_entry(timer, now) for timer in running[:10]]
        spoken = f"You have {join_spoken(parts)}."
        if len(running) > len(parts):
            spoken += f" And {number_in_words(len(running) - len(parts))} more."
    else:
        spoken = "You have no timers or alarms."
    damage = book.take_damage()
    if damage:
        spoken = f"{spoken} {damage}"
    return {"spoken": spoken, "timers": [_data(timer, now) for timer in running]}


@tool(
    examples=[
        "(cancel|stop|delete|remove) (the|my) (timer|alarm)",
        "(cancel|stop|delete|remove) the {which} (timer|alarm)",
        "(cancel|stop|delete|remove) the (timer|alarm) (for|at) {which}",
        "(cancel|stop|delete|clear) {which} [of] [my] (timers|alarms)",
        "turn off (the|my) [{which}] alarm",
        "i don't need the {which} (timer|alarm) (anymore|any more)",
    ],
)
def cancel_timer(ctx: ToolContext, which: str = "") -> dict[str, Any]:
    """Cancel a timer or an alarm.

    Args:
        ctx: Given by the registry.
        which: Which one: its label, its duration, its time, "first", "alarm" or "all". May be left
            out when only one is set.
    """
    now = ctx.now()
    book = ctx.service(TimerBook)
    running = book.running()
    if not running:
        raise ToolError("There is no timer or alarm to cancel.")
    chosen = _choose(which, running, now)
    if not chosen:
        raise ToolError(f"I found no timer like that. You have {_say_all(running, now)}.")
    everything = "all" in words_of(which)
    if len(chosen) > 1 and not everything:
        raise ToolError(f"You have {_say_all(chosen, now)}. Which one should I cancel?")
    book.remove(chosen)
    if len(chosen) == 1:
        spoken = f"I cancelled your {_name(chosen[0], now)}."
    else:
        spoken = f"I cancelled all {number_in_words(len(chosen))}."
    return {"spoken": spoken, "cancelled": [_data(timer, now) for timer in chosen]}


@set_timer.on_start
def rearm(context: ToolContext) -> None:
    """Take up the timers of the last run, and say which were missed."""
    context.service(TimerBook).rearm()


def _due(time: str, day: str, now: datetime) -> datetime:
    moment = parse_moment(f"{day} at {time}" if day.strip() else time, now)
    if moment is None:
        raise ToolError(
            "I didn't catch the time. Say for example: seven thirty in the morning, "
            "or tomorrow at eight."
        )
    return moment


def _choose(which: str, running: list[Timer], now: datetime) -> list[Timer]:
    """Return the timers that a description fits; an empty description fits all of one kind."""
    words = words_of(which)
    wants_alarm = any(word in ("alarm", "alarms") for word in words)
    wants_timer = any(word in ("timer", "timers") for word in words)
    if wants_alarm != wants_timer:
        kind = "alarm" if wants_alarm else "timer"
        running = [timer for timer in running if timer.kind == kind]
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


def _name(timer: Timer, now: datetime) -> str:
    """Name one among others: "pasta timer", "alarm for 7 AM tomorrow"."""
    if timer.kind == "alarm" and not timer.label:
        return f"alarm for {describe(timer, now)}"
    return timer.name


def _say_entry(timer: Timer, now: datetime) -> str:
    if timer.kind == "alarm":
        when = f" for {describe(timer, now)}" if timer.label else ""
        return f"{_article(_name(timer, now))}{when}"
    left = say_remaining((timer.due - now).total_seconds())
    return f"{_article(timer.name)} with {left} left"


def _say_all(timers: list[Timer], now: datetime) -> str:
    return join_spoken([_article(_name(timer, now)) for timer in timers[:6]])


def _article(name: str) -> str:
    takes_an = name[0].lower() in "aeiou" and not name.startswith("one ")
    return f"{'an' if takes_an else 'a'} {name}"


def _label(text: str) -> str:
    """Clean a label: "the pasta" and "Pasta." are both "pasta"."""
    words = re.sub(r"[^\w\s'&-]", " ", text).split()
    while words and words[0].lower() in ("the", "my", "a", "an", "for"):
        words.pop(0)
    while words and words[-1].lower() in ("timer", "alarm"):
        words.pop()
    return " ".join(words)[:_MAX_LABEL_CHARS].strip()


def _data(timer: Timer, now: datetime) -> dict[str, Any]:
    return {
        "id": timer.id,
        "kind": timer.kind,
        "label": timer.label,
        "due": timer.due.astimezone(now.tzinfo).isoformat(timespec="seconds"),
        "seconds_left": max(0, round((timer.due - now).total_seconds())),
    }
