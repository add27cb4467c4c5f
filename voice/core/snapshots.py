"""Copies of a conversation's entries for prompts, made anew only for what has changed.

A long conversation is read at every turn; copying and measuring all of it each time would make a
turn the dearer the longer one talks.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable

from voice.core.compaction import entry_tokens
from voice.core.ledger import Entry


class Snapshots:
    """The copies that were made last; never changed afterwards, so they may be shared."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[Entry, int]] = {}  # bounded: as the ledger

    def take(self, entries: Iterable[Entry]) -> list[tuple[Entry, int]]:
        """Return copies of the entries that say something, each with its size in tokens.

        An entry counts as changed when its text or its arguments are another object: strings are
        replaced, never altered.
        """
        kept: dict[str, tuple[Entry, int]] = {}
        for entry in entries:
            if entry.kind == "message" and not entry.text and not entry.image_urls:
                continue
            known = self._kept.get(entry.item_id)
            if (
                known is None
                or known[0].text is not entry.text
                or known[0].arguments is not entry.arguments
            ):
                known = (copy.copy(entry), entry_tokens(entry))
            kept[entry.item_id] = known
        self._kept = kept
        return list(kept.values())
