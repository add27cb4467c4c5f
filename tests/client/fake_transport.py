"""A transport without a network, for tests."""

import asyncio
from collections.abc import Callable
from typing import NoReturn

from voice.errors import LinkLost


class FakeTransport:
    """A socket without a network: a test queues what arrives and reads what was sent.

    ``is_free`` says whether frames may leave at once.
    """

    def __init__(self, *frames: str | bytes | LinkLost, is_free: bool = True) -> None:
        self.is_free = is_free
        self.sent_now: list[str] = []
        self._news = asyncio.Event()
        self.arriving: asyncio.Queue[str | bytes | LinkLost] = asyncio.Queue(100)
        self.sent: list[str] = []
        self.closed: tuple[int, str] | None = None
        for frame in frames:
            self.arriving.put_nowait(frame)

    async def send(self, frame: str) -> None:
        if self.closed is not None:
            raise LinkLost("closed")
        self.sent.append(frame)
        self._news.set()

    async def until_sent(self, count: int) -> None:
        """Wait until so many frames were sent."""
        async with asyncio.timeout(5):
            while len(self.sent) < count:
                self._news.clear()
                await self._news.wait()

    def send_now(self, frame: str) -> bool:
        if self.is_free and self.closed is None:
            self.sent.append(frame)
            self.sent_now.append(frame)
            return True
        return False

    async def read(self, take: Callable[[str | bytes], None]) -> NoReturn:
        while True:
            frame = await self.arriving.get()
            if isinstance(frame, LinkLost):
                raise frame
            take(frame)

    async def close(self, code: int, reason: str) -> None:
        if self.closed is None:
            self.closed = (code, reason)
            self.arriving.put_nowait(LinkLost(reason, code=code))
