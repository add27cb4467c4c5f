"""Finds what has a form of its own in a request: numbers, durations, times, dates, units, sums."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from voice.engines.offline_brain.calendar_words import HALVES, read_date, read_time
from voice.engines.offline_brain.numbers import format_number, read_number
from voice.engines.offline_brain.sums import read_sum


class Kind(Enum):
    """What a stretch of words is, or what a parameter wants."""

    NUMBER = "number"
    DURATION = "duration"
    TIME = "time"
    DATE = "date"
    UNIT = "unit"
    EXPRESSION = "expression"


@dataclass(frozen=True, slots=True)
class Entity:
    """Words ``[start, end)`` that are of one kind.

    ``text`` is the plain form ("1 hour 20 minutes", "7:30 pm", "12 * 9"); ``value`` the number, the
    seconds of a duration or the minutes since midnight of a time, 0.0 where there is none. ``weak``
    marks a reading that needs a reason, such as a lone "seven" as a time.
    """

    kind: Kind
    start: int
    end: int
    text: str
    value: float = 0.0
    weak: bool = False


UNIT_SECONDS: dict[str, int] = {
    "second": 1, "seconds": 1, "sec": 1, "secs": 1, "s": 1,
    "minute": 60, "minutes": 60, "min": 60, "mins": 60,
    "hour": 3600, "hours": 3600, "hr": 3600, "hrs": 3600, "h": 3600,
    "day": 86_400, "days": 86_400,
    "week": 604_800, "weeks": 604_800,
}  # fmt: skip
_UNIT_NAMES = {1: "second", 60: "minute", 3600: "hour", 86_400: "day", 604_800: "week"}

UNITS = frozenset(
    "mm cm m km ft yd mi nm g kg mg lb lbs oz ml cl dl l gal pt qt mph kph kmh knot knots "
    "millimeter millimeters millimetre millimetres centimeter centimeters centimetre centimetres "
    "meter meters metre metres kilometer kilometers kilometre kilometres inch inches foot feet "
    "yard yards mile miles gram grams gramme grammes kilogram kilograms kilo kilos milligram "
    "milligrams pound pounds ounce ounces stone stones ton tons tonne tonnes liter liters litre "
    "litres milliliter milliliters millilitre millilitres deciliter deciliters centiliter "
    "centiliters gallon gallons pint pints quart quarts cup cups tablespoon tablespoons teaspoon "
    "teaspoons tbsp tsp celsius centigrade fahrenheit kelvin degree degrees radian radians second "
    "seconds minute minutes hour hours day days week weeks month months year years byte bytes "
    "kilobyte kilobytes megabyte megabytes gigabyte gigabytes terabyte terabytes kb mb gb tb bit "
    "bits acre acres hectare hectares joule joules calorie calories kilocalorie kilocalories kcal "
    "watt watts kilowatt kilowatts horsepower hp bar bars psi pascal pascals euro euros dollar "
    "dollars yen franc francs".split()
)
_UNIT_BEFORE = frozenset(
    {"square", "cubic", "fluid", "nautical", "light", "metric", "degrees", "us"}
)


_FILLED = frozenset("more extra full whole solid further".split())
_COMPOUND = frozenset({"foot", "feet", "stone", "pound", "pounds"})
_SMALLER = frozenset({"inch", "inches", "pound", "pounds", "ounce", "ounces"})
"""Units of which a smaller part may follow: "five foot ten", "six feet two inches"."""


def find_entities(words: Sequence[str]) -> list[Entity]:
    """Return every reading of every stretch of ``words``; they may overlap."""
    found: list[Entity] = []
    readers: tuple[Callable[[Sequence[str], int], Entity | None], ...] = (
        _number,
        _duration,
        _time,
        _date,
        _unit,
        _sum,
    )
    ends: dict[Kind, int] = {}
    for start in range(len(words)):
        for reader in readers:
            entity = reader(words, start)
            # Only the longest: no "five" inside "twenty five", no "9" at the end of "12 * 9".
            if entity is not None and entity.end > ends.get(entity.kind, 0):
                ends[entity.kind] = entity.end
                found.append(entity)
    part = next((HALVES[word] for word in words if word in HALVES), None)
    return [_with_half(entity, part) for entity in found] if part else found


def _with_half(entity: Entity, part: str) -> Entity:
    """Return a time in the half of the day told elsewhere: "tomorrow morning at 7"."""
    if entity.kind is not Kind.TIME or entity.text.endswith("m") or entity.value >= 780:
        return entity
    later = 720 if part == "pm" and entity.value < 720 else 0
    return replace(entity, text=f"{entity.text} {part}", value=entity.value + later)


def _number(words: Sequence[str], start: int) -> Entity | None:
    read = read_number(words, start)
    if read is None:
        return None
    value, end = read
    if end < len(words) and words[end] == "percent":
        end += 1
    return Entity(Kind.NUMBER, start, end, format_number(value), value)


def _duration(words: Sequence[str], start: int) -> Entity | None:
    """Read "ten minutes", "half an hour", "an hour and a half", "1 hour 20 minutes"."""
    parts = list(_duration_parts(words, start))
    if not parts:
        return None
    seconds = sum(amount * unit for amount, unit, _ in parts)
    end = parts[-1][2]
    return Entity(Kind.DURATION, start, end, _duration_text(parts, seconds), seconds)


def _duration_parts(words: Sequence[str], start: int) -> Iterator[tuple[float, int, int]]:
    """Yield (amount, seconds of the unit, end) from the largest unit down."""
    at, last_unit = start, 1 << 30
    while (part := _duration_part(words, at)) is not None and part[1] < last_unit:
        amount, unit, end = part
        if unit == 3600 and (minutes := _bare_minutes(words, end)):
            amount, end = amount + minutes[0] / 60, minutes[1]
        elif _is(words, end, "and", "a", "half"):
            amount, end = amount + 0.5, end + 3
        elif _is(words, end, "and", "a", "quarter"):
            amount, end = amount + 0.25, end + 3
        yield amount, unit, end
        last_unit = unit
        at = end + 1 if _is(words, end, "and") else end


def _bare_minutes(words: Sequence[str], at: int) -> tuple[float, int] | None:
    """Read the "ten" of "one hour ten", where nothing else follows it."""
    read = read_number(words, at)
    if read is None or not read[0].is_integer() or not 0 < read[0] < 60:
        return None
    return read if words[read[1] : read[1] + 1] in ([], ["please"], ["for"], ["called"]) else None


def _duration_part(words: Sequence[str], at: int) -> tuple[float, int, int] | None:
    read = read_number(words, at)
    if read is None:
        if at + 1 < len(words) and words[at] in ("a", "an") and words[at + 1] in UNIT_SECONDS:
            return 1.0, UNIT_SECONDS[words[at + 1]], at + 2
        return None
    amount, end = read
    if _is(words, end, "of", "an") or _is(words, end, "of", "a"):
        end += 2
    elif amount in (0.5, 0.25) and end < len(words) and words[end] in ("an", "a"):
        end += 1
    elif _is(words, end, "of"):
        end += 1  # "a couple of minutes"
    if end < len(words) and words[end] in _FILLED:
        end += 1  # "fifteen more minutes"
    if end < len(words) and words[end] in UNIT_SECONDS:
        return amount, UNIT_SECONDS[words[end]], end + 1
    return None


def _duration_text(parts: Sequence[tuple[float, int, int]], seconds: float) -> str:
    if len(parts) == 1 and float(parts[0][0]).is_integer():
        return _amount(int(parts[0][0]), parts[0][1])
    return duration_text(seconds)


def duration_text(seconds: float) -> str:
    """Write seconds as "1 hour 20 minutes"; at least "0 seconds"."""
    left = round(seconds)
    said: list[str] = []
    for unit in (86_400, 3600, 60, 1):
        count, left = divmod(left, unit)
        if count:
            said.append(_amount(count, unit))
    return " ".join(said) or "0 seconds"


def _amount(count: int, unit: int) -> str:
    return f"{count} {_UNIT_NAMES[unit]}{'' if count == 1 else 's'}"


def _time(words: Sequence[str], start: int) -> Entity | None:
    read = read_time(words, start)
    if read is None:
        return None
    return Entity(Kind.TIME, start, read.end, read.text, read.minutes, read.weak)


def _date(words: Sequence[str], start: int) -> Entity | None:
    read = read_date(words, start)
    return None if read is None else Entity(Kind.DATE, start, read[1], read[0])


def _unit(words: Sequence[str], start: int) -> Entity | None:
    end = start
    while end < len(words) and words[end] in _UNIT_BEFORE:
        end += 1
    if end < len(words) and words[end] in UNITS:
        end += 1
    elif end == start or words[end - 1] not in UNITS:
        return None
    if words[end - 1] in _COMPOUND and (rest := read_number(words, end)) is not None:
        follows = words[rest[1] : rest[1] + 1]
        if follows and follows[0] in _SMALLER:
            end = rest[1] + 1
        elif not follows or follows[0] not in UNITS:
            end = rest[1]  # "five foot ten"
    if end + 1 < len(words) and words[end] in ("per", "an", "a") and words[end + 1] in UNITS:
        end += 2
    said = [word for word in words[start:end] if word != "degrees" or end - start == 1]
    return Entity(Kind.UNIT, start, end, " ".join(said))


def _sum(words: Sequence[str], start: int) -> Entity | None:
    read = read_sum(words, start)
    return None if read is None else Entity(Kind.EXPRESSION, start, read[1], read[0])


def _is(words: Sequence[str], at: int, *expected: str) -> bool:
    return tuple(words[at : at + len(expected)]) == expected
