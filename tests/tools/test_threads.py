from __future__ import annotations

import asyncio
import contextvars
import threading

import pytest

from tools.errors import BusyError
from tools.threads import Raised, Returned, ThreadRunner

NAME: contextvars.ContextVar[str] = contextvars.ContextVar("NAME")


async def test_a_function_runs_off_the_loop_with_the_callers_context() -> None:
    NAME.set("caller")
    runner = ThreadRunner(1)

    outcome = await runner.start(lambda: (threading.current_thread().daemon, NAME.get()))

    assert outcome == Returned((True, "caller"))
    assert runner.alive == 0


@pytest.mark.parametrize("error", [ValueError("x"), SystemExit(3), KeyboardInterrupt(),
                                   StopIteration(), asyncio.CancelledError()])  # fmt: skip
async def test_whatever_is_raised_is_carried(error: BaseException) -> None:
    def fail() -> None:
        raise error

    assert await ThreadRunner(1).start(fail) == Raised(error)


async def test_an_abandoned_thread_counts_until_it_returns() -> None:
    release = threading.Event()
    runner = ThreadRunner(2)
    first = runner.start(lambda: release.wait(10))
    second = runner.start(lambda: release.wait(10))
    first.cancel()

    with pytest.raises(BusyError, match="still running"):
        runner.start(lambda: None)
    assert runner.alive == 2

    release.set()
    assert await second == Returned(True)
    for thread in [t for t in threading.enumerate() if t.name == "tool-call"]:
        thread.join(5)
    assert runner.alive == 0
    assert await runner.start(lambda: 5) == Returned(5)
