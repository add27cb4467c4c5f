"""Each call ends exactly once, whatever its tool does."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import pytest

from voice.client.tool_runner import (
    CANCELLED,
    FAILED,
    MAX_AT_ONCE,
    MAX_OUTPUT,
    NO_TOOLS,
    TOO_SLOW,
    ToolRunner,
)
from voice.core.client_inputs import ToolFinished
from voice.protocol.session_config import FunctionTool


@dataclass(frozen=True)
class Given:
    output: str
    is_error: bool = False
    speak: bool = True


class Tools:
    """Tools that do what a function says."""

    specs: tuple[FunctionTool, ...] = ()
    cancellable: frozenset[str] = frozenset()

    def __init__(self, do: Callable[[str], Awaitable[Given]]) -> None:
        self._do = do
        self.running = 0
        self.most_at_once = 0

    async def call(self, name: str, arguments: str, call_id: str | None = None) -> Given:
        self.running += 1
        self.most_at_once = max(self.most_at_once, self.running)
        try:
            return await self._do(arguments)
        finally:
            self.running -= 1


class Results:
    """Collects what ended, and waits for it."""

    def __init__(self) -> None:
        self.found: list[ToolFinished] = []
        self._news = asyncio.Event()

    def add(self, result: ToolFinished) -> None:
        self.found.append(result)
        self._news.set()

    async def of(self, count: int) -> list[ToolFinished]:
        async with asyncio.timeout(5):
            while len(self.found) < count:
                self._news.clear()
                await self._news.wait()
        return self.found


@pytest.fixture
async def group() -> AsyncIterator[asyncio.TaskGroup]:
    async with asyncio.TaskGroup() as group:
        yield group


async def forever(arguments: str) -> Given:
    await asyncio.Event().wait()
    return Given("never")


async def test_a_result_is_passed_on_as_it_is(group: asyncio.TaskGroup) -> None:
    async def do(arguments: str) -> Given:
        return Given(f"got {arguments}", is_error=True, speak=False)

    results = Results()
    ToolRunner(Tools(do), group, finished=results.add).start("c1", "clock", "{}")
    assert await results.of(1) == [ToolFinished("c1", "got {}", speak=False, is_error=True)]


async def test_a_tool_that_raises_has_failed_and_its_message_stays_here(
    group: asyncio.TaskGroup, caplog: pytest.LogCaptureFixture
) -> None:
    async def do(arguments: str) -> Given:
        raise RuntimeError("canary")

    results = Results()
    ToolRunner(Tools(do), group, finished=results.add).start("c1", "clock", "canary")
    assert await results.of(1) == [ToolFinished("c1", FAILED, is_error=True)]
    assert "canary" not in caplog.text
    assert "RuntimeError" in caplog.text


async def test_a_tool_that_never_returns_is_given_up(group: asyncio.TaskGroup) -> None:
    results = Results()
    runner = ToolRunner(Tools(forever), group, finished=results.add, limit_s=0.01)
    runner.start("c1", "clock", "{}")
    assert await results.of(1) == [ToolFinished("c1", TOO_SLOW, is_error=True)]


async def test_a_cancelled_call_ends_at_once_and_wants_no_speech(
    group: asyncio.TaskGroup,
) -> None:
    begun = asyncio.Event()

    async def do(arguments: str) -> Given:
        begun.set()
        return await forever(arguments)

    results = Results()
    tools = Tools(do)
    runner = ToolRunner(tools, group, finished=results.add)
    runner.start("c1", "clock", "{}")
    await asyncio.wait_for(begun.wait(), 5)
    runner.cancel("c1")
    runner.cancel("c1")
    assert await results.of(1) == [ToolFinished("c1", CANCELLED, speak=False, is_error=True)]
    assert tools.running == 0


async def test_a_call_cancelled_before_it_began_never_begins(group: asyncio.TaskGroup) -> None:
    results, tools = Results(), Tools(forever)
    runner = ToolRunner(tools, group, finished=results.add)
    runner.start("c1", "clock", "{}")
    runner.cancel("c1")
    runner.cancel("c9")
    assert [result.output for result in await results.of(1)] == [CANCELLED]
    assert tools.most_at_once == 0


async def test_only_so_many_calls_run_at_once_and_all_end(group: asyncio.TaskGroup) -> None:
    go_on, is_full = asyncio.Event(), asyncio.Event()

    async def do(arguments: str) -> Given:
        if tools.running == MAX_AT_ONCE:
            is_full.set()
        await go_on.wait()
        return Given(arguments)

    results, tools = Results(), Tools(do)
    runner = ToolRunner(tools, group, finished=results.add)
    for number in range(3 * MAX_AT_ONCE):
        runner.start(f"c{number}", "clock", str(number))
    await asyncio.wait_for(is_full.wait(), 5)
    go_on.set()
    ended = await results.of(3 * MAX_AT_ONCE)
    assert {result.call_id for result in ended} == {f"c{n}" for n in range(3 * MAX_AT_ONCE)}
    assert tools.most_at_once == MAX_AT_ONCE


async def test_a_call_that_runs_is_not_started_again(group: asyncio.TaskGroup) -> None:
    go_on = asyncio.Event()

    async def do(arguments: str) -> Given:
        await go_on.wait()
        return Given(arguments)

    results, tools = Results(), Tools(do)
    runner = ToolRunner(tools, group, finished=results.add)
    runner.start("c1", "clock", "first")
    runner.start("c1", "clock", "second")
    go_on.set()
    assert [result.output for result in await results.of(1)] == ["first"]
    assert tools.most_at_once == 1


async def test_a_huge_output_is_cut_with_a_note(group: asyncio.TaskGroup) -> None:
    async def do(arguments: str) -> Given:
        return Given("x" * 10 * MAX_OUTPUT)

    results = Results()
    ToolRunner(Tools(do), group, finished=results.add).start("c1", "clock", "{}")
    [result] = await results.of(1)
    assert len(result.output) < MAX_OUTPUT + 100
    assert result.output.endswith("(cut: 160000 characters in all)")


async def test_a_session_without_tools_says_so(group: asyncio.TaskGroup) -> None:
    results = Results()
    ToolRunner(None, group, finished=results.add).start("c1", "clock", "{}")
    assert await results.of(1) == [ToolFinished("c1", NO_TOOLS, is_error=True)]


async def test_the_end_of_the_session_ends_calls_silently() -> None:
    results, tools = Results(), Tools(forever)
    async with asyncio.timeout(5):
        async with asyncio.TaskGroup() as group:
            runner = ToolRunner(tools, group, finished=results.add)
            runner.start("c1", "clock", "{}")
            runner.stop()
    assert results.found == []
