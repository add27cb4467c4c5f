import asyncio
import threading

import pytest

from voice.engines.threads import EngineThreads
from voice.errors import EngineError

WAIT_S = 5.0


@pytest.fixture
def threads():
    pool = EngineThreads("parrot", workers=1, max_waiting=1)
    yield pool
    pool.close()


@pytest.fixture
def gate():
    """A call that holds the only worker until the gate opens."""
    opened = threading.Event()
    yield opened
    opened.set()


def hold(gate):
    started = threading.Event()

    def call():
        started.set()
        assert gate.wait(WAIT_S)
        return "held"

    return call, started


async def test_a_call_runs_in_another_thread_and_returns_its_value(threads):
    name = await threads.run(lambda: threading.current_thread().name)
    assert name.startswith("parrot")


async def test_an_exception_of_the_call_reaches_the_caller(threads):
    with pytest.raises(ZeroDivisionError):
        await threads.run(lambda: 1 // 0)


async def test_a_full_waiting_line_is_refused_with_an_engine_error(threads, gate):
    call, started = hold(gate)
    held = asyncio.ensure_future(threads.run(call))
    waiting = asyncio.ensure_future(threads.run(lambda: "waited"))
    await asyncio.to_thread(started.wait, WAIT_S)

    with pytest.raises(EngineError, match=r"parrot is busy: 2 calls .* at most 2 may"):
        await threads.run(lambda: "too many")

    gate.set()
    assert (await held, await waiting) == ("held", "waited")


async def test_a_cancelled_caller_takes_its_waiting_call_back(threads, gate):
    call, started = hold(gate)
    held = asyncio.ensure_future(threads.run(call))
    await asyncio.to_thread(started.wait, WAIT_S)
    ran = []
    waiting = asyncio.ensure_future(threads.run(lambda: ran.append(1)))
    await asyncio.sleep(0)

    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    gate.set()

    assert await held == "held"
    await threads.run(lambda: None)
    assert ran == []


async def test_a_caller_cancelled_while_its_call_runs_leaves_the_engine_usable(threads, gate):
    call, started = hold(gate)
    running = asyncio.ensure_future(threads.run(call))
    await asyncio.to_thread(started.wait, WAIT_S)

    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    gate.set()

    assert await threads.run(lambda: "next") == "next"


async def test_closing_fails_waiting_calls_and_refuses_new_ones(threads, gate):
    call, started = hold(gate)
    held = asyncio.ensure_future(threads.run(call))
    waiting = asyncio.ensure_future(threads.run(lambda: "never"))
    await asyncio.to_thread(started.wait, WAIT_S)

    threads.close()
    threads.close()

    with pytest.raises(EngineError, match="closed while a call waited"):
        await waiting
    with pytest.raises(EngineError, match="parrot is closed"):
        await threads.run(lambda: "new")
    gate.set()
    assert await held == "held"
