"""Runs plain functions in threads that nothing waits for: a hung one costs a slot, not the program.

A thread pool of the standard library is joined at exit, so one tool that never returns would keep
the program from ending. These threads are daemons, one per call (about 0.1 ms to start).
"""

from __future__ import annotations

import asyncio
import contextvars
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from tools.errors import BusyError


@dataclass(frozen=True, slots=True)
class Returned:
    """A function came back with a value."""

    value: Any


@dataclass(frozen=True, slots=True)
class Raised:
    """A function raised; SystemExit and KeyboardInterrupt are carried like any other."""

    error: BaseException


Outcome: TypeAlias = Returned | Raised


def attempt(function: Callable[[], Any]) -> Outcome:
    """Call a function and hold whatever comes of it."""
    try:
        return Returned(function())
    except BaseException as error:
        return Raised(error)


class ThreadRunner:
    """Threads for tool calls, at most ``limit`` alive at once.

    A thread whose caller gave up goes on until its function returns, and counts until then.
    """

    def __init__(self, limit: int) -> None:
        """Allow ``limit`` threads."""
        self.limit = limit
        self._alive = 0
        self._lock = threading.Lock()

    @property
    def alive(self) -> int:
        """Threads that have not returned, those that nobody waits for included."""
        with self._lock:
            return self._alive

    def start(self, function: Callable[[], Any]) -> asyncio.Future[Outcome]:
        """Run ``function`` in a thread; the future yields its outcome on the running loop.

        Cancelling the future abandons the thread. Raises BusyError at the limit.
        """
        with self._lock:
            if self._alive >= self.limit:
                raise BusyError(
                    "Too many tools are still running. Try again in a moment, or do without it."
                )
            self._alive += 1
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Outcome] = loop.create_future()
        context = contextvars.copy_context()
        thread = threading.Thread(
            target=self._run,
            args=(context, function, loop, future),
            name="tool-call",
            daemon=True,
        )
        try:
            thread.start()
        except RuntimeError as error:
            self._end()
            raise BusyError("The system has no thread left for a tool.") from error
        return future

    def _run(
        self,
        context: contextvars.Context,
        function: Callable[[], Any],
        loop: asyncio.AbstractEventLoop,
        future: asyncio.Future[Outcome],
    ) -> None:
        process = os.getpid()
        outcome = attempt(lambda: context.run(function))
        if os.getpid() != process:
            os._exit(0)  # A fork that came back from its tool: it must not answer as well.
        self._end()
        try:
            loop.call_soon_threadsafe(deliver, future, outcome)
        except RuntimeError:
            return  # The loop closed while the function ran: nobody is left to tell.

    def _end(self) -> None:
        with self._lock:
            self._alive -= 1


def deliver(future: asyncio.Future[Outcome], outcome: Outcome) -> None:
    """Set the outcome of a future that nobody gave up; called on the future's loop."""
    if not future.done():
        future.set_result(outcome)
