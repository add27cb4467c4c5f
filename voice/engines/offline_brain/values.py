"""Which words can fill a parameter, and which JSON value they make."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any

from rapidfuzz import fuzz

from voice.engines.offline_brain.alignment import Span
from voice.engines.offline_brain.calendar_values import clock_iso, date_iso
from voice.engines.offline_brain.entities import Entity, Kind
from voice.engines.offline_brain.numbers import format_number
from voice.engines.offline_brain.parameters import Parameter, Wants
from voice.engines.offline_brain.thesaurus import CHOICE_WORDS, stem
from voice.engines.offline_brain.utterance import Utterance

_ENTITY_OF = {
    Wants.NUMBER: (Kind.NUMBER,),
    Wants.DURATION: (Kind.DURATION,),
    Wants.TIME: (Kind.TIME,),
    Wants.DATE: (Kind.DATE,),
    Wants.WHEN: (Kind.DATE, Kind.TIME),
    Wants.UNIT: (Kind.UNIT,),
    Wants.EXPRESSION: (Kind.EXPRESSION,),
}
_SMALL = frozenset(
    "to of on in at and or is are was by for from with into onto off out about as but not the a an "
    "my that over there all every each everything anything something".split()
)
_MAXIMUM = frozenset("maximum max full loudest highest fullest brightest".split())
_HALF = 0.5
_PRONOUNS = frozenset("me you it i he she they we us them him her this that these those".split())
_QUANTITIES = frozenset("some more both all any one two three ones".split())
_POINTED = _SMALL | _QUANTITIES
"""What may follow a pronoun that points to things told before."""

_UNLIKELY = frozenset("not i we you have need want do does did it".split())
"""Words that a name or a place hardly ever has."""

_NO_THINGS = frozenset("time help rest luck hope more less go".split())
_DETERMINERS = frozenset("the my some a an our your".split())
_SAYING = frozenset("that saying".split())
_YES = frozenset("on yes true enable enabled with".split())
_NO = frozenset("off no false disable disabled without".split())

_FREE_COST = {Wants.PLACE: 0.06, Wants.NAME: 0.07, Wants.ITEMS: 0.04, Wants.TEXT: 0.02}
_LONGEST = {Wants.PLACE: 5, Wants.NAME: 8, Wants.ITEMS: 30, Wants.TEXT: 60}
Today = Callable[[], date]


def spans(parameter: Parameter, utterance: Utterance) -> list[Span]:
    """Return the word ranges that could fill ``parameter``, with what each costs."""
    wants = parameter.wants
    if wants in _FREE_COST:
        return list(_free(wants, utterance))
    if wants is Wants.CHOICE:
        return [Span(s, e, cost) for s, e, cost, _ in _choices(parameter, utterance)]
    if wants is Wants.SWITCH:
        return [Span(s, e, 0.1) for s, e, _ in _switches(utterance)]
    found = [Span(e.start, e.end, 0.1 if e.weak else 0.0) for e in _entities(parameter, utterance)]
    if wants is Wants.DURATION and parameter.unit_seconds:
        found += [Span(e.start, e.end, 0.15) for e in utterance.of(Kind.NUMBER)]
    return found


def value(parameter: Parameter, utterance: Utterance, start: int, end: int, today: Today) -> Any:
    """Return the JSON value of words ``[start, end)`` for ``parameter``; None where they have none.

    Spoken numbers, durations and times come in plain written form; free text as it was heard.
    """
    wants = parameter.wants
    if wants is Wants.CHOICE:
        return _at(((s, e, v) for s, e, _, v in _choices(parameter, utterance)), start, end)
    if wants is Wants.SWITCH:
        return _at(_switches(utterance), start, end)
    if wants in _FREE_COST:
        return _free_value(parameter, utterance, start, end)
    entity = _at(((e.start, e.end, e) for e in _entities(parameter, utterance)), start, end)
    if entity is None and wants is Wants.DURATION and parameter.unit_seconds:
        entity = _at(((e.start, e.end, e) for e in utterance.of(Kind.NUMBER)), start, end)
        return None if entity is None else _number(parameter, entity.value)
    return None if entity is None else _typed(parameter, entity, today)


def _at(found: Any, start: int, end: int) -> Any:
    return next((what for s, e, what in found if (s, e) == (start, end)), None)


def _typed(parameter: Parameter, entity: Entity, today: Today) -> Any:
    match parameter.wants, parameter.json_type, parameter.format:
        case Wants.NUMBER, "integer", _ if not float(entity.value).is_integer():
            return None  # "half volume" is no number of percent
        case Wants.NUMBER, _, _:
            return _number(parameter, entity.value)
        case Wants.DURATION, "integer" | "number", _:
            return _number(parameter, entity.value / max(parameter.unit_seconds, 1))
        case Wants.DURATION, _, "duration":
            return f"PT{format_number(entity.value)}S"
        case Wants.TIME, _, "time":
            return clock_iso(entity.value)
        case Wants.DATE, _, "date":
            return date_iso(entity.text, today())
        case Wants.WHEN, _, "date-time":
            day = date_iso(entity.text, today())
            if day is None and entity.kind is not Kind.TIME:
                return None
            return f"{day or today().isoformat()}T{clock_iso(entity.value)}"
        case Wants.DATE, _, _ if not parameter.takes_day_part:
            return re.sub(r" (?:morning|afternoon|evening|night)$", "", entity.text)
    return entity.text


def _number(parameter: Parameter, amount: float) -> Any:
    if parameter.json_type == "string":
        return format_number(amount)
    if parameter.json_type == "integer":
        return round(amount)
    return int(amount) if float(amount).is_integer() else amount


def _entities(parameter: Parameter, utterance: Utterance) -> list[Entity]:
    """Return the entities that fit; a date and a time side by side also as one."""
    kinds = _ENTITY_OF.get(parameter.wants, ())
    found = utterance.of(*kinds)
    if parameter.wants is Wants.NUMBER and parameter.most and parameter.required:
        found = [e for e in found if e.value != _HALF] + list(_shares(parameter.most, utterance))
    if parameter.takes_day:
        found += _days_with_times(utterance)
    if parameter.wants is Wants.WHEN:
        found += [
            Entity(Kind.DATE, e.start - 1, e.end, f"in {e.text}", e.value)
            for e in utterance.of(Kind.DURATION)
            if e.start and utterance.words[e.start - 1] == "in"
        ]
    return found


def _shares(most: float, utterance: Utterance) -> Iterator[Entity]:
    """Yield "maximum" and "half" as a share of the most that a dial can show."""
    for i, word in enumerate(utterance.words):
        share = 1.0 if word in _MAXIMUM else _HALF if word in ("half", "halfway") else 0.0
        if share:
            yield Entity(Kind.NUMBER, i, i + 1, format_number(most * share), most * share)


def _days_with_times(utterance: Utterance) -> Iterator[Entity]:
    """Yield "tomorrow at six" and "six tomorrow" as one, the day first."""
    for day in utterance.of(Kind.DATE):
        for time in utterance.of(Kind.TIME):
            first, second = sorted((day, time), key=lambda e: e.start)
            between = utterance.words[first.end : second.start]
            if first.end <= second.start and all(word in ("at", "on", "for") for word in between):
                text = f"{day.text} {time.text}"
                yield Entity(Kind.DATE, first.start, second.end, text, time.value)


def _choices(parameter: Parameter, utterance: Utterance) -> Iterator[tuple[int, int, float, Any]]:
    """Yield (start, end, cost, choice) for each place where a choice is named or meant."""
    for choice in parameter.choices:
        names = re.sub(r"[_\W]+", " ", str(choice).lower()).split()
        meant = CHOICE_WORDS.get(" ".join(names), "").split()
        for start in range(len(utterance.words)):
            said = utterance.words[start : start + len(names)]
            if said == names:
                yield start, start + len(names), 0.0, choice
            elif [stem(w) for w in said] == [stem(w) for w in names]:
                yield start, start + len(names), 0.05, choice
            elif utterance.words[start] in meant:
                yield start, start + 1, 0.1, choice
            elif (
                len(names) == 1
                and min(len(names[0]), len(said[0])) > 4
                and fuzz.ratio(said[0], names[0]) >= 84
            ):
                yield start, start + 1, 0.15, choice
        if isinstance(choice, int | float) and not isinstance(choice, bool):
            for entity in utterance.of(Kind.NUMBER):
                if entity.value == choice:
                    yield entity.start, entity.end, 0.0, choice


def _switches(utterance: Utterance) -> Iterator[tuple[int, int, bool]]:
    for i, word in enumerate(utterance.words):
        if word in _YES or word in _NO:
            yield i, i + 1, word in _YES


def _free(wants: Wants, utterance: Utterance) -> Iterator[Span]:
    """Yield every stretch of words; what begins or ends like no phrase costs more."""
    words, count = utterance.words, len(utterance.words)
    typed = [e for e in utterance.entities if e.kind is not Kind.UNIT and not e.weak]
    is_text = wants in (Wants.TEXT, Wants.ITEMS)
    for start in range(count):
        for end in range(start + 1, min(count, start + _LONGEST[wants]) + 1):
            cost = 0.12 + _FREE_COST[wants] * (end - start)
            if words[start] in _SMALL and words[start] not in _DETERMINERS:
                cost += 0.1 if is_text else 0.5
            if not is_text:
                cost += 0.15 * sum(w in _SMALL and w != "of" for w in words[start + 1 : end - 1])
            if words[end - 1] in _SMALL and words[end - 1] != "off":
                cost += 0.2 if is_text else 0.5
            if words[start] in ("me", "us"):
                cost += 0.4
            if utterance.weak[end - 1] or utterance.weak[start]:
                cost += 0.3
            if words[start] in _PRONOUNS and (end == start + 1 or words[start + 1] in _SMALL):
                cost += 0.6
            if not is_text:
                cost += 0.3 * sum(w in _UNLIKELY for w in words[start:end])
            if not is_text and any(start < b < end for b in utterance.breaks):
                cost += 0.4
            if not is_text and any(e.start < end and e.end > start for e in typed):
                cost += 1.0 if wants is Wants.PLACE else 0.2
            yield Span(start, end, cost)


def is_thing(utterance: Utterance, start: int, end: int) -> bool:
    """Return whether words ``[start, end)`` name a thing: "some bread", but not "to talk"."""
    while end - start > 1 and utterance.words[start] in _DETERMINERS:
        start += 1
    if any((e.start, e.end) == (start, end) for e in utterance.of(Kind.DATE, Kind.TIME)):
        return False
    unlikely = _SMALL | _PRONOUNS | _UNLIKELY | _NO_THINGS
    return unlikely.isdisjoint((utterance.words[start], utterance.words[end - 1]))


def _free_value(parameter: Parameter, utterance: Utterance, start: int, end: int) -> Any:
    words = utterance.words
    if parameter.wants is Wants.TEXT:
        while end - start > 1 and words[start] in _SAYING:
            start += 1
    else:
        while end - start > 1 and words[start] in _DETERMINERS and not _counts(utterance, start):
            start += 1
    if words[start] in _PRONOUNS and _POINTED.issuperset(words[start + 1 : end]):
        return None  # "add it", "put them on", "delete those two": better ask what
    if words[start] in _QUANTITIES and _POINTED.issuperset(words[start:end]):
        return None  # "put some on"
    said = utterance.original(start, end)
    if parameter.wants is not Wants.ITEMS:
        return said or None
    return [part for part in re.split(r"\s*,\s*(?:and\s+)?|\s+and\s+", said) if part] or None


def _counts(utterance: Utterance, start: int) -> bool:
    return any(e.start == start for e in utterance.of(Kind.NUMBER, Kind.DURATION))


def fill_from_answer(parameter: Parameter, utterance: Utterance, today: Today) -> Any:
    """Return the value that a short answer to a question for ``parameter`` gives; None for none."""
    words: Sequence[str] = utterance.words
    start, end = utterance.core_start, len(words)
    while end > start and utterance.weak[end - 1]:
        end -= 1
    if parameter.wants in FREE_ANSWERS:
        while end - start > 1 and words[start] in _LEADING:
            start += 1
        return _free_value(parameter, utterance, start, end) if end > start else None
    fitting = sorted(
        (s for s in spans(parameter, utterance) if s.cost < 0.5),
        key=lambda s: (s.cost, s.start - s.end),
    )
    if fitting:
        return value(parameter, utterance, fitting[0].start, fitting[0].end, today)
    if parameter.wants is Wants.UNIT and 0 < end - start <= 3:
        return utterance.original(start, end)  # a unit that only the tool knows
    return None


FREE_ANSWERS = frozenset(_FREE_COST)
_LEADING = frozenset("for to in at on of it is the called named that about".split())
