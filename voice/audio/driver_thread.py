"""One thread in which the sound driver is asked, as it may answer late or never."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any, TypeAlias, TypeVar

from voice.errors import DeviceError

_LOG = logging.getLogger(__name__)

T = TypeVar("T")

_Order: TypeAlias = tuple[Future[Any], Callable[[], Any], Callable[[Any], None] | None]

_MOST_WAITING = 32


class DriverThread:
    """Runs calls one after the other, each with a limit for whoever waits for it.

    A call over its limit goes on, as nothing can end it; those behind it wait for it and run into
    their own limits. The thread is a daemon: a driver that hangs does not keep the process.
    """

    def __init__(self, name: str) -> None:
        """Prepare; the thread begins with the first call."""
        self._name = name
        self._changed = threading.Condition()
        self._orders: deque[_Order] = deque()  # bounded: _order refuses above _MOST_WAITING
        self._thread: threading.Thread | None = None
        self._is_ending = False

    async def run(
        self,
        call: Callable[[], T],
        *,
        limit_s: float,
        late: Callable[[T], None] | None = None,
    ) -> T:
        """Return what ``call`` returns, or raise what it raises.

        Raises DeviceError over the limit. A result that comes after all, or that nobody waits for
        any more, is given to ``late``, in the thread: there an opened device is closed again.
        """
        future = self._order(call, late)
        try:
            async with asyncio.timeout(limit_s):
                return await asyncio.wrap_future(future)
        except TimeoutError as error:
            return _result_of(future, limit_s, error)
        except asyncio.CancelledError:
            if not future.cancel() and late is not None and future.exception() is None:
                self.post(partial(late, future.result()))
            raise

    def wait(
        self,
        call: Callable[[], T],
        *,
        limit_s: float,
        late: Callable[[T], None] | None = None,
    ) -> T:
        """Do the same for a caller that may block."""
        future = self._order(call, late)
        try:
            return future.result(limit_s)
        except TimeoutError as error:
            return _result_of(future, limit_s, error)

    def post(self, call: Callable[[], object]) -> None:
        """Have something done for whose end nobody waits."""
        self._order(call, None)

    def end(self) -> None:
        """Let the thread end after what it was asked. Idempotent; a later call takes it back."""
        with self._changed:
            self._is_ending = True
            self._changed.notify()

    def _order(self, call: Callable[[], T], late: Callable[[T], None] | None) -> Future[T]:
        future: Future[T] = Future()
        with self._changed:
            # What waits behind a call that hangs is given up by and by, and makes room.
            waiting = [order for order in self._orders if not order[0].cancelled()]
            if len(waiting) >= _MOST_WAITING:
                raise DeviceError(
                    f"the sound driver has not answered for a long time ({_MOST_WAITING} calls "
                    "wait); end the program and start it again"
                )
            self._orders = deque([*waiting, (future, call, late)])  # bounded: see above
            self._is_ending = False
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)
                self._thread.start()
            self._changed.notify()
        return future

    def _work(self) -> None:
        while (order := self._next()) is not None:
            _perform(*order)

    def _next(self) -> _Order | None:
        """Wait for the next call; None where the thread is to end."""
        with self._changed:
            self._changed.wait_for(lambda: self._orders or self._is_ending)
            if self._orders:
                return self._orders.popleft()
            self._thread = None
            return None


def _result_of(future: Future[T], limit_s: float, error: TimeoutError) -> T:
    """Return what came in the last moment, or what the call raised. Raises DeviceError."""
    if future.cancel():
        raise DeviceError(
            f"the sound driver did not answer within {limit_s:g} s; unplug the device and plug it "
            "in again, or choose another"
        ) from error
    return future.result()


def _perform(
    future: Future[Any], call: Callable[[], Any], late: Callable[[Any], None] | None
) -> None:
    """Make one call and tell its outcome; whoever gave up waiting has cancelled the future."""
    if future.cancelled():
        return
    try:
        result = call()
    except BaseException as error:  # noqa: BLE001 (the caller gets it)
        if future.set_running_or_notify_cancel():
            future.set_exception(error)
        return
    if future.set_running_or_notify_cancel():
        future.set_result(result)
    elif late is not None:
        try:
            late(result)
        except Exception as error:  # a driver's own; the thread has other calls to make
            _LOG.warning("a late answer of the driver was not put away: %s", type(error).__name__)
