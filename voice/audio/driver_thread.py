"""One thread in which the sound driver is asked, as it may answer late or never."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeAlias, TypeVar

from voice.errors import DeviceError

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
        self._orders: queue.Queue[_Order | None] = queue.Queue(_MOST_WAITING)
        self._thread: threading.Thread | None = None

    async def run(
        self,
        call: Callable[[], T],
        *,
        limit_s: float,
        late: Callable[[T], None] | None = None,
    ) -> T:
        """Return what ``call`` returns, or raise what it raises.

        Raises DeviceError over the limit. A result that comes after all is given to ``late``, in
        the thread: there an opened device is closed again.
        """
        future = self._order(call, late)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(future), limit_s)
        except TimeoutError as error:
            raise _no_answer(limit_s) from error

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
            if not future.cancel():
                return future.result()
            raise _no_answer(limit_s) from error

    def post(self, call: Callable[[], object]) -> None:
        """Have something done for whose end nobody waits."""
        self._order(call, None)

    def end(self) -> None:
        """Let the thread end after what it was asked. Idempotent; a later call begins another."""
        if self._thread is not None:
            self._thread = None
            with suppress(queue.Full):
                self._orders.put_nowait(None)

    def _order(self, call: Callable[[], T], late: Callable[[T], None] | None) -> Future[T]:
        future: Future[T] = Future()
        try:
            self._orders.put_nowait((future, call, late))
        except queue.Full as error:
            raise DeviceError(
                f"the sound driver has not answered for a long time ({_MOST_WAITING} calls wait); "
                "end the program and start it again"
            ) from error
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)
            self._thread.start()
        return future

    def _work(self) -> None:
        while (order := self._orders.get()) is not None:
            _perform(*order)


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
        late(result)


def _no_answer(limit_s: float) -> DeviceError:
    return DeviceError(
        f"the sound driver did not answer within {limit_s:g} s; unplug the device and plug it in "
        "again, or choose another"
    )
