"""The server's conversation: items made, shown, cut to the words heard, and deleted."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from voice.core import refusals
from voice.core.bounded import BoundedDict
from voice.core.ledger import MAX_ITEMS, DuplicateItem, Entry, Ledger, UnknownItem
from voice.core.server_items import entry_of, wire_item
from voice.core.server_response import INPUT_TOKEN_MS, SpokenPart
from voice.core.stamp import EventStamp
from voice.protocol import client_events as cl
from voice.protocol import server_events as ev
from voice.protocol.formats import AudioFormat
from voice.protocol.items import Item
from voice.protocol.server_events import ServerEvent

TRUNCATE_GRACE_MS = 250
"""A cut this little beyond the end is clamped silently (PROTOCOL §6.9)."""

MAX_SPOKEN_PARTS = 64
"""Answers whose word times are kept for a late truncation."""

Events: TypeAlias = list[ServerEvent]


class ServerConversation:
    """The ledger of the default conversation and what the server remembers beside it."""

    def __init__(self, *, new_id: Callable[[str], str]) -> None:
        self.ledger = Ledger()
        self._new_id = new_id
        self._stamp = EventStamp(new_id)
        self._parts: BoundedDict[str, tuple[SpokenPart, AudioFormat]]
        self._parts = BoundedDict(MAX_SPOKEN_PARTS)
        self._originals: BoundedDict[str, Item] = BoundedDict(MAX_ITEMS)
        self._audio_ms: BoundedDict[str, int] = BoundedDict(MAX_ITEMS)

    def create(self, event: cl.ConversationItemCreate) -> tuple[Events, str, bytes]:
        """Insert a client's item; returns its events, its id and audio that has no words yet.

        Raises Refusal for a bad item, a taken id or an unknown anchor.
        """
        body = event.item.to_wire()
        item_id = body.get("id") or self._new_id("item")
        entry, audio = entry_of(body, item_id)
        original = event.item.model_copy(
            update={"id": item_id, "object": "realtime.item", "status": "completed"}
        )
        try:
            events = self.add(entry, event.previous_item_id, shown=original)
        except DuplicateItem:
            raise refusals.duplicate_item(item_id) from None
        except UnknownItem:
            raise refusals.unknown_anchor(str(event.previous_item_id)) from None
        return events, item_id, b"" if entry.text else audio

    def add(
        self, entry: Entry, previous_item_id: str | None = None, *, shown: Item | None = None
    ) -> Events:
        """Insert a complete item and announce it, as ``shown`` if given."""
        self._insert(entry, previous_item_id)
        if shown is not None:
            self._originals[entry.item_id] = shown
        item = shown or wire_item(entry)
        previous_id = self.ledger.previous_id(entry.item_id)
        return [
            self._stamp(ev.ConversationItemAdded, previous_item_id=previous_id, item=item),
            self._stamp(ev.ConversationItemDone, previous_item_id=previous_id, item=item),
        ]

    def add_answer(self, entry: Entry) -> str | None:
        """Append an item of a running response; returns the id of the item before it."""
        self._insert(entry, None)
        return self.ledger.previous_id(entry.item_id)

    def retrieve(self, event: cl.ConversationItemRetrieve) -> Events:
        """Show an item as it stands; raises Refusal for an unknown id."""
        entry = self.known(event.item_id, "retrieve")
        cut = entry.heard_ms is not None
        item = None if cut else self._originals.get(entry.item_id)
        return [self._stamp(ev.ConversationItemRetrieved, item=item or wire_item(entry))]

    def truncate(self, event: cl.ConversationItemTruncate) -> Events:
        """Keep only the words wholly heard before the cut; raises Refusal (PROTOCOL §2.7)."""
        entry = self.known(event.item_id, "truncate")
        spoken = self._parts.get(entry.item_id)
        if entry.role != "assistant" or not entry.spoken or spoken is None:
            raise refusals.not_audio()
        if event.content_index != 0:
            raise refusals.invalid_value("content_index", "0", event.content_index)
        if event.audio_end_ms < 0:
            raise refusals.invalid_value("audio_end_ms", "0 or more", event.audio_end_ms)
        part, audio_format = spoken
        audio_ms = audio_format.bytes_to_ms(part.audio_bytes)
        if event.audio_end_ms > audio_ms + TRUNCATE_GRACE_MS:
            raise refusals.already_shorter(audio_ms, event.audio_end_ms)
        entry.text, entry.unheard_text = entry.text + entry.unheard_text, ""
        heard_ms = min(event.audio_end_ms, audio_ms)
        self.ledger.truncate(entry.item_id, heard_ms, part.heard_text(heard_ms))
        return [
            self._stamp(
                ev.ConversationItemTruncated,
                item_id=entry.item_id,
                content_index=0,
                audio_end_ms=event.audio_end_ms,
            )
        ]

    def delete(self, item_id: str) -> Events:
        """Remove an item; raises Refusal for an unknown id."""
        self.known(item_id, "delete")
        self.ledger.delete(item_id)
        self._forget(item_id)
        return [self._stamp(ev.ConversationItemDeleted, item_id=item_id)]

    def known(self, item_id: str, verb: str) -> Entry:
        """Return the entry; raises Refusal naming what the client wanted to do with it."""
        entry = self.ledger.get(item_id)
        if entry is None:
            raise refusals.unknown_item(verb, item_id)
        return entry

    def note_audio(self, item_id: str, audio_ms: int) -> None:
        """Remember how long a user's item is."""
        self._audio_ms[item_id] = audio_ms

    def note_spoken(self, item_id: str, part: SpokenPart, audio_format: AudioFormat) -> None:
        """Remember when an answer's words sound."""
        self._parts[item_id] = (part, audio_format)

    def audio_ms(self, item_id: str) -> int:
        """Return the length of a user's item in ms, 0 for text."""
        return self._audio_ms.get(item_id, 0)

    def input_audio_tokens(self) -> int:
        """Return the audio tokens of the whole context, as upstream counts them."""
        return sum(self._audio_ms.values()) // INPUT_TOKEN_MS

    def entries(self) -> tuple[Entry, ...]:
        """Copies of what was said and heard, for the brain; what holds no words is left out."""
        return tuple(
            dataclasses.replace(entry)
            for entry in self.ledger
            if entry.kind != "message" or entry.text or entry.image_urls
        )

    def own_entries(self, items: Sequence[dict[str, Any]]) -> tuple[Entry, ...]:
        """Entries of a response's own ``input``; raises Refusal for a bad item or reference."""
        entries = []
        for item in items:
            if item.get("type") == "item_reference":
                entries.append(dataclasses.replace(self.known(item.get("id", ""), "retrieve")))
            else:
                entries.append(entry_of(item, item.get("id") or self._new_id("item"))[0])
        return tuple(entries)

    def _insert(self, entry: Entry, previous_item_id: str | None) -> None:
        for dropped in self.ledger.add(entry, previous_item_id):
            self._forget(dropped)

    def _forget(self, item_id: str) -> None:
        self._originals.pop(item_id, None)
        self._parts.pop(item_id, None)
        self._audio_ms.pop(item_id, None)
