"""An event loop whose time runs faster than the world's, so that long waits need no patience.

Every timer of the program under test lives on the loop's clock: pings, back-off, deadlines of the
core. At a speed of 10 they all come ten times as soon, in the same proportions, without one limit
being changed; what is measured on ``loop.time()`` is the program's own time.
"""

from __future__ import annotations

import asyncio
import selectors
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _FastSelector(selectors.DefaultSelector):
    """Waits for a part of the time it is asked to wait."""

    speed = 1.0

    def select(self, timeout: float | None = None) -> Any:
        """Wait for files, or for ``timeout`` seconds of the loop's time."""
        shorter = timeout / self.speed if timeout is not None and timeout > 0 else timeout
        return super().select(shorter)


class FastLoop(asyncio.SelectorEventLoop):
    """A loop on which ``speed`` seconds pass in each second."""

    def __init__(self, speed: float) -> None:
        selector = _FastSelector()
        selector.speed = speed
        super().__init__(selector)
        self._speed = speed
        self._begun_s = time.monotonic()

    def time(self) -> float:
        """Return the loop's time in seconds."""
        return self._begun_s + (time.monotonic() - self._begun_s) * self._speed


def run_fast(main: Coroutine[Any, Any, T], speed: float) -> T:
    """Run a coroutine on a loop of its own at a speed."""
    with asyncio.Runner(loop_factory=lambda: FastLoop(speed)) as runner:
        return runner.run(main)


class TooLong(AssertionError):
    """A state was waited for that never came."""


async def until(
    condition: Callable[[], object], what: str, *, limit_s: float = 10.0, poll_s: float = 0.01
) -> None:
    """Look at a state until it is so; raises TooLong after ``limit_s`` of the loop's time."""
    loop = asyncio.get_running_loop()
    deadline_s = loop.time() + limit_s
    while not condition():
        if loop.time() > deadline_s:
            raise TooLong(f"not within {limit_s:g} s: {what}")
        await asyncio.sleep(poll_s)  # a state of the program under test has no event


async def within(limit_s: float, what: str, awaited: Awaitable[T]) -> T:
    """Await something; raises TooLong after ``limit_s`` of the loop's time."""
    try:
        async with asyncio.timeout(limit_s):
            return await awaited
    except TimeoutError:
        raise TooLong(f"not within {limit_s:g} s: {what}") from None
