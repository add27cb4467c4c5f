"""The deadline of a call, which stands still while the user is asked something."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextvars import ContextVar

_held: ContextVar[tuple[Deadline, ...]] = ContextVar("deadlines", default=())


class Deadline:
    """One limit of one call. Use it from the loop on which the call is waited for."""

    def __init__(self, timeout: asyncio.Timeout) -> None:
        """Move the moment at which ``timeout`` ends the wait."""
        self._timeout = timeout
        self._left_s = 0.0
        self._pauses = 0
        self.is_over = False
        """Whether nobody waits any more: done, or given up."""
        self._at_end: list[Callable[[], None]] = []

    def pause(self) -> None:
        """Let no time count until ``resume`` was called as often."""
        when_s = self._timeout.when()
        if self._pauses == 0 and when_s is not None and not self._has_passed:
            self._left_s = when_s - asyncio.get_running_loop().time()
            self._timeout.reschedule(None)
        self._pauses += 1

    def resume(self) -> None:
        """Let time count again."""
        self._pauses -= 1
        if self._pauses == 0 and not self._has_passed:
            self._timeout.reschedule(asyncio.get_running_loop().time() + self._left_s)

    @property
    def _has_passed(self) -> bool:
        return self.is_over or self._timeout.expired()

    def at_end(self, callback: Callable[[], None]) -> None:
        """Call back once the call is over, or was given up; at once where that is past."""
        if self.is_over:
            callback()
        else:
            self._at_end.append(callback)

    def end(self) -> None:
        """Note that nobody waits any more."""
        self.is_over = True
        for callback in self._at_end:
            callback()
        self._at_end.clear()


@contextlib.asynccontextmanager
async def deadline(limit_s: float) -> AsyncIterator[Deadline]:
    """Raise TimeoutError where the block takes longer than ``limit_s``, pauses not counted.

    Deadlines may stand inside each other; what is begun in the block knows all of them.
    """
    async with asyncio.timeout(limit_s) as timeout:
        one = Deadline(timeout)
        token = _held.set((*_held.get(), one))
        try:
            yield one
        finally:
            _held.reset(token)
            one.end()


def deadlines() -> tuple[Deadline, ...]:
    """Return those of the call in which this is asked, in its thread or task."""
    return _held.get()
