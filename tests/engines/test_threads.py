import asyncio
import threading

import pytest

from voice.engines.fair_line import Urgency
from voice.engines.threads import EngineThreads, urgency_of_calls, work_for
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

    with pytest.raises(EngineError, match=r"parrot is busy: 1 calls run and 1 wait"):
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


async def test_a_session_that_asks_for_much_does_not_delay_another(gate):
    threads = EngineThreads("parrot", max_waiting=32)
    served = []

    async def session(name, count):
        work_for(name)
        async with asyncio.TaskGroup() as calls:
            for _ in range(count):
                calls.create_task(threads.run(lambda: served.append(name)))

    call, started = hold(gate)
    held = asyncio.ensure_future(threads.run(call))
    await asyncio.to_thread(started.wait, WAIT_S)
    async with asyncio.timeout(WAIT_S), asyncio.TaskGroup() as sessions:
        sessions.create_task(session("chatty", 8))
        sessions.create_task(session("shy", 1))
        await all_wait(threads, 9)
        gate.set()
    await held
    threads.close()

    assert served.index("shy") <= 1


async def test_calls_made_ahead_let_others_pass(gate):
    threads = EngineThreads("parrot", max_waiting=32)
    served = []

    async def later_piece():
        work_for("long answer")
        with urgency_of_calls(Urgency.AHEAD):
            await threads.run(lambda: served.append("later piece"))

    async def first_piece():
        work_for("new answer")
        await threads.run(lambda: served.append("first piece"))

    call, started = hold(gate)
    held = asyncio.ensure_future(threads.run(call))
    await asyncio.to_thread(started.wait, WAIT_S)
    async with asyncio.timeout(WAIT_S), asyncio.TaskGroup() as sessions:
        sessions.create_task(later_piece())
        sessions.create_task(first_piece())
        await all_wait(threads, 2)
        gate.set()
    await held
    threads.close()

    assert served == ["first piece", "later piece"]


async def all_wait(threads, count):
    while threads.state().waiting < count:  # noqa: ASYNC110 - a queue's depth has no event
        await asyncio.sleep(0)


async def test_the_state_tells_what_waits_and_what_runs(threads, gate):
    call, started = hold(gate)
    held = asyncio.ensure_future(threads.run(call))
    await asyncio.to_thread(started.wait, WAIT_S)
    waiting = asyncio.ensure_future(threads.run(lambda: None))
    await all_wait(threads, 1)

    busy = threads.state()
    gate.set()
    await held
    await waiting

    assert (busy.waiting, busy.running) == (1, 1)
    assert threads.state().waiting == 0


async def test_two_hundred_calls_taken_back_leave_nothing_behind(threads, gate):
    call, started = hold(gate)
    held = asyncio.ensure_future(threads.run(call))
    await asyncio.to_thread(started.wait, WAIT_S)
    for _ in range(200):
        waiting = asyncio.ensure_future(threads.run(lambda: None))
        await all_wait(threads, 1)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    assert threads.state().waiting == 0
    gate.set()
    assert await held == "held"
    assert await threads.run(lambda: "next") == "next"


async def test_several_workers_serve_every_call(gate):
    threads = EngineThreads("parrots", workers=4, max_waiting=400, max_waiting_each=400)
    async with asyncio.timeout(WAIT_S):
        results = await asyncio.gather(*(threads.run(lambda n=n: n) for n in range(400)))
    threads.close()

    assert results == list(range(400))
