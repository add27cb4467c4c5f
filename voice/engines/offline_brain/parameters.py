"""What each parameter of a tool wants, read from its JSON schema, its name and its description."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from voice.engines.ports import BrainTool


class Wants(Enum):
    """The kind of words that fill a parameter."""

    NUMBER = "number"
    DURATION = "duration"
    TIME = "time"
    DATE = "date"
    WHEN = "when"
    UNIT = "unit"
    EXPRESSION = "expression"
    CHOICE = "choice"
    SWITCH = "switch"
    PLACE = "place"
    NAME = "name"
    TEXT = "text"
    ITEMS = "items"
    UNKNOWN = "unknown"


FREE = frozenset({Wants.PLACE, Wants.NAME, Wants.TEXT, Wants.ITEMS})
"""Kinds that take any words; where such a value begins and ends, the words around it must say."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a tool.

    ``json_type`` is the schema's type of the value. ``choices`` are the values of an enum.
    ``unit_seconds`` is the unit of a number that counts time (60 for minutes), else 0. ``most`` is
    the schema's maximum, where it has one.
    ``takes_day`` says that a time may hold its day, for the tool has no parameter for the day;
    ``takes_day_part`` that a date may hold "morning", for the tool has none for the time.
    """

    name: str
    wants: Wants
    json_type: str
    required: bool
    description: str = ""
    choices: tuple[Any, ...] = ()
    unit_seconds: int = 0
    format: str = ""
    most: float | None = None
    takes_day: bool = False
    takes_day_part: bool = False

    @property
    def words(self) -> str:
        """The name as a person would say it: ``list_name`` is "list name"."""
        return re.sub(r"[_\W]+", " ", self.name).strip()


_BY_NAME: tuple[tuple[Wants, str], ...] = (
    (Wants.DURATION, r"duration|length|how long|interval|period|delay|timeout"),
    (Wants.EXPRESSION, r"expression|formula|calculation|equation|math|arithmetic"),
    (Wants.UNIT, r"units?"),
    (Wants.PLACE, r"place|city|town|location|country|where|destination|origin|address|region|"
                  r"time ?zone|zone"),
    (Wants.WHEN, r"when|date ?time|due|deadline|starts?|ends?|start time|end time"),
    (Wants.TIME, r"time|clock|hour|at"),
    (Wants.DATE, r"day|date|weekday|birthday"),
    (Wants.TEXT, r"text|body|message|note|content|memo|query|question|sentence|phrase|prompt|"
                 r"task|reminder|fact|what|search|words"),
)  # fmt: skip
_BY_DESCRIPTION: tuple[tuple[Wants, str], ...] = (
    (Wants.DURATION, r"how long|duration"),
    (Wants.EXPRESSION, r"arithmetic|expression|calculation"),
    (Wants.TIME, r"time of day|clock time"),
    (Wants.DATE, r"day|calendar day|date"),
    (Wants.UNIT, r"unit"),
    (Wants.PLACE, r"city|country|town|place name"),
)
_ARTICLES = r"(?:(?:the|a|an|in which|which|what|name of|for)\s)*"
"""What may come before the noun that says what a parameter is; later words are examples."""

_BY_FORMAT = {
    "duration": Wants.DURATION,
    "time": Wants.TIME,
    "date": Wants.DATE,
    "date-time": Wants.WHEN,
}
_UNITS = (("second", 1), ("sec", 1), ("minute", 60), ("min", 60), ("hour", 3600), ("day", 86_400))


def read_parameters(tool: BrainTool) -> dict[str, Parameter]:
    """Return the tool's parameters by name, in the schema's order."""
    schema = tool.parameters
    properties = schema.get("properties")
    required = schema.get("required")
    names = set(required) if isinstance(required, Sequence) else set()
    if not isinstance(properties, Mapping):
        return {}
    read = {
        name: _parameter(name, node if isinstance(node, Mapping) else {}, name in names)
        for name, node in properties.items()
    }
    has_day = any(p.wants is Wants.DATE for p in read.values())
    has_time = any(p.wants is Wants.TIME for p in read.values())
    return {
        name: replace(
            p,
            takes_day=p.wants in (Wants.TIME, Wants.WHEN) and not has_day,
            takes_day_part=not has_time,
        )
        for name, p in read.items()
    }


def _parameter(name: str, node: Mapping[str, Any], required: bool) -> Parameter:
    kind = _plain(node)
    json_type = _type(kind)
    description = str(node.get("description") or kind.get("description") or "")
    said = re.sub(r"[_\W]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)).strip().lower()
    enum = kind.get("enum")
    choices = tuple(enum) if isinstance(enum, Sequence) else ()
    unit = _unit_seconds(said, description) if json_type in ("integer", "number") else 0
    form = str(kind.get("format") or "")
    return Parameter(
        name=name,
        wants=_wants(said, description.lower(), json_type, choices, unit, form),
        json_type=json_type,
        required=required,
        description=description,
        choices=choices,
        unit_seconds=unit,
        format=form,
        most=most if isinstance(most := kind.get("maximum"), int | float) else None,
    )


def _plain(node: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the alternative of ``anyOf`` that is not null: an optional parameter's real schema."""
    for key in ("anyOf", "oneOf"):
        options = node.get(key)
        if isinstance(options, Sequence):
            real = [o for o in options if isinstance(o, Mapping) and o.get("type") != "null"]
            if real:
                return real[0]
    return node


def _type(node: Mapping[str, Any]) -> str:
    kind = node.get("type", "string")
    if isinstance(kind, Sequence) and not isinstance(kind, str):
        kind = next((k for k in kind if k != "null"), "string")
    return str(kind)


def _wants(
    said: str, description: str, json_type: str, choices: tuple[Any, ...], unit: int, form: str
) -> Wants:
    if choices:
        return Wants.CHOICE
    match json_type:
        case "boolean":
            return Wants.SWITCH
        case "integer" | "number":
            return Wants.DURATION if unit else Wants.NUMBER
        case "array":
            return Wants.ITEMS
        case "string":
            return _BY_FORMAT.get(form) or _string(said, description)
    return Wants.UNKNOWN


def _string(said: str, description: str) -> Wants:
    for wants, names in _BY_NAME:
        if re.fullmatch(names, said):
            return wants
    for wants, names in _BY_NAME:
        if re.search(rf"\b(?:{names})$", said):
            return wants
    for wants, words in _BY_DESCRIPTION:
        if re.match(rf"{_ARTICLES}(?:{words})\b", description):
            return wants
    return Wants.NAME


def _unit_seconds(said: str, description: str) -> int:
    """Return the seconds in the unit of a number that counts time; 0 for any other number."""
    for word, seconds in _UNITS:
        if re.search(rf"\b{word}s?\b", said):
            return seconds
    if re.search(r"how long|duration|after|delay", f"{said} {description}".lower()):
        for word, seconds in _UNITS:
            if re.search(rf"\b{word}s?\b", description.lower()):
                return seconds
    return 0
