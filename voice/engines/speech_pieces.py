"""Cuts text into the pieces that a synthesiser speaks one after the other; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

_SENTENCE_END = re.compile(r"[.!?…][\"'”’)\]]*$")
_CLAUSE_END = re.compile(r"[,;:—][\"'”’)\]]*$")
_INITIAL = re.compile(r"^[\"'“‘(]*[A-Za-z]\.$")
_DOTTED = frozenset(
    "dr. mr. mrs. ms. prof. st. sr. jr. vs. etc. no. e.g. i.e. approx. a.m. p.m. u.s. u.k.".split()
)
_JOINTS = frozenset("and but or because so which that while when if then than with for".split())

LONG_FIRST_CHARS = 90
"""A first sentence longer than this (5 s, 40 ms of computing) is cut at its first good clause."""

LONGEST_CHARS = 280
"""No piece is longer than this: the network was made for 400 phonemes at most."""

_SHORTEST_CLAUSE_CHARS = 14

PieceEnd = Literal["sentence", "clause", "joint"]


@dataclass(frozen=True, slots=True)
class Piece:
    """Words of the text that are synthesised in one go, and what kind of pause follows them."""

    words: tuple[str, ...]
    end: PieceEnd

    @property
    def text(self) -> str:
        """The words with single spaces between."""
        return " ".join(self.words)


def pieces_of(text: str) -> list[Piece]:
    """Cut ``text`` into pieces that hold each word of ``text.split()`` once, in order.

    Sentences stay whole, but for a long first one (so that its first clause sounds early) and
    for sentences too long for a synthesiser.
    """
    pieces: list[Piece] = []
    for line in text.splitlines():
        for sentence in _sentences(line.split()):
            pieces += _clauses(sentence, is_first=not pieces)
    return pieces


def _sentences(words: list[str]) -> list[list[str]]:
    sentences: list[list[str]] = []
    start = 0
    for index, word in enumerate(words):
        following = words[index + 1] if index + 1 < len(words) else None
        if following is None or _ends_sentence(word, following):
            sentences.append(words[start : index + 1])
            start = index + 1
    return sentences


def _ends_sentence(word: str, following: str) -> bool:
    if not _SENTENCE_END.search(word) or following[:1].islower():
        return False
    if word.endswith("."):
        return word.lower().lstrip("\"'“‘(") not in _DOTTED and not _INITIAL.match(word)
    return True


def _clauses(words: list[str], *, is_first: bool) -> list[Piece]:
    """Cut one sentence where it is too long to be spoken in one go."""
    pieces: list[Piece] = []
    while words:
        limit = LONG_FIRST_CHARS if is_first and not pieces else LONGEST_CHARS
        if len(" ".join(words)) <= limit:
            pieces.append(Piece(tuple(words), "sentence"))
            break
        count, end = _cut(words, is_first=is_first and not pieces)
        if count == len(words):
            end = "sentence"
        pieces.append(Piece(tuple(words[:count]), end))
        words = words[count:]
    return pieces


def _cut(words: list[str], *, is_first: bool) -> tuple[int, PieceEnd]:
    """Return how many words the next piece takes and how it ends.

    The first piece of all takes the earliest clause that is not tiny, later ones the longest that
    fits. Where there is no comma the cut comes before a joining word, else where it must.
    """
    clauses: list[int] = []
    joints: list[int] = []
    fitting = 1
    length = -1
    for index, word in enumerate(words):
        length += 1 + len(word)
        if length > LONGEST_CHARS:
            break
        fitting = index + 1
        if length >= _SHORTEST_CLAUSE_CHARS and index + 1 < len(words):
            if _CLAUSE_END.search(word):
                clauses.append(index + 1)
            elif words[index + 1].lower() in _JOINTS and length >= LONG_FIRST_CHARS // 2:
                joints.append(index + 1)
    if is_first and fitting == len(words) and not clauses:
        # A cut without a comma is heard; it is worth it only where the sentence cannot be whole.
        return len(words), "sentence"
    choose = min if is_first else max
    if clauses:
        return choose(clauses), "clause"
    if joints:
        return choose(joints), "joint"
    return fitting, "joint"
