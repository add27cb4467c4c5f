"""Example sentences: the little template language, expanded into words and slots."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

from voice.engines.offline_brain.phrases import join_phrases
from voice.engines.offline_brain.tokens import tokenize

MAX_EXPANSIONS = 256
"""Sentences read from one example; what goes beyond is left out."""

MAX_KEPT = 48
"""Expansions of one example that are matched; evenly chosen, for they differ in small words."""

_TOKEN = re.compile(r"\{\w+\}|[()\[\]|]|[^(){}\[\]|]+|[{}]")
_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in a template that takes the words of a parameter."""

    name: str


Element: TypeAlias = "str | Slot"
Template: TypeAlias = tuple[Element, ...]


def expand(example: str) -> list[Template]:
    """Return the sentences that an example stands for, as plain words and slots, without doubles.

    ``[…]`` is optional, ``(a|b)`` and ``[a|b]`` are alternatives, ``{name}`` is a slot. A broken
    example gives what can be read of it; it never raises.
    """
    sentences, _ = _alternatives(_TOKEN.findall(example), 0)
    if len(sentences) > MAX_KEPT:
        stride = len(sentences) / MAX_KEPT
        sentences = [sentences[int(i * stride)] for i in range(MAX_KEPT)]
    templates = dict.fromkeys(_elements(sentence) for sentence in sentences)
    return [template for template in templates if template]


def _alternatives(pieces: list[str], at: int) -> tuple[list[str], int]:
    """Read up to a closing bracket; return the sentences and the index of that bracket."""
    finished: list[str] = []
    current = [""]
    while at < len(pieces) and pieces[at] not in (")", "]"):
        piece = pieces[at]
        if piece == "|":
            finished, current = finished + current, [""]
        elif piece in ("(", "["):
            inner, at = _alternatives(pieces, at + 1)
            options = ["", *inner] if piece == "[" else inner
            current = [left + right for left in current for right in options][:MAX_EXPANSIONS]
        else:
            current = [left + piece for left in current]
        at += 1
    return (finished + current)[:MAX_EXPANSIONS], at


def _elements(sentence: str) -> Template:
    elements: list[Element] = []
    for index, part in enumerate(_SLOT.split(sentence)):
        if index % 2:
            elements.append(Slot(part))
        else:
            elements += [token.text for token in join_phrases(tokenize(part))]
    return tuple(elements)


def without_slot(template: Template, name: str) -> Template:
    """Return ``template`` without a slot and the small words that lead to it.

    "set a timer for {duration}" becomes "set a timer": what people say who leave it out.
    """
    position = next(
        (i for i, e in enumerate(template) if isinstance(e, Slot) and e.name == name), None
    )
    if position is None:
        return template
    before, after = list(template[:position]), list(template[position + 1 :])
    while before and isinstance(before[-1], str) and before[-1] in _LEADS:
        before.pop()
    return tuple(before + after)


_LEADS = frozenset("for to at in on of by with from as that called named saying about is".split())


def phrase(template: Template, said: dict[str, str]) -> str:
    """Return the template as a sentence, each slot replaced by what was said for it."""
    words = [said.get(e.name, "") if isinstance(e, Slot) else e for e in template]
    return " ".join(word for word in words if word)
