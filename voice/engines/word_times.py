"""Which word of the text each word that is spoken came from; pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from difflib import SequenceMatcher


def owners_of_spoken_words(
    source: Sequence[str], spoken: Sequence[str], spoken_count: Callable[[str], int]
) -> list[int | None]:
    """Return for each spoken word the index of the source word that it belongs to.

    Normalising turns "3:45 PM" into "three forty five P.M.": one source word may be several spoken
    ones, and "5 km" stays two. Words that are equal on both sides are anchors; between anchors
    the words are shared by ``spoken_count`` (how many words a source word makes by itself)
    where that adds up, else in proportion. None only where there is no source word at all.
    """
    owners: list[int | None] = []
    matcher = SequenceMatcher(None, list(source), list(spoken), autojunk=False)
    for kind, first, last, spoken_first, spoken_last in matcher.get_opcodes():
        count = spoken_last - spoken_first
        if kind == "equal":
            owners += range(first, last)
        elif kind == "replace":
            owners += _shared(source[first:last], first, count, spoken_count)
        elif kind == "insert":
            owners += [first - 1 if first else (0 if source else None)] * count
    return owners


def _shared(
    words: Sequence[str], first: int, count: int, spoken_count: Callable[[str], int]
) -> list[int]:
    if len(words) == count:
        return list(range(first, first + count))
    shares = [spoken_count(word) for word in words]
    if sum(shares) == count:
        return [first + i for i, share in enumerate(shares) for _ in range(share)]
    return [first + index * len(words) // count for index in range(count)]
