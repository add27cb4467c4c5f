"""The conversation as a list: items in order, and of spoken ones the heard and the unheard text.

Client and embedded server keep the same ledger. The brain's prompt and a restored session are built
from
the heard text alone (DESIGN §6).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

MAX_ITEMS = 2_000
"""Oldest items are dropped beyond this many (FAULTS §5)."""

EntryKind = Literal["message", "function_call", "function_call_output", "other"]


class UnknownItem(KeyError):
    """No item has this id; the caller decides whose fault that is."""


class DuplicateItem(ValueError):
    """An item with this id is in the ledger already."""


@dataclass(slots=True)
class Entry:
    """One item of the conversation.

    ``text`` is what is taken as said: for a spoken answer that was cut, only what was heard; the
    rest is in ``unheard_text``. ``heard_ms`` is None until the item is truncated. ``name``,
    ``arguments`` and ``call_id`` belong to function calls, ``text`` of a function_call_output is
    the output. ``image_urls`` are data URIs. ``spoken`` says whether the text is a transcript of
    audio.
    """

    item_id: str
    kind: EntryKind
    role: str | None = None
    text: str = ""
    spoken: bool = False
    status: Literal["in_progress", "completed", "incomplete"] = "completed"
    name: str | None = None
    call_id: str | None = None
    arguments: str = ""
    unheard_text: str = ""
    heard_ms: int | None = None
    image_urls: list[str] = field(default_factory=list)


class Ledger:
    """Items in conversation order; bounded; ids unique."""

    def __init__(self, max_items: int = MAX_ITEMS) -> None:
        self._order: list[str] = []
        self._entries: dict[str, Entry] = {}
        self._max_items = max_items

    def __len__(self) -> int:
        return len(self._order)

    def __iter__(self) -> Iterator[Entry]:
        return (self._entries[item_id] for item_id in self._order)

    def __contains__(self, item_id: str) -> bool:
        return item_id in self._entries

    def get(self, item_id: str) -> Entry | None:
        """Return the entry, or None."""
        return self._entries.get(item_id)

    def entry(self, item_id: str) -> Entry:
        """Return the entry; raises UnknownItem."""
        try:
            return self._entries[item_id]
        except KeyError:
            raise UnknownItem(item_id) from None

    @property
    def last_id(self) -> str | None:
        """Id of the newest item, or None when empty."""
        return self._order[-1] if self._order else None

    def previous_id(self, item_id: str) -> str | None:
        """Return the id of the item before this one; None for the first. Raises UnknownItem."""
        self.entry(item_id)
        position = self._order.index(item_id)
        return self._order[position - 1] if position else None

    def add(self, entry: Entry, previous_item_id: str | None = None) -> list[str]:
        """Insert after ``previous_item_id`` (None: at the end, ``"root"``: at the front).

        Returns the ids of old items that were dropped to keep the bound. Raises DuplicateItem, and
        UnknownItem for an unknown anchor.
        """
        if entry.item_id in self._entries:
            raise DuplicateItem(entry.item_id)
        if previous_item_id is None:
            position = len(self._order)
        elif previous_item_id == "root":
            position = 0
        else:
            self.entry(previous_item_id)
            position = self._order.index(previous_item_id) + 1
        self._order.insert(position, entry.item_id)
        self._entries[entry.item_id] = entry
        dropped = []
        while len(self._order) > self._max_items:
            oldest = self._order.pop(0)
            del self._entries[oldest]
            dropped.append(oldest)
        return dropped

    def truncate(self, item_id: str, heard_ms: int, heard_text: str) -> None:
        """Keep ``heard_text`` (a prefix of the text) and set the rest apart. Raises UnknownItem."""
        entry = self.entry(item_id)
        entry.unheard_text = entry.text[len(heard_text) :] + entry.unheard_text
        entry.text = heard_text
        entry.heard_ms = heard_ms
        entry.status = "incomplete"

    def delete(self, item_id: str) -> Entry:
        """Remove an item and return it. Raises UnknownItem."""
        entry = self.entry(item_id)
        del self._entries[item_id]
        self._order.remove(item_id)
        return entry
