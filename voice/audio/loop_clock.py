"""The two things that file devices ask of an event loop, so that tests can move the time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol


class Alarm(Protocol):
    """A call that is due at some time."""

    def cancel(self) -> None:
        """Take the call back. Idempotent."""
        ...


class LoopClock(Protocol):
    """Time in seconds and calls at a time; every asyncio event loop is one."""

    def time(self) -> float:
        """Return the time now; it never goes back."""
        ...

    def call_at(self, when: float, callback: Callable[[], Any], /) -> Alarm:
        """Call ``callback`` at ``when``, or soon where that has passed; never at once."""
        ...
