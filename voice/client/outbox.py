"""What waits to be sent: everything in order, and never more than two seconds of audio.

A network that is slower than speech must not build delay: the oldest audio goes, and nothing else
ever does (DESIGN §5).
"""

from __future__ import annotations

import asyncio
from collections import deque

from voice.client.transport import Transport
from voice.protocol.formats import PCM16, AudioFormat

AUDIO_LIMIT_MS = 2_000

MAX_WAITING = 10_000
"""Frames that are no audio; a connection so far behind is as good as lost."""


class Outbox:
    """Text frames in order, sent by ``run``; ``close`` ends it after everything before.

    A frame that need not wait for any other leaves within ``put`` itself.
    """

    def __init__(self) -> None:
        # bounded: audio by AUDIO_LIMIT_MS, everything else by MAX_WAITING
        self._frames: deque[tuple[str, int]] = deque()
        self._audio_bytes = 0
        self._format = PCM16
        self._limit_bytes = PCM16.ms_to_bytes(AUDIO_LIMIT_MS)
        self._is_filled = asyncio.Event()
        self._transport: Transport | None = None
        """Where frames may go at once; None while any waits or is being sent."""
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
        if self._transport is not None and self._transport.send_now(frame):
            return True
        if len(self._frames) >= MAX_WAITING:
            return False
        self._queue(frame, 0)
        return True

    def put_audio(self, frame: str, size: int) -> bool:
        """Queue ``size`` bytes of audio, written as ``frame``; return whether older was dropped."""
        if self._transport is not None and self._transport.send_now(frame):
            return False
        self._queue(frame, size)
        self._audio_bytes += size
        if self._audio_bytes <= self._limit_bytes:
            return False
        self._drop_oldest_audio()
        return True

    def close(self) -> None:
        """Let ``run`` return once everything queued is sent."""
        self._transport = None
        self._is_closing = True
        self._is_filled.set()

    async def run(self, transport: Transport) -> None:
        """Send until ``close``. Raises LinkLost."""
        frames, is_filled = self._frames, self._is_filled
        try:
            while True:
                while frames:
                    frame, size = frames.popleft()
                    self._audio_bytes -= size
                    await transport.send(frame)
                if self._is_closing:
                    return
                is_filled.clear()
                self._transport = transport
                await is_filled.wait()
        finally:
            self._transport = None

    def _queue(self, frame: str, size: int) -> None:
        self._transport = None
        self._frames.append((frame, size))
        self._is_filled.set()

    def _drop_oldest_audio(self) -> None:
        for position, (_, size) in enumerate(self._frames):
            if size:
                del self._frames[position]
                self._audio_bytes -= size
                self._dropped_bytes += size
                return
