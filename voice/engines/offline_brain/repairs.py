"""Takes out of what was said what people say on the way to it: fillers, stutters, corrections."""

from __future__ import annotations

import re
from collections.abc import Sequence

from voice.engines.offline_brain.entities import Entity, find_entities
from voice.engines.offline_brain.tokens import Token, tokenize, words_of

MAX_CHARS = 1_000
"""Characters that are mended; a request is never longer."""

_SOUND = r"(?:u+m+|u+h+|e+r+m*|a+h+|h+m+|m+)"
_FILLER = (
    rf"(?:{_SOUND}|you know|let us see|let's see|let me see|let me think|what was it|"
    r"how do you say|what is it called|what's it called)"
)
_IN_COMMAS = re.compile(rf"([,.;])\s*{_FILLER}(?:\s*,|\s*\.{{2,}}|(?=[.?!]|$))", re.I)
_BARE = re.compile(rf"(?:^|(?<=\s)){_SOUND}(?:[,.]+\s+|\s+(?=\S))", re.I)
_PARENTHESES = re.compile(
    r",\s*(?:like|say|let us say|let's say|i think|i guess|i suppose|i believe|if you will|"
    r"you see|well|please|dear|love|so)\s*(?=,)",
    re.I,
)
_SAY = re.compile(r"(?<=\w)\s+(?:let's say|let us say),?(?=\s)|\blike,\s+", re.I)

_HANGING = re.compile(r"\b(a|an|the|my|for|to|at|of|from),(?=\s)", re.I)
"""A pause behind a small word ends no clause: somebody looks for the next word."""

_STUTTER = re.compile(
    r"\b(?!\d)([^\W\d_]['’\w]*(?:\s+[^\W\d_]['’\w]*){0,3})(?:\s*(?:,|-|…|\.{2,})\s*|\s+)\1\b", re.I
)
_SMALL = frozenset(
    "the a an my your our i we you it he she in on at to for of and is are was that this can could "
    "would will what where when how do did set put add from with if so".split()
)
"""Words that are said twice only by a stutter; other words need a pause between."""

_MARKERS = tuple(
    tuple(line.split())
    for line in (
        "no wait", "no sorry", "sorry no", "no actually", "actually no", "no make that",
        "no make it", "actually make that", "actually make it", "make that", "or rather",
        "or better", "i mean", "no i mean", "i meant", "no i meant", "sorry i mean",
        "sorry i meant", "scratch that", "correction", "wait no", "oh no", "wait", "rather",
        "no scratch that", "sorry", "no", "actually", "no not that", "no hang on", "hang on no",
        "or no", "well no", "no rather", "no better", "better make that", "better make it",
        "no let us say", "let us say", "no let us make it", "let us make it", "hang on",
        "no wait make that", "no wait make it", "wait make that", "wait make it",
        "no sorry i mean", "no sorry i meant", "no sorry make that", "no sorry make it",
        "sorry make that", "sorry make it", "wait actually", "actually sorry", "oh wait",
        "oh sorry", "oh wait no", "oh no wait", "wait sorry", "no wait sorry", "my mistake",
        "no my mistake", "or actually", "or maybe", "no maybe", "hold on", "no hold on",
        "make it",
    )
)  # fmt: skip
_LONGEST_MARKER = max(len(marker) for marker in _MARKERS)
_LIGHT = frozenset({("no",), ("sorry",), ("wait",), ("actually",), ("rather",), ("make", "it"),
                    ("or", "maybe"), ("let", "us", "say"), ("make", "that"), ("hang", "on"),
                    ("hold", "on")})  # fmt: skip
"""Markers that also mean something else: between words without a form they need a pause."""

_LEADS = frozenset("at for to in on by the a an it until till from with".split())
_REACH = 7
"""How many words before a correction the words may stand that it replaces."""


def mended(text: str) -> str:
    """Return ``text`` as its speaker meant it in the end.

    "Um, set, set a timer for five, no, six minutes" gives "set a timer for six minutes". Only
    words are left out, so what remains stands as it was heard; never empty where ``text`` is not.
    """
    made = _without_corrections(_without_stutters(_without_fillers(text[:MAX_CHARS])))
    return made if tokenize(made) else text


def _without_fillers(text: str) -> str:
    text = _IN_COMMAS.sub(r"\1", text)
    text = _BARE.sub("", text)
    text = _PARENTHESES.sub("", text)
    return _HANGING.sub(r"\1", _SAY.sub("", text))


def _without_stutters(text: str) -> str:
    def once(match: re.Match[str]) -> str:
        words = tokenize(match[1])
        is_number = any(e.start == 0 for e in find_entities(words_of(words)))
        paused = not match[0][len(match[1]) : len(match[1]) + 1].isspace()
        is_one = len(match[1].split()) == 1
        if is_number or (is_one and not paused and match[1].lower() not in _SMALL):
            return match[0]
        return match[0][-len(match[1]) :]

    return _STUTTER.sub(once, text)


def _without_corrections(text: str) -> str:
    """Leave out what a later word replaces, from the last correction to the first."""
    tokens = tokenize(text)
    words = words_of(tokens)
    if not any(marker[0] in words for marker in _MARKERS):
        return text
    entities = find_entities(words)
    at = len(words) - 1
    while at > 0:
        end = at + len(_marker_at(words, at))
        first = _replaced(text, tokens, entities, at, end) if end > at else None
        if first is not None:
            return _without_corrections(text[: tokens[first].start] + text[tokens[end].start :])
        at -= 1
    return text


def _marker_at(words: Sequence[str], at: int) -> tuple[str, ...]:
    """Return the longest marker that begins at ``at``; empty for none, or a part of a longer."""
    for length in range(_LONGEST_MARKER, 0, -1):
        said = tuple(words[at : at + length])
        if said in _MARKERS and at + length < len(words):
            if any(tuple(words[at - 1 : at + n]) in _MARKERS for n in range(length, 4)):
                return ()
            return said
    return ()


def _replaced(
    text: str, tokens: Sequence[Token], entities: Sequence[Entity], at: int, end: int
) -> int | None:
    """Return the first word that the words from ``end`` replace; None for no correction."""
    words = words_of(tokens)
    start = end
    while start < len(words) and words[start] in _LEADS:
        start += 1
    kinds = {e.kind for e in entities if e.start in (start, end)}
    before = [e for e in entities if e.end <= at and e.kind in kinds and at - e.end <= 1]
    if before:
        first = min(e.start for e in before if e.end == max(b.end for b in before))
        led = start - end  # "at seven, sorry, at eight": the small words are said again, too
        while led and words[max(0, first - led) : first] != words[end : end + led]:
            led -= 1
        return first - led
    if tuple(words[at:end]) in _LIGHT and not _is_apart(text, tokens, at, end):
        return None
    again = [i for i in range(max(0, at - _REACH), at) if words[i] == words[end]]
    if again and (words[end] in _LEADS or words[end] in _SMALL or again[-1] == 0):
        return again[-1]
    return None


def _is_apart(text: str, tokens: Sequence[Token], at: int, end: int) -> bool:
    """Return whether the words ``[at, end)`` stand between two pauses."""
    before = text[tokens[at - 1].end : tokens[at].start]
    after = text[tokens[end - 1].end : tokens[end].start]
    return any(c in ",;.-—…?!" for c in before) and any(c in ",;.-—…" for c in after)
