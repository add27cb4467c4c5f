"""Runs async tools on event loops in threads: one that blocks costs other tools, not the sound."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import os
import threading
from collections.abc import Callable, Coroutine
from typing import Any

from tools.errors import BusyError
from tools.threads import Outcome, Raised, Returned, deliver

_log = logging.getLogger(__name__)

MAX_CALLS = 64
"""Calls that have not ended, those that ignore their cancellation included."""

MAX_LOOPS = 4
"""Threads: the loop in use and those that a tool blocks; a fifth is refused politely."""

_UNBLOCK_S = 0.25
"""A loop that takes no notice of a cancellation for so long is blocked, and left behind."""

_CLOSE_S = 1.0

MakeWork = Callable[[], Coroutine[Any, Any, Any]]


class LoopRunner:
    """Event loops for async tools, each in a daemon thread, started when first needed.

    All calls share one loop, so that what they keep (a connection) can be shared. Only where a
    tool blocks that loop do later calls get a new one. Use it from one event loop.
    """

    def __init__(self) -> None:
        """Start nothing yet."""
        self._current: _Host | None = None
        self._hosts: set[_Host] = set()

    @property
    def alive(self) -> int:
        """Loops whose threads have not ended, blocked ones included."""
        self._hosts = {host for host in self._hosts if host.is_alive}
        return len(self._hosts)

    def start(self, make: MakeWork) -> asyncio.Future[Outcome]:
        """Await ``make()`` on the tools' loop; the future yields its outcome on the running loop.

        It sees the caller's context variables. Cancelling the future cancels it. Raises BusyError
        where too much is running.
        """
        host = self._host()
        call = _Call(host, make, asyncio.get_running_loop())
        call.future.add_done_callback(lambda future: self._done(call, future))
        host.loop.call_soon_threadsafe(call.begin)
        return call.future

    async def close(self) -> None:
        """Cancel every call and end the threads; those that are blocked die with the program."""
        self._current = None
        loop = asyncio.get_running_loop()
        ending = [host.end(loop) for host in self._hosts if host.is_alive]
        if ending:
            await asyncio.wait(ending, timeout=2 * _CLOSE_S)

    def _host(self) -> _Host:
        busy = BusyError("Too many tools are still running. Try again in a moment.")
        alive = self.alive
        if sum(host.calls for host in self._hosts) >= MAX_CALLS:
            raise busy
        if self._current is None or not self._current.is_alive:
            if alive >= MAX_LOOPS:
                raise busy
            self._current = _Host()
            self._hosts.add(self._current)
        self._current.count(1)
        return self._current

    def _done(self, call: _Call, future: asyncio.Future[Outcome]) -> None:
        """Pass a cancellation on, and see whether anybody is there to notice it."""
        if not future.cancelled():
            return
        call.cancel()
        asyncio.get_running_loop().call_later(_UNBLOCK_S, self._leave_if_blocked, call)

    def _leave_if_blocked(self, call: _Call) -> None:
        if call.is_noticed or call.host is not self._current:
            return
        _log.warning("an async tool blocks the loop of the tools; later calls get another")
        self._current = None
        call.host.end(asyncio.get_running_loop())


class _Host:
    """One event loop and its thread."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.calls = 0
        self._lock = threading.Lock()
        self._is_ending = False
        self._ended: list[tuple[asyncio.AbstractEventLoop, Callable[[], None]]] = []
        self._thread = threading.Thread(target=self._live, name="tool-loop", daemon=True)
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def count(self, change: int) -> None:
        """Note that a call began or ended; from either thread."""
        with self._lock:
            self.calls += change

    def end(self, caller: asyncio.AbstractEventLoop) -> asyncio.Future[None]:
        """Stop as soon as the loop can; return what is done when the thread is ready to go."""
        future: asyncio.Future[None] = caller.create_future()

        def tell() -> None:
            if not future.done():
                future.set_result(None)

        self._ended.append((caller, tell))
        self._is_ending = True
        try:
            self.loop.call_soon_threadsafe(self.loop.stop)
        except RuntimeError:
            tell()  # It ended meanwhile.
        return future

    def _live(self) -> None:
        asyncio.set_event_loop(self.loop)
        while not self._is_ending:
            try:
                self.loop.run_forever()
            except BaseException as error:
                # SystemExit of a task that a tool started beside its call ends the loop's run.
                _log.error("a task of a tool raised %s", type(error).__name__)
        try:
            self.loop.run_until_complete(_end_tasks())
        except BaseException as error:
            _log.error("a task of a tool raised %s at its end", type(error).__name__)
        finally:
            self.loop.close()
            for caller, tell in self._ended:
                try:
                    caller.call_soon_threadsafe(tell)
                except RuntimeError:
                    continue  # The caller's loop has closed: nobody waits.


async def _end_tasks() -> None:
    own = asyncio.current_task()
    tasks = [task for task in asyncio.all_tasks() if task is not own]
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=_CLOSE_S)
    await asyncio.get_running_loop().shutdown_asyncgens()


class _Call:
    """One call: a future on the caller's loop, a task on the tools'."""

    def __init__(self, host: _Host, make: MakeWork, caller: asyncio.AbstractEventLoop) -> None:
        self.host = host
        self.future: asyncio.Future[Outcome] = caller.create_future()
        self.is_noticed = False
        self._make = make
        self._caller = caller
        self._context = contextvars.copy_context()
        self._task: asyncio.Task[Outcome] | None = None

    def begin(self) -> None:
        """Start the task, on the tools' loop."""
        if self.future.cancelled():
            self.host.count(-1)
            return
        self._task = self.host.loop.create_task(_guarded(self._make), context=self._context)
        self._task.add_done_callback(self._ended)

    def cancel(self) -> None:
        """Cancel the task, from the caller's loop."""
        try:
            self.host.loop.call_soon_threadsafe(self._cancel)
        except RuntimeError:
            self.is_noticed = True  # The loop has ended, and the task with it.

    def _cancel(self) -> None:
        self.is_noticed = True
        if self._task is not None:
            self._task.cancel()

    def _ended(self, task: asyncio.Task[Outcome]) -> None:
        self.host.count(-1)
        outcome = Raised(asyncio.CancelledError()) if task.cancelled() else task.result()
        try:
            self._caller.call_soon_threadsafe(deliver, self.future, outcome)
        except RuntimeError:
            return  # The caller's loop closed while the tool ran: nobody is left to tell.


async def _guarded(make: MakeWork) -> Outcome:
    """Hold whatever comes of a tool; SystemExit must not reach the loop, which it would end."""
    process = os.getpid()
    try:
        outcome: Outcome = Returned(await make())
    except asyncio.CancelledError:
        raise
    except BaseException as error:
        outcome = Raised(error)
    if os.getpid() != process:
        os._exit(0)  # A fork that came back from its tool: two programs must not share a loop.
    return outcome
