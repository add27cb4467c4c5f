"""The server's conversation: items made, shown, cut to the words heard, and deleted."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from voice.core import refusals
from voice.core.bounded import BoundedDict
from voice.core.compaction import Compactor, Room
from voice.core.ledger import MAX_ITEMS, DuplicateItem, Entry, Ledger, UnknownItem
from voice.core.server_items import ClientItem, read_item, wire_item
from voice.core.snapshots import Snapshots
from voice.core.spoken_part import SpokenPart
from voice.core.stamp import EventStamp
from voice.protocol import client_events as cl
from voice.protocol import server_events as ev
from voice.protocol.formats import AudioFormat
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
        self._originals: BoundedDict[str, ClientItem] = BoundedDict(MAX_ITEMS)
        self._audio_ms: BoundedDict[str, int] = BoundedDict(MAX_ITEMS)
        self._compactor = Compactor()
        self._snapshots = Snapshots()

    def create(
        self, event: cl.ConversationItemCreate, audio_format: AudioFormat
    ) -> tuple[Events, str, bytes]:
        """Insert a client's item; returns its events, its id and audio that has no words yet.

        An output whose call is unknown is taken and kept from the brain: a client that restores
        half a history goes on. Raises Refusal for a bad item, a taken id or an unknown anchor.
        """
        body = event.item.to_wire()
        item_id = body.get("id") or self._new_id("item")
        read = read_item(body, item_id, sample_bytes=audio_format.bytes_per_sample)
        audio, read.audio = read.audio, b""
        try:
            events = self.add(read.entry, event.previous_item_id, read=read)
        except DuplicateItem:
            raise refusals.duplicate_item(item_id) from None
        except UnknownItem:
            raise refusals.unknown_anchor(str(event.previous_item_id)) from None
        if audio:
            self.note_audio(item_id, audio_format.bytes_to_ms(len(audio)))
        return events, item_id, audio

    def add(
        self, entry: Entry, previous_item_id: str | None = None, *, read: ClientItem | None = None
    ) -> Events:
        """Insert a complete item and announce it, as the client gave it if it did."""
        events = self._insert(entry, previous_item_id)
        if read is not None and read.content is not None:
            self._originals[entry.item_id] = read
        item = wire_item(entry) if read is None else read.shown()
        previous_id = self.ledger.previous_id(entry.item_id)
        return [
            *events,
            self._stamp(ev.ConversationItemAdded, previous_item_id=previous_id, item=item),
            self._stamp(ev.ConversationItemDone, previous_item_id=previous_id, item=item),
        ]

    def add_answer(self, entry: Entry) -> Events:
        """Append an item of a running response; returns the events of what was dropped for it."""
        return self._insert(entry, None)

    def transcribed(self, item_id: str, text: str) -> bool:
        """Note the words of an item's audio; returns whether the item is still there."""
        entry = self.ledger.get(item_id)
        if entry is None:
            return False
        entry.text = " ".join(part for part in (entry.text, text) if part)
        original = self._originals.get(item_id)
        if original is not None and original.content is not None:
            part = original.content[original.unheard_part]
            original.content[original.unheard_part] = {**part, "transcript": text}
        return True

    def retrieve(self, event: cl.ConversationItemRetrieve) -> Events:
        """Show an item as it stands; raises Refusal for an unknown id.

        Sound is not given back: once recognised it is not kept, and no client asks for it.
        """
        entry = self.known(event.item_id, "retrieve")
        original = self._originals.get(entry.item_id)
        item = wire_item(entry) if original is None else original.shown()
        return [self._stamp(ev.ConversationItemRetrieved, item=item)]

    def truncate(self, event: cl.ConversationItemTruncate) -> Events:
        """Keep only the words wholly heard before the cut; raises Refusal (PROTOCOL §2.7).

        What was cut off once never comes back: a later cut beyond the first is beyond the end.
        """
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
        if entry.heard_ms is not None:
            audio_ms = min(audio_ms, entry.heard_ms)
        if event.audio_end_ms > audio_ms + TRUNCATE_GRACE_MS:
            raise refusals.already_shorter(audio_ms, event.audio_end_ms)
        heard_ms = min(event.audio_end_ms, audio_ms)
        if entry.heard_ms is None or heard_ms < entry.heard_ms:
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
        return [self._forget(item_id)]

    def known(self, item_id: str, verb: str) -> Entry:
        """Return the entry; raises Refusal naming what the client wanted to do with it."""
        entry = self.ledger.get(item_id)
        if entry is None:
            raise refusals.unknown_item(verb, item_id)
        return entry

    def has_call(self, call_id: str) -> bool:
        """Whether a function call of this id is in the conversation."""
        return any(e.call_id == call_id for e in self.ledger if e.kind == "function_call")

    def note_audio(self, item_id: str, audio_ms: int) -> None:
        """Remember how long a user's item is."""
        self._audio_ms[item_id] = audio_ms

    def note_spoken(self, item_id: str, part: SpokenPart, audio_format: AudioFormat) -> None:
        """Remember when an answer's words sound."""
        if item_id not in self._parts and item_id in self.ledger:
            self._parts[item_id] = (part, audio_format)

    def audio_ms(self, item_id: str) -> int:
        """Return the length of a user's item in ms, 0 for text."""
        return self._audio_ms.get(item_id, 0)

    def entries(self, space: Room) -> tuple[Entry, ...]:
        """Copies of what was said and heard, for the brain: the newest turns that fit.

        What holds no words is left out. Raises compaction.TooLong where nothing may be left out.
        """
        return tuple(self._compactor.fit(self._snapshots.take(self.ledger), space))

    def own_entries(
        self, items: Sequence[Mapping[str, Any]], audio_format: AudioFormat
    ) -> tuple[Entry, ...]:
        """Entries of a response's own ``input``, of a cut item what was heard.

        Raises Refusal for a bad item, an unknown reference, and sound without its words.
        """
        entries = []
        for index, item in enumerate(items):
            where = f"response.input[{index}]"
            item_id = item.get("id")
            if item.get("type") == "item_reference":
                entry = self.ledger.get(str(item_id))
                if entry is None:
                    raise refusals.unknown_reference(f"{where}.id", str(item_id))
                entries.append(copy.copy(entry))
                continue
            item_id = item_id or self._new_id("item")
            read = read_item(
                dict(item), item_id, sample_bytes=audio_format.bytes_per_sample, where=where
            )
            if read.audio:
                expected = "a transcript beside the audio, or the reference of a created item"
                raise refusals.bad_media(f"{where}.content[{read.unheard_part}]", expected)
            entries.append(read.entry)
        return tuple(entries)

    def _insert(self, entry: Entry, previous_item_id: str | None) -> Events:
        return [self._forget(dropped) for dropped in self.ledger.add(entry, previous_item_id)]

    def _forget(self, item_id: str) -> ServerEvent:
        self._originals.pop(item_id, None)
        self._parts.pop(item_id, None)
        self._audio_ms.pop(item_id, None)
        return self._stamp(ev.ConversationItemDeleted, item_id=item_id)
