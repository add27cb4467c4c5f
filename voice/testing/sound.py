"""A microphone that says what a test pushes, and a speaker that knows exactly what was heard."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

from voice.protocol.playback import HeardPart
from voice.testing.clock import MovedClock

BYTES_PER_MS = 48
"""PCM16 mono at 24 kHz."""

MAX_FRAMES = 10_000


class ScriptedMicrophone:
    """A microphone whose frames a test pushes."""

    def __init__(self) -> None:
        self._frames: asyncio.Queue[bytes | None] = asyncio.Queue(MAX_FRAMES)
        self.is_closed = False

    def push(self, pcm: bytes) -> None:
        """Let the microphone hear one frame of PCM16 at 24 kHz."""
        self._frames.put_nowait(pcm)

    def push_silence(self, ms: int, *, frame_ms: int = 20) -> None:
        """Let the microphone hear ``ms`` of silence, in frames."""
        for _ in range(ms // frame_ms):
            self.push(bytes(frame_ms * BYTES_PER_MS))

    def end(self) -> None:
        """Let the source end, as a file does."""
        self._frames.put_nowait(None)

    async def frames(self) -> AsyncIterator[bytes]:
        """Yield what was pushed, until ``end`` or ``close``."""
        while not self.is_closed:
            frame = await self._frames.get()
            if frame is None:
                return
            yield frame

    async def close(self) -> None:
        """Stop."""
        if not self.is_closed:
            self.is_closed = True
            self.end()


@dataclass(frozen=True, slots=True)
class HeardSound:
    """One stretch that sounded, from ``at_ms`` of the clock on."""

    at_ms: int
    item_id: str
    content_index: int
    pcm: bytes


class RecordingSpeaker:
    """A speaker whose DAC plays 24 samples for each millisecond of a moved clock."""

    def __init__(self, clock: MovedClock) -> None:
        self._clock = clock
        self._synced_ms = clock()
        # bounded: what a test plays
        self._queue: deque[tuple[tuple[str, int], bytes]] = deque()
        self._heard_bytes: dict[tuple[str, int], int] = {}
        self._current: dict[tuple[str, int], None] = {}
        self._on_drained: Callable[[], None] | None = None
        self.sounds: list[HeardSound] = []
        self.flushes = 0
        self.pauses = 0
        self.is_paused = False
        self.is_closed = False

    def start(self, on_drained: Callable[[], None]) -> None:
        """Begin to follow the clock."""
        self._on_drained = on_drained
        self._clock.wake(self._drained_at_ms, self._follow)

    def play(self, item_id: str, content_index: int, pcm: bytes) -> None:
        """Queue samples."""
        self._sync()
        part = (item_id, content_index)
        self._queue.append((part, pcm))
        self._current.setdefault(part)
        self._heard_bytes.setdefault(part, 0)

    def flush(self) -> Sequence[HeardPart]:
        """Fall silent and report."""
        self._sync()
        report = self.heard()
        self._queue.clear()
        self._current.clear()
        self.flushes += 1
        self.is_paused = False
        return report

    def heard(self) -> Sequence[HeardPart]:
        """Report without falling silent."""
        self._sync()
        return [
            HeardPart(item_id, index, self._heard_bytes[item_id, index] // BYTES_PER_MS)
            for item_id, index in self._current
        ]

    def pause(self) -> None:
        """Stand still, whatever the clock does."""
        self._sync()
        if not self.is_paused:
            self.is_paused = True
            self.pauses += 1

    def resume(self) -> None:
        """Go on from the next sample."""
        self._sync()
        self.is_paused = False

    async def close(self) -> None:
        """Drop what is queued."""
        self._queue.clear()
        self._on_drained = None
        self.is_closed = True

    @property
    def queued_ms(self) -> int:
        """How much is queued and not yet heard."""
        return sum(len(pcm) for _, pcm in self._queue) // BYTES_PER_MS

    def heard_ms(self, item_id: str, content_index: int) -> int:
        """Return how much of a part was ever heard, from its first sample."""
        self._sync()
        return self._heard_bytes.get((item_id, content_index), 0) // BYTES_PER_MS

    def heard_pcm(self, item_id: str | None = None) -> bytes:
        """Return everything that sounded, or what sounded of one item."""
        self._sync()
        wanted = (sound for sound in self.sounds if item_id in (None, sound.item_id))
        return b"".join(sound.pcm for sound in wanted)

    def _drained_at_ms(self) -> int | None:
        if not self._queue or self.is_paused:
            return None
        return self._synced_ms - -sum(len(pcm) for _, pcm in self._queue) // BYTES_PER_MS

    def _follow(self) -> None:
        self._sync()
        self._current.clear()
        if self._on_drained is not None:
            self._on_drained()

    def _sync(self) -> None:
        """Let the samples sound whose time has come."""
        begun_ms, self._synced_ms = self._synced_ms, self._clock()
        if self.is_paused:
            return
        room = whole = (self._synced_ms - begun_ms) * BYTES_PER_MS
        while room > 0 and self._queue:
            part, pcm = self._queue.popleft()
            sounded, rest = pcm[:room], pcm[room:]
            at_ms = begun_ms + (whole - room) // BYTES_PER_MS
            room -= len(sounded)
            self._heard_bytes[part] += len(sounded)
            self.sounds.append(HeardSound(at_ms, *part, sounded))
            if rest:
                self._queue.appendleft((part, rest))
