"""What was received and what was heard: the only place that computes an ``audio_end_ms``.

Heard comes from the speaker, received from the wire, and they are never mixed up (DESIGN §6).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from voice.core.bounded import BoundedDict
from voice.core.heard_text import Script
from voice.protocol.formats import PCM16, AudioFormat
from voice.protocol.playback import HeardPart

MAX_PARTS = 256
"""Parts remembered at once; the oldest are forgotten first."""


@dataclass(frozen=True, slots=True)
class Cut:
    """One item that was not heard to its end.

    ``audio_end_ms`` is where ``content_index`` is to be truncated, and never more than was
    received; 0 means that nothing of the item was heard and that it is to be deleted instead.
    """

    item_id: str
    content_index: int
    audio_end_ms: int
    heard_text: str
    unheard_text: str

    @property
    def is_unheard(self) -> bool:
        """Whether nothing was heard, so that truncating would be refused (PROTOCOL §2.7)."""
        return self.audio_end_ms == 0


@dataclass(slots=True)
class _Part:
    item_id: str
    content_index: int
    response_id: str
    received_bytes: int = 0
    drained_ms: int = 0
    is_complete: bool = False
    script: Script = field(default_factory=Script)


class Playback:
    """The spoken parts that are not yet known to have been heard to their end."""

    def __init__(self, audio_format: AudioFormat = PCM16) -> None:
        self._format = audio_format
        self._parts: dict[tuple[str, int], _Part] = {}
        self._is_sounding = False
        self._received_items: BoundedDict[str, bool] = BoundedDict(MAX_PARTS)
        self._heard_bytes: BoundedDict[tuple[str, int], int] = BoundedDict(MAX_PARTS)

    @property
    def is_sounding(self) -> bool:
        """Whether audio was handed to the speaker that is not known to have been heard."""
        return self._is_sounding

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing that an interruption could cut."""
        return not any(part.received_bytes for part in self._parts.values())

    @property
    def response_ids(self) -> set[str]:
        """Responses that have a part here."""
        return {part.response_id for part in self._parts.values()}

    def has_received(self, item_id: str) -> bool:
        """Return whether any audio of an item ever went to the speaker."""
        return item_id in self._received_items

    def set_format(self, audio_format: AudioFormat) -> None:
        """Use the endpoint's effective output format, known once it has had our configuration."""
        self._format = audio_format

    def received(self, response_id: str, item_id: str, content_index: int, size: int) -> None:
        """Note ``size`` more bytes of a part's audio, handed to the speaker."""
        part = self._parts.get((item_id, content_index))
        if part is None:
            part = self._open(response_id, item_id, content_index)
        if not part.received_bytes:
            self._received_items[item_id] = True
        part.received_bytes += size
        self._is_sounding = True

    def spoken(self, response_id: str, item_id: str, content_index: int, text: str) -> None:
        """Note more of the words of a part, which come before, with or after their audio."""
        part = self._parts.get((item_id, content_index))
        if part is None:
            part = self._open(response_id, item_id, content_index)
        part.script.add(self._received_ms(part), text)

    def part_completed(self, item_id: str, content_index: int) -> None:
        """Note that no more audio of a part will come."""
        part = self._parts.get((item_id, content_index))
        if part is not None:
            part.is_complete = True

    def response_completed(self, response_id: str) -> None:
        """Note that no more audio of a response will come; forget what was wholly heard."""
        for part in self._parts.values():
            if part.response_id == response_id:
                part.is_complete = True
        self._forget_heard()

    @property
    def is_unfinished(self) -> bool:
        """Whether more audio of a part that has begun to sound is still to come."""
        return any(part.received_bytes and not part.is_complete for part in self._parts.values())

    @property
    def unfinished_ms(self) -> int:
        """How much audio came of the parts of which more is to come."""
        unfinished = (part for part in self._parts.values() if not part.is_complete)
        return sum(self._received_ms(part) for part in unfinished)

    def drained(self) -> None:
        """Note that the speaker has let everything sound that it was given."""
        self._is_sounding = False
        for part in self._parts.values():
            part.drained_ms = self._received_ms(part)
        self._forget_heard()

    def stopped(self, heard: Sequence[HeardPart]) -> list[Cut]:
        """Return what is to be cut, one per item and in order, now that the speaker was flushed.

        ``heard`` is the speaker's report. A part that it does not name was heard as far as the
        speaker had drained before. Forgets every part.
        """
        reported = {(part.item_id, part.content_index): part.heard_ms for part in heard}
        items: dict[str, list[_Part]] = {}
        for part in self._parts.values():
            items.setdefault(part.item_id, []).append(part)
        self._parts = {}
        self._is_sounding = False
        cuts = []
        for parts in items.values():
            cut = self._cut(parts, reported)
            if cut is not None:
                cuts.append(cut)
        return cuts

    def heard_texts(self, heard: Sequence[HeardPart]) -> dict[str, str]:
        """Return for each item that sounds, or is to, which of its words were heard so far.

        ``heard`` is the speaker's report. An estimate for faces, as that of a cut is; it changes
        nothing.
        """
        reported = {(part.item_id, part.content_index): part.heard_ms for part in heard}
        texts: dict[str, str] = {}
        for key, part in self._parts.items():
            if not part.received_bytes:
                continue
            received_ms = self._received_ms(part)
            heard_ms = max(0, min(reported.get(key, part.drained_ms), received_ms))
            said = part.script.heard(heard_ms, received_ms, is_complete=part.is_complete)
            texts[part.item_id] = texts.get(part.item_id, "") + said
        return texts

    def _cut(self, parts: list[_Part], reported: dict[tuple[str, int], int]) -> Cut | None:
        """Return the one cut of an item, or None where there is nothing to take back."""
        if not any(part.received_bytes for part in parts):
            return None
        at, heard_text, unheard_text, is_whole = (parts[0].content_index, 0), "", "", True
        for part in parts:
            received_ms = self._received_ms(part)
            claimed_ms = reported.get((part.item_id, part.content_index), part.drained_ms)
            # The one place: heard, never more than received, whole milliseconds.
            audio_end_ms = max(0, min(claimed_ms, received_ms))
            if audio_end_ms > 0:
                at = (part.content_index, audio_end_ms)
            heard_here = part.script.heard(audio_end_ms, received_ms, is_complete=part.is_complete)
            unheard_text += part.script.text[len(heard_here) :]
            heard_text += heard_here
            is_whole = is_whole and part.is_complete and audio_end_ms == received_ms
        if is_whole:
            return None
        content_index, audio_end_ms = at
        return Cut(parts[0].item_id, content_index, audio_end_ms, heard_text, unheard_text)

    def _open(self, response_id: str, item_id: str, content_index: int) -> _Part:
        part = _Part(item_id, content_index, response_id)
        # Audio may come after the end of its response was reported; it goes on where it was.
        part.received_bytes = self._heard_bytes.pop((item_id, content_index), 0)
        part.drained_ms = self._received_ms(part)
        self._parts[item_id, content_index] = part
        if len(self._parts) > MAX_PARTS:
            del self._parts[next(iter(self._parts))]
        return part

    def _received_ms(self, part: _Part) -> int:
        return self._format.bytes_to_ms(part.received_bytes)

    def _forget_heard(self) -> None:
        for key, part in list(self._parts.items()):
            if part.is_complete and part.drained_ms == self._received_ms(part):
                del self._parts[key]
                self._heard_bytes[key] = part.received_bytes
