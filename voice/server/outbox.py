"""What waits to be sent to one client.

Bounded, so that a slow reader costs its own connection only.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from voice.errors import LinkLost

MAX_WAITING_BYTES = 16 * 1024 * 1024
"""Four minutes of speech as base64; a client this far behind has stopped reading."""

SEND_LIMIT_S = 10.0
"""A single frame blocked for this long ends the connection (FAULTS §5: 10 s blocked → 4008)."""


class Outbox:
    """Text frames in order, sent by ``run``; ``close_with`` ends it after everything before."""

    def __init__(self, send: Callable[[str], Awaitable[None]]) -> None:
        self._send = send
        self._frames: deque[str] = deque()  # bounded: MAX_WAITING_BYTES
        self._waiting_bytes = 0
        self._is_filled = asyncio.Event()
        self._close: tuple[int, str] | None = None

    def put(self, frame: str) -> None:
        """Queue a frame; a client that is too far behind is cut off."""
        if self._close is not None:
            return
        self._frames.append(frame)
        self._waiting_bytes += len(frame)
        if self._waiting_bytes > MAX_WAITING_BYTES:
            self._frames.clear()
            self.close_with(1013, "The client reads too slowly.")
        self._is_filled.set()

    def close_with(self, code: int, reason: str) -> None:
        """Take no more frames; ``run`` returns the code after sending what is queued."""
        if self._close is None:
            self._close = (code, reason)
        self._is_filled.set()

    async def run(self) -> tuple[int, str]:
        """Send until told to close; returns the close code and reason.

        Raises LinkLost when the client has gone.
        """
        while True:
            await self._is_filled.wait()
            self._is_filled.clear()
            while self._frames:
                frame = self._frames.popleft()
                self._waiting_bytes -= len(frame)
                try:
                    async with asyncio.timeout(SEND_LIMIT_S):
                        await self._send(frame)
                except TimeoutError:
                    return 4008, "The client read nothing for 10 seconds."
                except (OSError, RuntimeError) as error:
                    raise LinkLost("The client has gone.") from error
            if self._close is not None:
                return self._close
