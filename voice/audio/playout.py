"""Samples waiting for a sound card, and which of them a person has heard.

Everything is kept as positions in one run of samples: a run begins with the first sample queued
after the speaker last ran empty. The card reports when each block that it takes will sound; only
samples whose time has passed count as heard (DESIGN §6).
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import TypeAlias

from voice.audio.pcm import Resampler, from_bytes, to_bytes
from voice.audio.ports import RATE_HZ
from voice.protocol.playback import HeardPart

LONGEST_QUEUE_SAMPLES = 600 * RATE_HZ
"""Ten minutes: no answer is longer, and an endpoint that never stops must not eat the memory."""

LOW_S = 0.06
"""With less than this waiting, the end of the run may be near."""

_MOST_SPANS = 4096
_MOST_EARLIER_PARTS = 256

_Key: TypeAlias = tuple[str, int]


@dataclass(slots=True)
class _Span:
    """A stretch of one part inside the run: samples at 24 kHz, ``end`` excluded."""

    key: _Key
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Block:
    """What the card took at once: ``count`` samples that sound from ``dac_s`` on."""

    dac_s: float
    count: int


@dataclass(frozen=True, slots=True)
class PlayoutStats:
    """What went wrong so far.

    ``underruns`` counts the times that a part ran dry and then went on, ``silence_ms`` is the
    silence heard meanwhile, ``dropped_ms`` is audio that did not fit into the queue.
    """

    underruns: int = 0
    silence_ms: int = 0
    dropped_ms: int = 0


def likely_dac_time(dac_s: float, now_s: float, latency_s: float) -> float:
    """Return when a block will sound, mistrusting a driver that reports nonsense.

    Some drivers report 0, the past, or a time that never comes. Then the stream's latency is
    doubled: rather late than early, as claiming speech that nobody heard is the worse lie.
    """
    if now_s <= dac_s <= now_s + 2.0:
        return dac_s
    return now_s + 2.0 * latency_s


class Playout:
    """The queue between the event loop, which fills it, and the card's thread, which empties it.

    ``push``, ``finish``, ``flush`` and the questions are asked by the loop; ``take`` is the card's.
    Each holds the one lock for microseconds.
    """

    def __init__(self, rate_hz: int) -> None:
        """Queue for a card that runs at ``rate_hz``; other rates than 24 kHz are resampled."""
        self._rate_hz = rate_hz
        self._lock = threading.Lock()
        self._earlier: dict[_Key, int] = {}  # bounded: _MOST_EARLIER_PARTS, the oldest goes first
        self._last_key: _Key | None = None
        self._underruns = 0
        self._silence_samples = 0
        self._dropped_samples = 0
        self._is_low = True
        self._is_dry = True
        self._is_paused = False
        self._dry_samples = 0
        self._begin_run()

    def _begin_run(self) -> None:
        self._resampler = Resampler(RATE_HZ, self._rate_hz, "high")
        self._chunks: deque[memoryview] = deque()  # bounded: push drops above the longest queue
        self._spans: list[_Span] = []  # bounded: _MOST_SPANS, push drops above it
        self._pushed = 0  # at 24 kHz; all that follow are at the card's rate
        self._produced = 0
        self._taken = 0
        self._heard = 0
        self._blocks: deque[_Block] = deque()  # bounded: take drops those that have sounded

    @property
    def stats(self) -> PlayoutStats:
        """What went wrong so far."""
        return PlayoutStats(
            underruns=self._underruns,
            silence_ms=self._silence_samples * 1000 // self._rate_hz,
            dropped_ms=self._dropped_samples * 1000 // RATE_HZ,
        )

    def push(self, item_id: str, content_index: int, pcm: bytes) -> None:
        """Queue PCM16 samples at 24 kHz; what does not fit any more is dropped and counted.

        Raises ValueError when the bytes do not fill whole samples.
        """
        samples = from_bytes(pcm)
        if samples.size == 0:
            return
        key = (item_id, content_index)
        with self._lock:
            waiting = (self._produced - self._taken) * RATE_HZ // self._rate_hz
            room = LONGEST_QUEUE_SAMPLES - waiting if len(self._spans) < _MOST_SPANS else 0
        kept = samples[: max(0, room)]
        self._dropped_samples += samples.size - kept.size
        if kept.size == 0:
            return
        resampled = to_bytes(self._resampler.push(kept))
        with self._lock:
            if self._is_dry and key == self._last_key:
                self._underruns += 1
                self._silence_samples += self._dry_samples
            self._last_key = key
            if self._spans and self._spans[-1].key == key:
                self._spans[-1].end += kept.size
            else:
                self._spans.append(_Span(key, self._pushed, self._pushed + kept.size))
            self._pushed += kept.size
            self._append(resampled)

    def finish(self) -> bool:
        """Queue what the resampler still held, as nothing follows for now; False if nothing was."""
        if self._rate_hz == RATE_HZ or self._pushed == 0:
            return False
        tail = to_bytes(self._resampler.flush())
        self._resampler = Resampler(RATE_HZ, self._rate_hz, "high")
        with self._lock:
            # Positions must stay proportional, or heard times would drift over many tails.
            due = 2 * (-(-self._pushed * self._rate_hz // RATE_HZ) - self._produced)
            tail = tail[: max(0, due)].ljust(max(0, due), b"\0")
            self._append(tail)
        return bool(tail)

    def _append(self, pcm: bytes) -> None:
        if pcm:
            self._chunks.append(memoryview(pcm))
            self._produced += len(pcm) // 2
            self._is_low = False
            self._is_dry = False
            self._dry_samples = 0

    def take(self, count: int, now_s: float, dac_s: float) -> tuple[bytes, bool]:
        """Return the card's next ``count`` samples, silence where nothing is queued.

        They will sound from ``dac_s`` on. The flag is True once when little is left: the loop has
        to see to the end then.
        """
        wanted = 2 * count
        pieces: list[memoryview] = []
        with self._lock:
            while wanted and self._chunks and not self._is_paused:
                piece = self._chunks[0][:wanted]
                rest = self._chunks[0][len(piece) :]
                if rest:
                    self._chunks[0] = rest
                else:
                    self._chunks.popleft()
                pieces.append(piece)
                wanted -= len(piece)
            taken = count - wanted // 2
            if taken:
                self._settle(now_s)
                self._taken += taken
                self._blocks.append(_Block(dac_s, taken))
            self._is_dry = not self._chunks
            if self._is_dry and not self._is_paused:
                self._dry_samples += wanted // 2
            runs_low = not self._is_low and self._waiting_s() < LOW_S
            self._is_low = self._is_low or runs_low
        return b"".join(pieces) + bytes(wanted), runs_low

    def pause(self) -> None:
        """Let the card take silence and keep everything that it has not taken."""
        with self._lock:
            self._is_paused = True

    def resume(self) -> None:
        """Let the card go on from the next sample."""
        with self._lock:
            self._is_paused = False

    def _waiting_s(self) -> float:
        return (self._produced - self._taken) / self._rate_hz

    def waiting_s(self) -> float:
        """Return how much sound the card has not taken yet."""
        with self._lock:
            return self._waiting_s()

    def heard(self, now_s: float) -> list[HeardPart]:
        """Return the heard time of every part of this run, in the order of their first samples."""
        with self._lock:
            return _report(self._heard_by_part(now_s))

    def flush(self, now_s: float) -> list[HeardPart]:
        """Drop everything that was not taken yet, end the run and return what was heard of it."""
        with self._lock:
            heard = self._heard_by_part(now_s)
            self._remember(heard)
            self._last_key = None
            self._is_paused = False
            self._is_low = True
            self._is_dry = True
            self._begin_run()
        return _report(heard)

    def remaining_s(self, now_s: float) -> float | None:
        """Return about how long the last sample of the run is from being heard; 0 when it was.

        None where there is no run.
        """
        with self._lock:
            if self._pushed == 0:
                return None
            waiting_s = self._waiting_s()
            if not waiting_s and self._heard_samples(now_s) >= self._taken:
                return 0.0
            last = self._blocks[-1] if self._blocks else _Block(now_s, 0)
            sounding_s = last.dac_s + last.count / self._rate_hz - now_s
            return max(0.001, waiting_s + sounding_s)

    def end_run(self) -> None:
        """Take note that the whole run was heard."""
        with self._lock:
            self._heard = self._taken
            self._blocks.clear()
            self._remember(self._heard_by_part(float("-inf")))
            self._begin_run()

    def _settle(self, now_s: float) -> None:
        """Move blocks that have wholly sounded into the count of heard samples."""
        while self._blocks:
            block = self._blocks[0]
            if now_s < block.dac_s + block.count / self._rate_hz:
                return
            self._heard += block.count
            self._blocks.popleft()

    def _heard_samples(self, now_s: float) -> int:
        """Return how many of the run's samples have sounded, at the card's rate, rounded down."""
        self._settle(now_s)
        if not self._blocks or now_s <= self._blocks[0].dac_s:
            return self._heard
        block = self._blocks[0]
        return self._heard + min(block.count, int((now_s - block.dac_s) * self._rate_hz))

    def _heard_by_part(self, now_s: float) -> dict[_Key, int]:
        """Return the heard samples at 24 kHz of every part of this run, earlier runs included."""
        heard = self._heard_samples(now_s) * RATE_HZ // self._rate_hz
        samples: dict[_Key, int] = {}
        for span in self._spans:
            before = samples.get(span.key, self._earlier.get(span.key, 0))
            samples[span.key] = before + max(0, min(span.end, heard) - span.start)
        return samples

    def _remember(self, samples: dict[_Key, int]) -> None:
        """Keep the heard samples of this run's parts: one that goes on counts from its start."""
        for key, count in samples.items():
            self._earlier.pop(key, None)
            self._earlier[key] = count
        while len(self._earlier) > _MOST_EARLIER_PARTS:
            del self._earlier[next(iter(self._earlier))]


def _report(samples: dict[_Key, int]) -> list[HeardPart]:
    return [HeardPart(*key, count * 1000 // RATE_HZ) for key, count in samples.items()]
