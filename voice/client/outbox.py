"""What waits to be sent: everything in order, and never more than two seconds of audio.

A network that is slower than speech must not build delay: the oldest audio goes, and nothing else
ever does (DESIGN §5).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from voice.protocol.formats import PCM16, AudioFormat

AUDIO_LIMIT_MS = 2_000

MAX_WAITING = 10_000
"""Frames that are no audio; a connection so far behind is as good as lost."""


class Outbox:
    """Text frames in order, sent by ``run``; ``close`` ends it after everything before."""

    def __init__(self) -> None:
        # bounded: audio by AUDIO_LIMIT_MS, everything else by MAX_WAITING
        self._frames: deque[tuple[str, int]] = deque()
        self._audio_bytes = 0
        self._format = PCM16
        self._limit_bytes = PCM16.ms_to_bytes(AUDIO_LIMIT_MS)
        self._is_filled = asyncio.Event()
        self._is_closing = False
        self._dropped_bytes = 0

    @property
    def dropped_ms(self) -> int:
        """How much audio was dropped so far."""
        return self._format.bytes_to_ms(self._dropped_bytes)

    @property
    def waiting_ms(self) -> int:
        """How much audio waits to be sent."""
        return self._format.bytes_to_ms(self._audio_bytes)

    def set_format(self, audio_format: AudioFormat) -> None:
        """Measure audio in this format from now on."""
        self._format = audio_format
        self._limit_bytes = audio_format.ms_to_bytes(AUDIO_LIMIT_MS)

    def put(self, frame: str) -> bool:
        """Queue a frame that is never dropped; return whether there was room for it."""
        if len(self._frames) >= MAX_WAITING:
            return False
        self._frames.append((frame, 0))
        self._is_filled.set()
        return True

    def put_audio(self, frame: str, size: int) -> bool:
        """Queue ``size`` bytes of audio, written as ``frame``; return whether older was dropped."""
        self._frames.append((frame, size))
        self._audio_bytes += size
        self._is_filled.set()
        if self._audio_bytes <= self._limit_bytes:
            return False
        self._drop_oldest_audio()
        return True

    def close(self) -> None:
        """Let ``run`` return once everything queued is sent."""
        self._is_closing = True
        self._is_filled.set()

    async def run(self, send: Callable[[str], Awaitable[None]]) -> None:
        """Send until ``close``; raises what ``send`` raises."""
        frames, is_filled = self._frames, self._is_filled
        while True:
            while frames:
                frame, size = frames.popleft()
                self._audio_bytes -= size
                await send(frame)
            if self._is_closing:
                return
            is_filled.clear()
            await is_filled.wait()

    def _drop_oldest_audio(self) -> None:
        for position, (_, size) in enumerate(self._frames):
            if size:
                del self._frames[position]
                self._audio_bytes -= size
                self._dropped_bytes += size
                return
