"""Callbacks for later that survive the tool call which asked for them."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from datetime import datetime

from tools.clock import Clock, Handle
from tools.errors import ToolError
from tools.failure import report_failure

_log = logging.getLogger(__name__)

MAX_SCHEDULED = 256
"""More callbacks than this are refused: a tool in a loop must not fill the memory."""

MAX_SLEEP_S = 30.0
"""Longest sleep between two looks at the wall clock.

A machine that was suspended, or whose clock was set, is late by no more than this.
"""


class ScheduledCall:
    """One callback that waits for its moment."""

    def __init__(self, scheduler: Scheduler, when: datetime, callback: Callable[[], None]) -> None:
        """Keep the moment and the callback; the scheduler arms it."""
        self.when = when
        self._scheduler = scheduler
        self._callback = callback
        self._handle: Handle | None = None

    def cancel(self) -> None:
        """Make the callback not happen. Idempotent; may be called from any thread."""
        self._scheduler.discard(self)


class Scheduler:
    """Owns the scheduled calls of one registry; they end with it.

    A callback runs in a daemon thread of its own: it may block (write a file), and one that hangs
    holds up no other. Its exceptions are logged.
    """

    def __init__(self, clock: Clock) -> None:
        """Wait by ``clock``; nothing happens before ``start``."""
        self._clock = clock
        self._lock = threading.Lock()
        self._waiting: set[ScheduledCall] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False

    @property
    def waiting(self) -> int:
        """Number of calls that have not come due."""
        with self._lock:
            return len(self._waiting)

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Arm what was scheduled so far. Called once, on the loop's thread."""
        with self._lock:
            self._loop = loop
            waiting = list(self._waiting)
        for call in waiting:
            self._arm(call)

    def at(self, when: datetime, callback: Callable[[], None]) -> ScheduledCall:
        """Run ``callback`` once at the aware time ``when``; at once where that has passed.

        May be called from any thread. Raises ToolError at ``MAX_SCHEDULED``.
        """
        call = ScheduledCall(self, when, callback)
        with self._lock:
            if len(self._waiting) >= MAX_SCHEDULED:
                raise ToolError("Too many things are already scheduled. Cancel some first.")
            if self._closed:
                return call
            self._waiting.add(call)
        self._on_loop(call)
        return call

    def discard(self, call: ScheduledCall) -> None:
        """Forget a call; unknown ones are ignored."""
        with self._lock:
            self._waiting.discard(call)
        # The armed handle finds the call gone when it wakes, at most MAX_SLEEP_S later.

    def close(self) -> None:
        """Forget every call. Called on the loop's thread; idempotent."""
        with self._lock:
            self._closed = True
            waiting, self._waiting = self._waiting, set()
        for call in waiting:
            if call._handle is not None:
                call._handle.cancel()

    def _on_loop(self, call: ScheduledCall) -> None:
        loop = self._loop
        if loop is None:
            return
        try:
            running = asyncio.get_running_loop()
        except RuntimeError:
            running = None
        if running is loop:
            self._arm(call)
            return
        try:
            loop.call_soon_threadsafe(self._arm, call)
        except RuntimeError:
            # The loop has closed under a tool that was still running.
            self.discard(call)

    def _arm(self, call: ScheduledCall) -> None:
        """Sleep towards the moment in steps, or run the callback."""
        with self._lock:
            if call not in self._waiting:
                return
            remaining_s = (call.when - self._clock.now()).total_seconds()
            if remaining_s <= 0:
                self._waiting.discard(call)
        if remaining_s > 0:
            sleep_s = min(remaining_s, MAX_SLEEP_S)
            call._handle = self._clock.call_later(sleep_s, lambda: self._arm(call))
            return
        threading.Thread(
            target=_run, args=(call._callback,), name="tool-scheduled", daemon=True
        ).start()


def _run(callback: Callable[[], None]) -> None:
    try:
        callback()
    except BaseException as error:
        # Nobody waits for this thread: without the log line the fault would be lost.
        _log.error("a scheduled callback of a tool failed\n%s", report_failure(error))
