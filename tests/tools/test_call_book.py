from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tools import Registry, tool
from tools.call_book import MAX_CALLS, CallBook
from tools.outcome import ToolOutcome


class Work:
    """Counts how often it was done; waits for ``gate`` each time."""

    def __init__(self) -> None:
        self.times = 0
        self.gate = asyncio.Event()
        self.began = asyncio.Event()

    async def __call__(self) -> ToolOutcome:
        self.times += 1
        self.began.set()
        await self.gate.wait()
        return ToolOutcome(f"done {self.times}")


async def test_a_call_that_comes_again_gets_the_same_answer_and_is_not_done_again() -> None:
    book, work = CallBook(), Work()
    work.gate.set()

    answers = [await book.once("call_1", work) for _ in range(3)]

    assert work.times == 1
    assert {answer.output for answer in answers} == {"done 1"}


async def test_a_repetition_waits_for_the_call_that_runs() -> None:
    book, work = CallBook(), Work()
    both = asyncio.gather(book.once("call_1", work), book.once("call_1", work))
    await work.began.wait()
    work.gate.set()

    first, second = await both

    assert (first, work.times) == (second, 1)


async def test_a_call_without_an_id_is_always_new() -> None:
    book, work = CallBook(), Work()
    work.gate.set()

    assert [(await book.once(None, work)).output for _ in range(2)] == ["done 1", "done 2"]


async def test_a_call_whose_caller_was_cancelled_is_not_done_again() -> None:
    book, work = CallBook(), Work()
    first = asyncio.ensure_future(book.once("call_1", work))
    await work.began.wait()
    waiting = asyncio.ensure_future(book.once("call_1", work))

    first.cancel()

    with pytest.raises(asyncio.CancelledError):
        await first
    assert (await waiting).is_error
    assert (await book.once("call_1", work)).is_error
    assert work.times == 1


async def test_only_the_last_calls_are_remembered() -> None:
    book, work = CallBook(), Work()
    work.gate.set()
    for number in range(MAX_CALLS + 1):
        await book.once(f"call_{number}", work)

    await book.once("call_1", work)
    assert work.times == MAX_CALLS + 1
    await book.once("call_0", work)
    assert work.times == MAX_CALLS + 2


async def test_a_registry_runs_a_call_id_once(tmp_path: Path) -> None:
    @tool
    def add(left: int, right: int) -> int:
        """Add two numbers."""
        return left + right

    async with Registry(data_dir=tmp_path) as registry:
        registry.add(add, "test")
        first = await registry.call("add", '{"left": 2, "right": 3}', "call_1")
        again = await registry.call("add", '{"left": 20, "right": 30}', "call_1")
        other = await registry.call("add", '{"left": 20, "right": 30}', "call_2")

    assert (first.output, again, other.output) == ("5", first, "50")
