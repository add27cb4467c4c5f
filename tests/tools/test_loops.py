from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from tools import loops
from tools.errors import BusyError
from tools.loops import MAX_CALLS, MAX_LOOPS, LoopRunner
from tools.threads import Raised, Returned

NAME: contextvars.ContextVar[str] = contextvars.ContextVar("NAME")


@pytest.fixture
async def runner() -> AsyncIterator[LoopRunner]:
    runner = LoopRunner()
    yield runner
    await runner.close()


async def where() -> tuple[int, str]:
    return threading.get_ident(), NAME.get("nobody")


async def until(state: Callable[[], bool]) -> None:
    """Wait for a state that other threads bring about."""
    async with asyncio.timeout(5):
        while not state():
            await asyncio.to_thread(threading.Event().wait, 0.005)


async def test_a_coroutine_runs_in_another_thread_with_the_callers_context(
    runner: LoopRunner,
) -> None:
    NAME.set("caller")

    outcome = await runner.start(where)

    assert isinstance(outcome, Returned)
    thread, name = outcome.value
    assert (thread != threading.get_ident(), name) == (True, "caller")


async def test_calls_share_one_loop_and_run_beside_each_other(runner: LoopRunner) -> None:
    gate: list[asyncio.Event] = []

    async def wait() -> str:
        gate.append(asyncio.Event())
        await gate[0].wait()
        return "waited"

    async def open_it() -> str:
        gate[0].set()
        return "opened"

    waiting = runner.start(wait)
    assert await runner.start(open_it) == Returned("opened")
    assert await waiting == Returned("waited")
    assert runner.alive == 1


@pytest.mark.parametrize(
    "error",
    [ValueError("x"), SystemExit(3), KeyboardInterrupt(), GeneratorExit(), RecursionError()],
)
async def test_whatever_is_raised_is_carried(runner: LoopRunner, error: BaseException) -> None:
    async def fail() -> None:
        raise error

    assert await runner.start(fail) == Raised(error)


async def test_system_exit_of_a_task_beside_the_call_does_not_end_the_loop(
    runner: LoopRunner,
) -> None:
    kept: list[asyncio.Task[None]] = []

    async def leave() -> None:
        raise SystemExit(3)

    async def start_it() -> None:
        kept.append(asyncio.create_task(leave()))
        await asyncio.wait(kept)

    assert await runner.start(start_it) == Returned(None)
    assert isinstance(await runner.start(where), Returned)
    assert runner.alive == 1


async def test_a_tool_that_blocks_costs_its_loop_and_no_more(runner: LoopRunner) -> None:
    blocks, release = threading.Event(), threading.Event()

    async def block() -> None:
        blocks.set()
        release.wait(15)

    blocked = runner.start(block)
    await asyncio.to_thread(blocks.wait, 5)
    blocked.cancel()
    await until(lambda: runner._current is None)

    assert isinstance(await runner.start(where), Returned)
    assert runner.alive == 2
    release.set()
    await until(lambda: runner.alive == 1)


async def test_blocked_loops_are_bounded_and_more_is_refused(
    runner: LoopRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loops, "_UNBLOCK_S", 0.01)
    release = threading.Event()

    async def block() -> None:
        release.wait(15)

    for _ in range(MAX_LOOPS):
        runner.start(block).cancel()
        blocked = runner.start(block)
        await asyncio.wait({blocked}, timeout=0.05)
        blocked.cancel()
        await until(lambda: runner._current is None)

    with pytest.raises(BusyError, match="still running"):
        runner.start(where)
    assert runner.alive == MAX_LOOPS
    release.set()
    await until(lambda: runner.alive == 0)
    assert isinstance(await runner.start(where), Returned)


async def test_calls_that_never_end_are_bounded(runner: LoopRunner) -> None:
    async def wait() -> None:
        await asyncio.Event().wait()

    for _ in range(MAX_CALLS):
        runner.start(wait)

    with pytest.raises(BusyError):
        runner.start(where)


async def test_the_end_cancels_what_runs() -> None:
    runner, ended = LoopRunner(), threading.Event()

    async def wait() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    begun: Awaitable[object] = runner.start(where)
    runner.start(wait)
    await begun
    await runner.start(where)

    await runner.close()

    assert ended.is_set()
    await until(lambda: runner.alive == 0)
