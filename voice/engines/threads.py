"""A small bounded thread pool for one engine, so that no engine ever runs on the event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from voice.errors import EngineError

T = TypeVar("T")


class EngineThreads:
    """Runs an engine's blocking calls in ``workers`` threads with a bounded waiting line.

    Safe to share between event loops and threads. A caller that is cancelled while its call still
    waits takes the call back; while its call runs, the call runs on to its end and its result is
    dropped, so calls should be short (one sentence, one stretch of audio). The owner of the
    engine calls ``close`` once.
    """

    def __init__(self, engine: str, *, workers: int = 1, max_waiting: int = 32) -> None:
        """Start no thread yet; ``engine`` is the name used in errors and thread names."""
        self._engine = engine
        self._limit = workers + max_waiting
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix=engine)
        self._lock = threading.Lock()
        self._in_hand = 0
        self._closed = False

    @property
    def in_hand(self) -> int:
        """Calls that wait or run at this moment."""
        with self._lock:
            return self._in_hand

    async def run(self, call: Callable[[], T]) -> T:
        """Run ``call`` in a thread and return what it returns, or raise what it raises.

        Raises EngineError when the waiting line is full or the engine is closed.
        """
        future = self._submit(call)
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            if self._closed and not self._caller_is_cancelled():
                raise EngineError(f"{self._engine} was closed while a call waited for it") from None
            raise

    def close(self) -> None:
        """Refuse new calls and drop waiting ones; a running call ends by itself. Idempotent."""
        self._closed = True
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _submit(self, call: Callable[[], T]) -> Future[T]:
        with self._lock:
            if self._closed:
                raise EngineError(f"{self._engine} is closed; load it again before using it")
            if self._in_hand >= self._limit:
                raise EngineError(
                    f"{self._engine} is busy: {self._in_hand} calls are waiting or running, "
                    f"at most {self._limit} may; try again in a moment or serve fewer sessions"
                )
            future = self._executor.submit(call)
            self._in_hand += 1
        future.add_done_callback(self._on_done)
        return future

    def _on_done(self, _future: Future[T]) -> None:
        with self._lock:
            self._in_hand -= 1

    @staticmethod
    def _caller_is_cancelled() -> bool:
        task = asyncio.current_task()
        return task is not None and task.cancelling() > 0
