"""A small bounded thread pool for one engine, so that no engine ever runs on the event loop.

Callers are served in turn. Who calls, and how urgently, is read from the context of the calling
task, which tasks hand down to the tasks they create: a session says ``work_for(session)`` once,
and no port needs a parameter for it. Whoever says nothing shares one unhurried line.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from voice.engines.fair_line import FairLine, LineFullError, Urgency
from voice.engines.ports import QueueState
from voice.errors import EngineError

T = TypeVar("T")

MAX_WAITING_EACH = 16
"""Calls of one session that may wait for one engine; a session runs nine responses at most."""

_CALLER: ContextVar[Hashable] = ContextVar("caller", default=None)
_URGENCY: ContextVar[Urgency] = ContextVar("urgency", default=Urgency.UNHURRIED)


def work_for(caller: Hashable) -> None:
    """Let this task, and the tasks that it creates from now on, call engines for ``caller``.

    Their calls count as waited for in silence until ``urgency_of_calls`` says otherwise.
    """
    _CALLER.set(caller)
    _URGENCY.set(Urgency.WAITED_FOR)


@contextlib.contextmanager
def urgency_of_calls(urgency: Urgency) -> Iterator[None]:
    """Give the calls that this task makes inside the block an urgency."""
    before = _URGENCY.set(urgency)
    try:
        yield
    finally:
        _URGENCY.reset(before)


def current_urgency() -> Urgency:
    """The urgency of the calls that this task makes now."""
    return _URGENCY.get()


@dataclass(eq=False, slots=True)
class _Job(Generic[T]):
    """A call and where its result goes."""

    call: Callable[[], T]
    future: Future[T]

    def run(self) -> None:
        if not self.future.set_running_or_notify_cancel():
            return
        try:
            result = self.call()
        except BaseException as error:
            self.future.set_exception(error)
        else:
            self.future.set_result(result)


class EngineThreads:
    """Runs an engine's blocking calls in ``workers`` threads with a bounded, fair waiting line.

    Safe to share between event loops and threads. A caller that is cancelled while its call still
    waits takes the call back; while its call runs, the call runs on to its end and its result is
    dropped, so calls should be short (one sentence, one stretch of audio). The owner of the
    engine calls ``close`` once.
    """

    def __init__(
        self,
        engine: str,
        *,
        workers: int = 1,
        max_waiting: int = 32,
        max_waiting_each: int = MAX_WAITING_EACH,
    ) -> None:
        """Start no thread yet; ``engine`` is the name used in errors, metrics and thread names."""
        self.name = engine
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix=engine)
        self._lock = threading.Lock()
        self._line: FairLine[_Job[Any]]
        self._line = FairLine(max_waiting=max_waiting, max_waiting_each=max_waiting_each)
        self._limits = f"{max_waiting} calls may wait, {max_waiting_each} of one session"
        self._workers = workers
        self._running = 0
        self._woken = 0
        self._closed = False

    def state(self) -> QueueState:
        """What waits and runs at this moment."""
        with self._lock:
            longest_s = self._line.longest_wait_s(time.monotonic())
            return QueueState(len(self._line), self._running, longest_s)

    async def run(self, call: Callable[[], T]) -> T:
        """Run ``call`` in a thread and return what it returns, or raise what it raises.

        Raises EngineError when the waiting line is full or the engine is closed.
        """
        future = self._submit(call)
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            if self._closed and not self._caller_is_cancelled():
                raise EngineError(f"{self.name} was closed while a call waited for it") from None
            raise

    def close(self) -> None:
        """Refuse new calls and drop waiting ones; a running call ends by itself. Idempotent."""
        with self._lock:
            self._closed = True
            dropped = self._line.drain()
        for job in dropped:
            job.future.cancel()
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _submit(self, call: Callable[[], T]) -> Future[T]:
        job = _Job(call, Future[T]())
        with self._lock:
            if self._closed:
                raise EngineError(f"{self.name} is closed; load it again before using it")
            try:
                place = self._line.put(
                    job,
                    caller=_CALLER.get(),
                    urgency=current_urgency(),
                    now_s=time.monotonic(),
                    idle_workers=self._workers - self._running,
                )
            except LineFullError:
                raise EngineError(
                    f"{self.name} is busy: {self._running} calls run and {len(self._line)} wait "
                    f"(at most {self._limits}); try again in a moment or serve fewer sessions"
                ) from None
            # One wake-up for each waiting call; those of calls taken back serve for later ones.
            if self._woken < len(self._line):
                self._woken += 1
                self._executor.submit(self._run_next)

        def take_back(done: Future[T]) -> None:
            if done.cancelled():
                with self._lock:
                    self._line.remove(place)

        job.future.add_done_callback(take_back)
        return job.future

    def _run_next(self) -> None:
        """Run the call that is next in the line; in an engine thread."""
        with self._lock:
            self._woken -= 1
            job = self._line.take()
            self._running += 1
        try:
            if job is not None:
                job.run()
        finally:
            with self._lock:
                self._running -= 1

    @staticmethod
    def _caller_is_cancelled() -> bool:
        task = asyncio.current_task()
        return task is not None and task.cancelling() > 0
