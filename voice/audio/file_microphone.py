"""A microphone that hears what it is given to say, in real time or as fast as can be."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from voice.audio.loop_clock import LoopClock
from voice.audio.pcm import Pcm, to_bytes
from voice.audio.ports import RATE_HZ
from voice.audio.recording import Take, Tape

Pace = Literal["real", "fast"]

_MOST_WAITING = 1000
_MOST_LATE_S = 1.0


@dataclass(frozen=True, slots=True)
class _Utterance:
    pcm: Pcm
    sent: asyncio.Future[float]


class FileMicrophone:
    """Yields utterances as microphone frames; implements ``ports.Microphone``.

    At ``real`` pace a frame comes every ``frame_ms``, silence where nobody speaks, until ``close``:
    as a microphone does, and as servers need it to notice the end of speech. At ``fast`` pace each
    utterance comes at once with ``tail_silence_ms`` of silence behind it, then nothing until the
    next one. All methods belong to the event loop's thread.
    """

    def __init__(
        self,
        pcm: Pcm | None = None,
        *,
        pace: Pace = "real",
        frame_ms: int = 20,
        tail_silence_ms: int = 1500,
        clock: LoopClock | None = None,
    ) -> None:
        """Say ``pcm`` (24 kHz) once somebody listens; the clock is the running loop's if None.

        Raises ValueError when ``frame_ms`` is not in 10 to 100.
        """
        if not 10 <= frame_ms <= 100:
            raise ValueError(f"expected frames of 10 to 100 ms, got {frame_ms}")
        self._first = pcm
        self._pace: Pace = pace
        self._frame_samples = frame_ms * RATE_HZ // 1000
        self._tail = np.zeros(tail_silence_ms * RATE_HZ // 1000, np.int16)
        self._clock = clock
        self._waiting: deque[_Utterance] = deque()  # bounded: _MOST_WAITING
        self._woken = asyncio.Event()
        self._is_closed = False
        self._said_samples = 0
        self._tape = Tape()

    def say(self, pcm: Pcm) -> asyncio.Future[float]:
        """Queue an utterance (24 kHz) behind those that wait.

        The future gives the clock's time at which the frame with its last sample was handed out;
        it is cancelled when the microphone closes before. Raises ValueError for no samples, and
        when a thousand utterances wait already.
        """
        if pcm.size == 0:
            raise ValueError("expected an utterance, got no samples")
        if len(self._waiting) >= _MOST_WAITING:
            raise ValueError(f"{_MOST_WAITING} utterances wait already; let some be said first")
        sent: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        if self._is_closed:
            sent.cancel()
        else:
            self._waiting.append(_Utterance(pcm, sent))
            self._woken.set()
        return sent

    async def frames(self) -> AsyncIterator[bytes]:
        """Yield PCM16 frames at 24 kHz until the microphone is closed."""
        if self._clock is None:
            self._clock = asyncio.get_running_loop()
        if self._first is not None and self._first.size:
            self.say(self._first)
        pace = self._real_frames if self._pace == "real" else self._fast_frames
        async for frame in pace(self._clock):
            yield frame

    async def close(self) -> None:
        """End ``frames``; utterances not wholly said are given up. Idempotent."""
        self._is_closed = True
        for utterance in self._waiting:
            utterance.sent.cancel()
        self._waiting.clear()
        self._woken.set()

    def takes(self) -> list[Take]:
        """Return every utterance that was begun, with the clock time at which it began."""
        return self._tape.takes()

    async def _real_frames(self, clock: LoopClock) -> AsyncIterator[bytes]:
        frame_s = self._frame_samples / RATE_HZ
        due_s = clock.time()
        while True:
            # A frame exists when its last sample was recorded, not when its first one was.
            due_s += frame_s
            if clock.time() - due_s > _MOST_LATE_S:
                due_s = clock.time()
            await self._wait_until(clock, due_s)
            if self._is_closed:
                return
            yield self._next_frame(due_s - frame_s, clock)

    async def _fast_frames(self, clock: LoopClock) -> AsyncIterator[bytes]:
        while not self._is_closed:
            if not self._waiting:
                self._woken.clear()
                await self._woken.wait()
                continue
            utterance = self._waiting[0]
            while self._waiting and self._waiting[0] is utterance:
                yield self._next_frame(clock.time(), clock)
                await asyncio.sleep(0)
            for start in range(0, self._tail.size, self._frame_samples):
                if self._is_closed:
                    return
                yield to_bytes(self._tail[start : start + self._frame_samples])
                await asyncio.sleep(0)

    def _next_frame(self, start_s: float, clock: LoopClock) -> bytes:
        """Return the next frame of the utterance that is being said, or silence."""
        frame = np.zeros(self._frame_samples, np.int16)
        if self._waiting:
            utterance = self._waiting[0]
            if self._said_samples == 0:
                self._tape.add(start_s, utterance.pcm)
            end = self._said_samples + self._frame_samples
            piece = utterance.pcm[self._said_samples : end]
            frame[: piece.size] = piece
            self._said_samples = end
            if end >= utterance.pcm.size:
                self._waiting.popleft()
                self._said_samples = 0
                if not utterance.sent.done():
                    utterance.sent.set_result(clock.time())
        return to_bytes(frame)

    async def _wait_until(self, clock: LoopClock, when_s: float) -> None:
        """Wait for a time, or for ``close``."""
        self._woken.clear()
        if self._is_closed:
            return
        alarm = clock.call_at(when_s, self._woken.set)
        try:
            await self._woken.wait()
        finally:
            alarm.cancel()
