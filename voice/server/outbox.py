"""What waits to be sent to one client.

Bounded, so that a slow reader costs its own connection only. Speech is the bulk of it and is not
even made while much of it waits; a client that reads slowly but steadily is served for ever.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable

from voice.engines.ports import SpeechChunk, Tts
from voice.errors import LinkLost
from voice.server.limits import WAITING_BYTES

BEHIND_CODE = 4008


class Outbox:
    """Text frames in order, sent by ``run``; ``close_with`` ends it after everything before."""

    def __init__(
        self,
        send: Callable[[str], Awaitable[None]],
        *,
        blocked_s: float,
        waiting_bytes: int = WAITING_BYTES,
    ) -> None:
        self._send = send
        self._blocked_s = blocked_s
        self._most_bytes = waiting_bytes
        self._frames: deque[str] = deque()  # bounded: waiting_bytes
        self.waiting_bytes = 0
        self._is_filled = asyncio.Event()
        self._has_room = asyncio.Event()
        self._has_room.set()
        self._close: tuple[int, str] | None = None

    def put(self, frame: str) -> None:
        """Queue a frame; a client that is too far behind is cut off."""
        if self._close is not None:
            return
        self._frames.append(frame)
        self._count(len(frame))
        if self.waiting_bytes > self._most_bytes:
            self._frames.clear()
            self._count(-self.waiting_bytes)
            self.close_with(BEHIND_CODE, "The client reads too slowly.")
        self._is_filled.set()

    def close_with(self, code: int, reason: str) -> None:
        """Take no more frames; ``run`` returns the code after sending what is queued."""
        if self._close is None:
            self._close = (code, reason)
        self._is_filled.set()

    async def catch_up(self) -> None:
        """Wait until little enough waits to make more of it."""
        await self._has_room.wait()

    async def run(self) -> tuple[int, str]:
        """Send until told to close; returns the close code and reason.

        Raises LinkLost when the client has gone.
        """
        while True:
            await self._is_filled.wait()
            self._is_filled.clear()
            while self._frames:
                frame = self._frames.popleft()
                self._count(-len(frame))
                try:
                    async with asyncio.timeout(self._blocked_s):
                        await self._send(frame)
                except TimeoutError:
                    return BEHIND_CODE, f"The client read nothing for {self._blocked_s:g} seconds."
                except (OSError, RuntimeError) as error:
                    raise LinkLost("The client has gone.") from error
            if self._close is not None:
                return self._close

    def _count(self, more_bytes: int) -> None:
        self.waiting_bytes += more_bytes
        if self.waiting_bytes > self._most_bytes // 4:
            self._has_room.clear()
        else:
            self._has_room.set()


class PacedTts:
    """A synthesiser that makes no more speech while the client does not take it."""

    def __init__(self, tts: Tts, outbox: Outbox) -> None:
        self._tts = tts
        self._outbox = outbox
        self.rate_hz = tts.rate_hz
        self.voices = tts.voices

    @property
    def name(self) -> str:
        """The synthesiser's own."""
        return self._tts.name

    async def speak(
        self, text: str, *, voice: str | None = None, speed: float = 1.0
    ) -> AsyncIterator[SpeechChunk]:
        """Yield the synthesiser's chunks, each once there is room for it."""
        async for chunk in self._tts.speak(text, voice=voice, speed=speed):
            await self._outbox.catch_up()
            yield chunk
