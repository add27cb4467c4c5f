"""Example sentences for a tool whose author gave none: guessed from its name and its schema.

Tools that come over the wire from other people's programs have a name, a description and
parameters, and nothing that tells how a person asks for them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from voice.engines.offline_brain.parameters import Parameter, Wants
from voice.engines.ports import BrainTool

MAX_SLOTS = 2
"""Parameters in a guessed sentence; what else is required is asked for."""

_ASKING = frozenset(
    "get fetch find lookup look check show read query retrieve list tell report give "
    "current describe generate compute calculate determine".split()
)
"""First words of names that ask for something: get_weather, lookup_order."""

_TAILS = {
    Wants.PLACE: "(in|for|at|of|near) {%s}",
    Wants.DATE: "[on|for] {%s}",
    Wants.WHEN: "[at|on|for] {%s}",
    Wants.TIME: "(at|for) {%s}",
    Wants.DURATION: "for {%s}",
    Wants.UNIT: "(in|to) {%s}",
    Wants.NUMBER: "[to|of|by|for|number] {%s}",
    Wants.CHOICE: "[to|in|for] {%s}",
    Wants.SWITCH: "{%s}",
    Wants.EXPRESSION: "[of] {%s}",
    Wants.NAME: "(for|of|to|called|named) {%s}",
    Wants.TEXT: "(for|about|of|that|saying) {%s}",
    Wants.ITEMS: "(with|of|for) {%s}",
    Wants.UNKNOWN: "[for|of|to|number] {%s}",
}

_OBJECTS = frozenset(
    {Wants.TEXT, Wants.NAME, Wants.EXPRESSION, Wants.ITEMS, Wants.NUMBER, Wants.UNKNOWN}
)
"""What may stand right behind a verb: "play {song}", "search {query}"."""

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NOT_WORDS = re.compile(r"[\W_]+")
_MARKS = re.compile(r"[{}()\[\]|]")
_MAX_DESCRIPTION_WORDS = 14


def guess_examples(tool: BrainTool, parameters: Mapping[str, Parameter]) -> tuple[str, ...]:
    """Return example templates for a tool without any; () for a name without words."""
    words = _NOT_WORDS.sub(" ", _CAMEL.sub(" ", tool.name)).lower().split()
    if not words:
        return ()
    tail = _tail(parameters)
    if words[0] in _ASKING and len(words) > 1:
        found = _questions(" ".join(words[1:]), tail)
    else:
        found = _orders(words, tail, parameters)
    described = _described(tool.description, parameters)
    return (*found, described) if described else tuple(found)


def _questions(subject: str, tail: str) -> list[str]:
    return [
        f"(what is|what's|how is|tell me|show me|give me|check|find|get|look up) [the] {subject}"
        f"{tail}",
        f"{subject}{tail}",
    ]


def _orders(words: list[str], tail: str, parameters: Mapping[str, Parameter]) -> list[str]:
    verb, rest = words[0], " ".join(words[1:])
    found = [f"{verb} [the|a|an|my] {rest}{tail}" if rest else f"{verb}{tail}"]
    direct = next((p for p in _wanted(parameters) if p.wants in _OBJECTS), None)
    if direct is not None:
        found.append(f"{verb} [the|for] {{{direct.name}}}")
    return found


def _wanted(parameters: Mapping[str, Parameter]) -> list[Parameter]:
    """Return the parameters to speak of: the required ones, or else the first."""
    required = [parameter for parameter in parameters.values() if parameter.required]
    return (required or list(parameters.values())[:1])[:MAX_SLOTS]


def _tail(parameters: Mapping[str, Parameter]) -> str:
    """Return the places of the parameters, each one optional: people forget them."""
    wanted = [_TAILS[p.wants] % p.name for p in _wanted(parameters)]
    return "".join(f"[ {slot}]" for slot in wanted)


def _described(description: str, parameters: Mapping[str, Parameter]) -> str:
    """Return the description's first sentence with slots for the parameters that it names."""
    sentence = _MARKS.sub(" ", re.split(r"[.;:\n]", description, maxsplit=1)[0]).strip().lower()
    if not 1 < len(sentence.split()) <= _MAX_DESCRIPTION_WORDS:
        return ""
    for parameter in _wanted(parameters):
        place = (
            rf"\b(?:(?:a|an|the|this|given|specified|specific)\s+)+{re.escape(parameter.words)}\b"
        )
        sentence = re.sub(place, f"{{{parameter.name}}}", sentence, count=1)
    return sentence
