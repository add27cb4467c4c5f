"""Transcriptions on their way: what was asked of the recogniser, and which answers still count.

Each item has one newest transcription; an older one that comes late says nothing. Beside them a
turn that goes on may be read, one reading at a time.
"""

from __future__ import annotations

from dataclasses import dataclass

from voice.core.server_messages import (
    DropTranscription,
    Transcribe,
    Transcribed,
    TranscriptionFailed,
    TurnSounded,
)
from voice.core.turn_signals import Signal, TurnTranscribed
from voice.protocol.formats import AudioFormat


@dataclass(slots=True)
class _Newest:
    """The newest transcription of one item."""

    generation: int
    result: TurnTranscribed | None = None


class Transcriptions:
    """The recogniser's work for one session. ``language`` is its hint."""

    def __init__(self) -> None:
        self.language: str | None = None
        self._generation = 0
        self._newest: dict[str, _Newest] = {}  # bounded: an item's is dropped or told
        self._committed: set[str] = set()
        self._partial: Transcribe | None = None

    @property
    def pending(self) -> frozenset[str]:
        """Committed items whose words are not known yet."""
        return frozenset(self._committed)

    @property
    def is_reading(self) -> bool:
        """Whether a turn that goes on is being read."""
        return self._partial is not None

    def has(self, item_id: str) -> bool:
        """Return whether a transcription of the item was asked for, and not told yet."""
        return item_id in self._newest

    def ask(
        self, item_id: str, audio: bytes, audio_format: AudioFormat, *, may_end: bool = False
    ) -> Transcribe:
        """Have an item transcribed; what was asked for it before no longer counts.

        ``may_end`` where it matters how the voice sounds at the end.
        """
        self._generation += 1
        self._newest[item_id] = _Newest(self._generation)
        return Transcribe(
            item_id, self._generation, audio, audio_format, self.language, may_end=may_end
        )

    def read(self, item_id: str, audio: bytes, audio_format: AudioFormat) -> Transcribe:
        """Have a turn read that goes on."""
        self._generation += 1
        self._partial = Transcribe(
            item_id, self._generation, audio, audio_format, self.language, partial=True
        )
        return self._partial

    def commit(self, item_id: str) -> None:
        """Note that an item's words are wanted as soon as they are known; see ``tell``."""
        self._committed.add(item_id)

    def take_reading(self, heard: Transcribed | TranscriptionFailed) -> bool:
        """Return whether this answers the reading of a turn that goes on, which is then over."""
        if self._partial is None or heard.generation != self._partial.generation:
            return False
        self._partial = None
        return True

    def take(self, heard: Transcribed | TranscriptionFailed) -> bool:
        """Keep an answer; return False for one that no longer counts."""
        newest = self._newest.get(heard.item_id)
        if newest is None or newest.generation != heard.generation:
            return False
        if isinstance(heard, TranscriptionFailed):
            newest.result = TurnTranscribed(heard.item_id, "", heard.message)
        else:
            newest.result = TurnTranscribed(heard.item_id, heard.text)
        return True

    def counts(self, heard: TurnSounded) -> bool:
        """Return whether what was heard belongs to the newest transcription of its item."""
        newest = self._newest.get(heard.item_id)
        return newest is not None and newest.generation == heard.generation

    def tell(self, item_id: str) -> list[Signal]:
        """Tell an item's words once, where it is committed and they are known."""
        newest = self._newest.get(item_id)
        if item_id not in self._committed or newest is None or newest.result is None:
            return []
        self._committed.discard(item_id)
        del self._newest[item_id]
        return [newest.result]

    def drop(self, item_id: str) -> list[Signal]:
        """Let go of what was asked for an item, unless it is there already."""
        newest = self._newest.pop(item_id, None)
        if newest is None or newest.result is not None:
            return []
        return [DropTranscription(item_id, newest.generation)]

    def drop_reading(self) -> list[Signal]:
        """Let go of the reading of a turn that goes on."""
        partial, self._partial = self._partial, None
        return [DropTranscription(partial.item_id, partial.generation)] if partial else []

    def forget(self, item_id: str) -> list[Signal]:
        """Want nothing more of a deleted item."""
        self._committed.discard(item_id)
        return self.drop(item_id)
