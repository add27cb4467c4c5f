"""Cuts a long sentence into its clauses, for a wish often stands beside its reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from voice.engines.offline_brain.utterance import STATING, Utterance

MAX_CLAUSES = 5
"""Clauses of a sentence that is cut; a longer one is told, not asked."""

MAX_PARTS = 9
"""Stretches of clauses that are read by themselves: each costs a few milliseconds."""

REASONS = frozenset("because cause cos coz cuz whilst while since although".split())
_SO = frozenset("i we he she it they you that the can could would will please what where when how "
                "who put set add remind tell give let do get take turn make".split())  # fmt: skip
_ASIDES = frozenset(
    "please dear love thanks thank you mate sorry okay ok yes no well oh right so now".split()
)
_FAR = frozenset({"there"})
_AT = frozenset("in at to from near around towards into for".split())
_MAX_PLACE = 4
_NAMING = frozenset("the that this those these my our".split())
_IT = frozenset("it that them those these".split())
_MAX_THING = 7


@dataclass(frozen=True, slots=True)
class Part:
    """One or several clauses that stand together: their text, and how many there are of all.

    ``before`` is the text of what stands before, where a "there" or "it" may point to.
    """

    text: str
    clauses: int
    before: str


def parts(utterance: Utterance) -> list[Part]:
    """Return the stretches of clauses that may hold the wish alone; empty for a single clause.

    Single clauses come first, then longer stretches; never the whole.
    """
    ranges = _clauses(utterance)
    if not 2 <= len(ranges) <= MAX_CLAUSES:
        return []
    found = [
        _part(utterance, ranges[first : first + count], ranges)
        for count in range(1, len(ranges))
        for first in range(len(ranges) - count + 1)
    ]
    return found[:MAX_PARTS]


def _part(
    utterance: Utterance, ranges: Sequence[tuple[int, int]], cuts: Sequence[tuple[int, int]]
) -> Part:
    start, end = ranges[0][0], ranges[-1][1]
    tokens, text = utterance.tokens, utterance.text
    last = tokens[end - 1].end
    mark = "?" if text[last:].lstrip().startswith("?") else ""
    before = text[: tokens[start].start]
    said = text[tokens[start].start : last] + mark
    first = ranges[0]
    thing = _thing(utterance, cuts[cuts.index(first) - 1]) if cuts.index(first) else ""
    return Part(_with_thing(_with_place(said, before), thing), len(ranges), before)


def _clauses(utterance: Utterance) -> list[tuple[int, int]]:
    """Return the word ranges of the clauses; a pause within a list of things ends none."""
    cuts = sorted({0, *_cuts(utterance), len(utterance.words)})
    ranges: list[tuple[int, int]] = []
    for start, end in zip(cuts, cuts[1:], strict=False):
        if _ASIDES.issuperset(utterance.words[start:end]):
            if ranges:
                ranges[-1] = (ranges[-1][0], end)
            continue
        ranges.append((start, end))
    return ranges


def _cuts(utterance: Utterance) -> Iterator[int]:
    words = utterance.words
    inside = {i for e in utterance.entities if not e.weak for i in range(e.start + 1, e.end)}
    for i in range(1, len(words)):
        if i in inside:
            continue
        following = words[i + 1] if i + 1 < len(words) else ""
        if i in utterance.breaks or words[i] in REASONS or (words[i] == "so" and following in _SO):
            yield i


def _with_place(said: str, before: str) -> str:
    """Put the place that was told before where the wish only says "there"."""
    wish, told = Utterance(said), Utterance(before)
    place = _place(told)
    if not place or not wish.words:
        return said
    at = max((i for i, word in enumerate(wish.words) if word in _FAR), default=0)
    if not at or wish.words[at - 1] in ("is", "are"):
        return said
    first = at - 1 if wish.words[at - 1] in ("over", "out", "up", "down") else at
    return f"{said[: wish.tokens[first].start]}in {place}{said[wish.tokens[at].end :]}"


def _thing(utterance: Utterance, clause: tuple[int, int]) -> str:
    """Return a clause that only names a thing, "that alarm for six"; empty for any other."""
    start, end = clause
    while start < end and utterance.weak[start]:
        start += 1
    words = utterance.words[start:end]
    is_named = 2 <= len(words) <= _MAX_THING and words[0] in _NAMING
    if not is_named or not STATING.isdisjoint(words):
        return ""
    return utterance.original(start, end)


def _with_thing(said: str, thing: str) -> str:
    """Put a thing that was named before in the place of the "it" of an order."""
    wish = Utterance(said)
    at = next((i for i, word in enumerate(wish.words) if i and word in _IT), None)
    if not thing or at is None or wish.words[at - 1] in ("is", "are", "do", "like"):
        return said
    return f"{said[: wish.tokens[at].start]}{thing}{said[wish.tokens[at].end :]}"


def _place(told: Utterance) -> str:
    """Return the words behind the last "in" or "to" of what was told before; empty for none."""
    last = max((i for i, word in enumerate(told.words) if word in _AT), default=-1)
    end = last + 1
    taken = {i for e in told.entities if not e.weak for i in range(e.start, e.end)}
    while end < len(told.words) and end - last <= _MAX_PLACE and end not in taken:
        if end > last + 1 and (end in told.breaks or told.words[end] in ("on", "and", "so", "for")):
            break
        end += 1
    return told.original(last + 1, end) if last >= 0 and end > last + 1 else ""
