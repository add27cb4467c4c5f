"""Doubles for tests of tools: a clock that is moved by hand, and a context around it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

from tools.clock import Clock
from tools.context import InMemoryVolume, ToolContext, VolumeControl
from tools.online import OnlineServices
from tools.schedule import Scheduler
from tools.surroundings import Surroundings


class _ManualHandle:
    """One arranged call of a ManualClock."""

    def __init__(self, when: datetime, order: int, callback: Callable[[], None]) -> None:
        self.when = when
        self.order = order
        self.callback = callback
        self.cancelled = False

    def cancel(self) -> None:
        """Make it not happen."""
        self.cancelled = True


class ManualClock:
    """A clock that stands still until ``advance`` moves it."""

    def __init__(self, start: datetime = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)) -> None:
        """Show ``start``, an aware time; by default a Monday at noon UTC."""
        self._now = start.astimezone(UTC)
        self._handles: list[_ManualHandle] = []
        self._order = itertools.count()

    def now(self) -> datetime:
        """Return the time shown, in UTC."""
        return self._now

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> _ManualHandle:
        """Arrange a call that ``advance`` will make."""
        when = self._now + timedelta(seconds=delay_s)
        handle = _ManualHandle(when, next(self._order), callback)
        self._handles.append(handle)
        return handle

    def advance(self, seconds: float) -> None:
        """Move on, and make on the way every call that comes due, in order."""
        target = self._now + timedelta(seconds=seconds)
        while True:
            due = [handle for handle in self._handles if handle.when <= target]
            if not due:
                break
            handle = min(due, key=lambda entry: (entry.when, entry.order))
            self._handles.remove(handle)
            self._now = max(self._now, handle.when)
            if not handle.cancelled:
                handle.callback()
        self._now = target

    def jump(self, moment: datetime) -> None:
        """Show another time without waking anyone: the machine slept, or its clock was set."""
        self._now = moment.astimezone(UTC)


def make_context(
    data_dir: Path,
    *,
    clock: Clock | None = None,
    timezone: tzinfo = UTC,
    volume: VolumeControl | None = None,
    say: Callable[[str], None] = lambda text: None,
    online: OnlineServices | None = None,
    show: Callable[[str], None] | None = None,
    surroundings: Surroundings | None = None,
) -> ToolContext:
    """Return a context for calling a tool's function directly in a test.

    Scheduled callbacks wait for ever: use a Registry with a ManualClock to see them run.
    """
    clock = clock or ManualClock()
    return ToolContext(
        data_dir=data_dir,
        clock=clock,
        timezone=timezone,
        volume=volume or InMemoryVolume(),
        scheduler=Scheduler(clock),
        say=say,
        online=online,
        show=show,
        surroundings=surroundings,
    )
