"""Which samples of which part have sounded: positions in one run of samples, all at 24 kHz.

A run begins with the first sample queued after the speaker last ran empty.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TypeAlias

from voice.audio.pcm import Pcm
from voice.audio.ports import RATE_HZ
from voice.protocol.playback import HeardPart

PartKey: TypeAlias = tuple[str, int]
"""Item id and content index."""

_MOST_SPANS = 4096
_MOST_EARLIER_PARTS = 256


@dataclass(slots=True)
class _Span:
    """A stretch of one part inside the run, ``end`` excluded."""

    key: PartKey
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Block:
    """What the card took at once: samples that sound from ``dac_s`` on."""

    dac_s: float
    pcm: Pcm

    @property
    def end_s(self) -> float:
        return self.dac_s + self.pcm.size / RATE_HZ


class HeardRun:
    """The book of what was queued, what the card took and what has sounded of it.

    Whoever owns it locks it: it is asked from two threads.
    """

    def __init__(self) -> None:
        """Begin with an empty run."""
        self._earlier: dict[PartKey, int] = {}  # bounded: _MOST_EARLIER_PARTS, the oldest goes
        self._begin()

    def _begin(self) -> None:
        self._spans: list[_Span] = []  # bounded: _MOST_SPANS, see has_room
        self._blocks: deque[_Block] = deque()  # bounded: take drops those that have sounded
        self._heard = 0
        self.queued = 0
        self.taken = 0

    @property
    def has_room(self) -> bool:
        """Whether one more part can be kept apart from the others."""
        return len(self._spans) < _MOST_SPANS

    @property
    def waiting(self) -> int:
        """The samples that the card has not taken yet."""
        return self.queued - self.taken

    def queue(self, key: PartKey, count: int) -> None:
        """Note that so many samples of a part follow what was queued before."""
        if self._spans and self._spans[-1].key == key:
            self._spans[-1].end += count
        else:
            self._spans.append(_Span(key, self.queued, self.queued + count))
        self.queued += count

    def take(self, pcm: Pcm, now_s: float, dac_s: float) -> None:
        """Note that the card took the next samples, which sound from ``dac_s`` on."""
        self._settle(now_s)
        self.taken += pcm.size
        self._blocks.append(_Block(dac_s, pcm))

    def parts(self, now_s: float) -> list[HeardPart]:
        """Return what has sounded of every part of the run, in the order of first samples."""
        return _report(self._by_part(self._sounded(now_s)))

    def end(self, *, tail: int = 0) -> list[HeardPart]:
        """End the run and return how much of every part will have sounded.

        That is all that the card took, as nothing calls it back from there, and ``tail`` more.
        """
        samples = self._by_part(self.taken + tail)
        self._remember(samples)
        self._begin()
        return _report(samples)

    def take_back(self, now_s: float) -> list[Pcm]:
        """Return the samples that the card took and that had not sounded: they wait again.

        For a card that is gone. Shape (samples,) each, in order.
        """
        sounded = self._sounded(now_s)
        unheard = [block.pcm for block in self._blocks]
        if unheard:
            unheard[0] = unheard[0][sounded - self._heard :]
        self._heard = self.taken = sounded
        self._blocks.clear()
        return [pcm for pcm in unheard if pcm.size]

    def remaining_s(self, now_s: float) -> float | None:
        """Return about how long the last sample is from being heard, 0 when it was.

        None where there is no run.
        """
        if self.queued == 0:
            return None
        if not self.waiting and self._sounded(now_s) >= self.taken:
            return 0.0
        sounding_s = self._blocks[-1].end_s - now_s if self._blocks else 0.0
        return max(0.001, self.waiting / RATE_HZ + sounding_s)

    def _settle(self, now_s: float) -> None:
        """Move blocks that have wholly sounded into the count of heard samples."""
        while self._blocks:
            block = self._blocks[0]
            if now_s < block.end_s:
                return
            self._heard += block.pcm.size
            self._blocks.popleft()

    def _sounded(self, now_s: float) -> int:
        """Return how many of the run's samples have sounded, rounded down."""
        self._settle(now_s)
        if not self._blocks or now_s <= self._blocks[0].dac_s:
            return self._heard
        block = self._blocks[0]
        return self._heard + min(block.pcm.size, int((now_s - block.dac_s) * RATE_HZ))

    def _by_part(self, sounded: int) -> dict[PartKey, int]:
        """Return the sounded samples of every part of this run, earlier runs included."""
        samples: dict[PartKey, int] = {}
        for span in self._spans:
            before = samples.get(span.key, self._earlier.get(span.key, 0))
            samples[span.key] = before + max(0, min(span.end, sounded) - span.start)
        return samples

    def _remember(self, samples: dict[PartKey, int]) -> None:
        """Keep the samples of this run's parts: one that goes on counts from its start."""
        for key, count in samples.items():
            self._earlier.pop(key, None)
            self._earlier[key] = count
        while len(self._earlier) > _MOST_EARLIER_PARTS:
            del self._earlier[next(iter(self._earlier))]


def _report(samples: dict[PartKey, int]) -> list[HeardPart]:
    return [HeardPart(*key, count * 1000 // RATE_HZ) for key, count in samples.items()]
