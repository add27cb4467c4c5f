"""Cuts a whole answer into the deltas in which a streaming brain would have sent it."""

from __future__ import annotations

import re

_PIECE = re.compile(r"\s*\S+|\s+$")


def word_pieces(text: str) -> list[str]:
    """Return the words of ``text`` with their leading whitespace; joined, they are the text."""
    return _PIECE.findall(text)
