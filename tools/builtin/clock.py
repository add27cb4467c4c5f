"""The time and the date, here and anywhere."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from tools import ToolContext, ToolError, tool
from tools.builtin.places import Place, Unknown, find_place
from tools.spoken.dates import MONTHS, WEEKDAYS, parse_day, say_date
from tools.spoken.numbers import ordinal, words_of
from tools.spoken.times import say_time

_HERE = frozenset({"", "here", "local", "local time", "home", "my city", "my place", "right now"})
_MAX_ECHO_CHARS = 40
_SHORT_MONTHS = frozenset(month[:3] for month in MONTHS)


@tool(
    effect="read",
    examples=[
        "what time is it [right now|now]",
        "what time is it [right now|now] in {place}",
        "what's the [current|local] time [in {place}]",
        "tell me the [current] time [in {place}]",
        "(do you know|can you tell me) what time it is [in {place}]",
        "[current|local] time in {place}",
        "how late is it [in {place}]",
        "what time do they have in {place}",
        "what time would it be in {place}",
        "what does the clock say [in {place}]",
        "(give me|i need|i want to know) the [exact|current|local] time [in {place}]",
        "is it (late|early|morning|night) in {place}",
        "what hour is it",
        "what time do you make it",
        "[the] current time [please]",
        "[the] time please",
        "(do you have|have you got|what's) the time",
        "if i (call|called) {place} now what time would it be [there]",
        "it is how late in {place}",
        "lives in {place} what time (is it|has he got|does she have|is it there)",
        "what time is it for (someone|people) in {place}",
        "what time have they got in {place}",
        "tell me what time (they have got|it is) [over] in {place}",
        "is it (past|after|before) (midnight|noon|bedtime) [yet] in {place}",
        "is it [still] (day|dark|evening|afternoon|daytime) in {place}",
        "time check [please]",
        "what did you say the time (is|was)",
        "(the|what is the) time [over] in {place}",
        "what time (do|would) people in {place} have",
    ],
)
def get_time(ctx: ToolContext, place: str = "") -> dict[str, Any]:
    """Tell the current time, here or in any city, country or time zone.

    Args:
        ctx: Given by the registry.
        place: A city, country, state or time zone, such as "Tokyo", "Brazil" or "Europe/Berlin".
            Leave it out for the local time.
    """
    here = ctx.now()
    found = _find(place)
    if found is None:
        return {"spoken": f"It's {say_time(here)}.", **_data(here)}
    there = here.astimezone(found.tz)
    time = say_time(there)
    if there.date() != here.date():
        time += f" on {WEEKDAYS[there.weekday()].title()}"
    if found.is_time:
        spoken = f"It's {time}, {found.name}."
    elif found.capital:
        country = found.name[:1].upper() + found.name[1:]
        spoken = f"{country} has several time zones. In {found.capital} it's {time}."
    else:
        spoken = f"It's {time} in {found.name}."
    return {"spoken": spoken, "place": found.name, **_data(there)}


@tool(
    effect="read",
    examples=[
        "what's the date [today|right now]",
        "what (day|date) is it [today]",
        "(what is|tell me) today's date",
        "what (day|date) is it in {place}",
        "what date is {day}",
        "what day of the week is {day}",
        "what day (is|was|will be) {day}",
        "what (day|date) will it be {day}",
        "when is {day}",
        "what is the day today",
        "which (day|date) (do we have|is it) [today]",
        "what (day|date) do we have {day}",
        "tell me what (day|date) {day} is",
        "what is the date [going to be] (on|for) {day}",
        "what will the date be on {day}",
        "is it (monday|tuesday|wednesday|thursday|friday|saturday|sunday) today",
        "what is today",
        "(on|on which|what) weekday (is|does) {day} [fall]",
        "(which|what) day does {day} fall on",
        "{day} is (what|which) day",
        "(what|which) day is {day} on [this year]",
        "is today {day}",
        "is {day} today",
        "how (many days|long) [is it] (until|till|to) {day}",
        "when is {day} this year",
        "(what|which) (month|year) (is it|are we in) [now]",
        "(which|what) day (are we|of the month are we|of the week are we) on",
        "what is the date {day}",
        "{day} is what date",
    ],
)
def get_date(ctx: ToolContext, day: str = "today", place: str = "") -> dict[str, Any]:
    """Tell the date or the day of the week, of today or of any other day.

    Args:
        ctx: Given by the registry.
        day: The day, such as "today", "tomorrow", "next friday", "december 25" or "2026-12-25".
        place: Where: a city, country or time zone. Leave it out for here.
    """
    now = ctx.now()
    found = _find(place)
    if found is not None:
        now = now.astimezone(found.tz)
    today = now.date()
    asked = parse_day(day, today)
    if asked is None:
        raise ToolError(
            f"I don't know which day {_echo(day)} is. "
            "Try something like tomorrow, next Friday or December 25th."
        )
    spoken = _say_asked(day, asked, today)
    if found is not None and not found.is_time:
        spoken = f"in {found.name}, {spoken}"
    return {
        "spoken": spoken[0].upper() + spoken[1:],
        "date": asked.isoformat(),
        "weekday": WEEKDAYS[asked.weekday()].title(),
    }


def _find(place: str) -> Place | None:
    """Return the place; None for here. Raises ToolError for a name that nothing is called."""
    if place.strip().lower().rstrip(".?!") in _HERE:
        return None
    found = find_place(place)
    if isinstance(found, Unknown):
        hint = (
            f"Did you mean {found.suggestion}?"
            if found.suggestion
            else "Try a larger city nearby, or the country."
        )
        raise ToolError(f"I don't know a place called {_echo(place)}. {hint}")
    return found


def _say_asked(phrase: str, asked: date, today: date) -> str:
    """Answer with what the person does not know yet: the date, the weekday, or both."""
    words = [word for word in words_of(phrase) if word not in ("on", "please")]
    verb = "was" if asked < today else "is"
    month_day = f"{MONTHS[asked.month - 1].title()} {ordinal(asked.day)}"
    year = f", {asked.year}" if asked.year != today.year else ""
    weekday = WEEKDAYS[asked.weekday()].title()
    said = " ".join(word.title() if word in WEEKDAYS else word for word in words)
    if asked == today:
        return f"today is {weekday}, {month_day}, {asked.year}."
    if words[-1] in WEEKDAYS:
        return f"{said} {verb} {month_day}{year}."
    if any(word[0].isdigit() or word[:3] in _SHORT_MONTHS for word in words):
        return f"{month_day}{year} {verb} a {weekday}."
    if words[0] == "in" or words[-1] in ("now", "ago"):
        said = f"{said} it"
    return f"{said} {verb} {say_date(asked, today=today)}."


def _data(moment: datetime) -> dict[str, Any]:
    return {
        "time": moment.strftime("%H:%M"),
        "date": moment.date().isoformat(),
        "weekday": WEEKDAYS[moment.weekday()].title(),
        "zone": str(moment.tzinfo),
        "utc_offset": moment.strftime("%z"),
    }


def _echo(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _MAX_ECHO_CHARS else text[:_MAX_ECHO_CHARS] + "…"
