"""The conversation as a list: items in order, and of spoken ones the heard and the unheard text.

Client and embedded server keep the same ledger. The brain's prompt and a restored session are built
from the heard text alone (DESIGN §6).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

MAX_ITEMS = 2_000
MAX_TEXT_CHARS = 1024 * 1024
MAX_IMAGE_CHARS = 24 * 1024 * 1024
"""The oldest items are dropped beyond this many items or characters (FAULTS §5); pictures, as data
URIs, have a bound of their own. The newest item always stays."""

_UNSETTLED = 8
"""The newest items, whose text may still grow; they are measured again at each addition."""

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

    def __init__(
        self,
        max_items: int = MAX_ITEMS,
        *,
        max_text_chars: int = MAX_TEXT_CHARS,
        max_image_chars: int = MAX_IMAGE_CHARS,
    ) -> None:
        self._order: list[str] = []
        self._entries: dict[str, Entry] = {}
        self._max_items = max_items
        self._max_text_chars = max_text_chars
        self._max_image_chars = max_image_chars
        self._text_chars: dict[str, int] = {}
        self._image_chars: dict[str, int] = {}  # only of items that hold pictures
        self._text_total = 0
        self._unsettled: deque[str] = deque(maxlen=_UNSETTLED)

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
        if self._order[-1] == item_id:
            return self._order[-2] if len(self._order) > 1 else None
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
        if entry.image_urls:
            self._image_chars[entry.item_id] = sum(map(len, entry.image_urls))
        self._unsettled.append(entry.item_id)
        for unsettled in self._unsettled:
            self._measure(unsettled)
        return self._drop_excess(entry.item_id)

    def _measure(self, item_id: str) -> None:
        entry = self._entries.get(item_id)
        if entry is not None:
            chars = len(entry.text) + len(entry.unheard_text) + len(entry.arguments)
            self._text_total += chars - self._text_chars.get(item_id, 0)
            self._text_chars[item_id] = chars

    def _drop_excess(self, newest: str) -> list[str]:
        """Drop the oldest until the bounds hold; for pictures, the oldest that hold some."""
        dropped = []
        while len(self._order) > self._max_items or self._text_total > self._max_text_chars:
            oldest = next((item_id for item_id in self._order if item_id != newest), None)
            if oldest is None:
                break
            self.delete(oldest)
            dropped.append(oldest)
        while sum(self._image_chars.values()) > self._max_image_chars:
            pictured = next(
                (i for i in self._order if i in self._image_chars and i != newest), None
            )
            if pictured is None:
                break
            self.delete(pictured)
            dropped.append(pictured)
        return dropped

    def truncate(self, item_id: str, heard_ms: int, heard_text: str) -> None:
        """Keep ``heard_text`` (a prefix of the text) and set the rest apart. Raises UnknownItem."""
        entry = self.entry(item_id)
        entry.unheard_text = entry.text[len(heard_text) :] + entry.unheard_text
        entry.text = heard_text
        entry.heard_ms = heard_ms
        entry.status = "incomplete"

    def rename(self, names: Mapping[str, str]) -> None:
        """Give entries new ids, in place; ``names`` maps old ids to new and unique ones."""
        entries = list(self)
        for entry in entries:
            entry.item_id = names.get(entry.item_id, entry.item_id)
        self._order = [entry.item_id for entry in entries]
        self._entries = {entry.item_id: entry for entry in entries}
        # What an item is counted for goes with it, or it would count for ever once it is dropped.
        self._text_chars = _renamed(self._text_chars, names)
        self._image_chars = _renamed(self._image_chars, names)
        unsettled = [names.get(item_id, item_id) for item_id in self._unsettled]
        self._unsettled = deque(unsettled, maxlen=_UNSETTLED)

    def delete(self, item_id: str) -> Entry:
        """Remove an item and return it. Raises UnknownItem."""
        entry = self.entry(item_id)
        del self._entries[item_id]
        self._order.remove(item_id)
        self._text_total -= self._text_chars.pop(item_id, 0)
        self._image_chars.pop(item_id, None)
        return entry


def _renamed(sizes: dict[str, int], names: Mapping[str, str]) -> dict[str, int]:
    return {names.get(item_id, item_id): size for item_id, size in sizes.items()}
