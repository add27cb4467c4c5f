from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tools import Registry, ToolContext, ToolOutcome, tool
from tools.surroundings import Surroundings

DEADLINE_S = 0.2


@tool(timeout_s=DEADLINE_S)
def paint(ctx: ToolContext) -> str:
    """Paint the wall."""
    return f"painted {ctx.ask('Which colour?')}"


@tool(timeout_s=DEADLINE_S)
async def paint_async(ctx: ToolContext, patience_s: float = 5.0) -> str:
    """Paint the wall."""
    return f"painted {await ctx.ask_async('Which colour?', timeout_s=patience_s)}"


@tool
async def paint_wrongly(ctx: ToolContext) -> str:
    """Wait in an async tool."""
    return ctx.ask("Which colour?")


@tool(background=True)
def paint_slowly(ctx: ToolContext) -> str:
    """Paint the house."""
    return f"painted {ctx.ask('Which colour?')}"


@tool(effect="irreversible")
def burn() -> str:
    """Burn the house."""
    return "burnt"


class User:
    """Answers when told to, and notes what was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.was_asked = asyncio.Event()
        self._answer: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()

    async def ask(self, question: str) -> str | None:
        self.asked.append(question)
        self.was_asked.set()
        return await asyncio.shield(self._answer)

    def answer(self, text: str | None) -> None:
        self._answer.set_result(text)


@pytest.fixture
async def user() -> User:
    return User()


@pytest.fixture
async def registry(tmp_path: Path, user: User) -> AsyncIterator[Registry]:
    notices: list[str] = []
    async with Registry(
        data_dir=tmp_path, on_notice=notices.append, surroundings=Surroundings(ask=user.ask)
    ) as made:
        for one in (paint, paint_async, paint_wrongly, paint_slowly, burn):
            made.add(one, "test")
        yield made


@pytest.mark.parametrize("name", ["paint", "paint_async"])
async def test_the_answer_reaches_the_tool_that_asked(
    registry: Registry, user: User, name: str
) -> None:
    call = asyncio.create_task(registry.call(name, "{}"))
    await user.was_asked.wait()
    user.answer("  blue ")

    assert await call == ToolOutcome("painted blue")
    assert user.asked == ["Which colour?"]


@pytest.mark.parametrize(
    ("heard", "told"),
    [("Dark red.", "Dark red"), ("At 3 p.m.", "At 3 p.m."), ("", ""), ("Red. Or blue.",) * 2],
)
async def test_the_full_stop_of_a_spoken_answer_is_no_part_of_it(
    registry: Registry, user: User, heard: str, told: str
) -> None:
    user.answer(heard)

    assert await registry.call("paint", "{}") == ToolOutcome(f"painted {told}")


async def test_the_deadline_stands_still_while_the_user_thinks(
    registry: Registry, user: User
) -> None:
    call = asyncio.create_task(registry.call("paint", "{}"))
    await user.was_asked.wait()
    asyncio.get_running_loop().call_later(2 * DEADLINE_S, user.answer, "blue")

    assert (await call).output == "painted blue"


async def test_a_question_that_nobody_answers_ends_in_words(registry: Registry) -> None:
    outcome = await registry.call("paint_async", '{"patience_s": 0.05}')

    assert outcome == ToolOutcome("The user did not answer.", is_error=True)


async def test_only_one_question_is_asked_at_a_time(registry: Registry, user: User) -> None:
    call = asyncio.create_task(registry.call("paint", "{}"))
    await user.was_asked.wait()

    second = await registry.call("paint_async", "{}")
    third = await registry.call("burn", "{}")
    user.answer("blue")

    assert second.is_error and "Another question" in second.output
    assert third.is_error and "another question" in third.output
    assert (await call).output == "painted blue"


async def test_a_question_about_something_irreversible_goes_first(
    registry: Registry, user: User
) -> None:
    await registry.call("burn", "{}")

    outcome = await registry.call("paint", "{}")

    assert outcome.is_error and user.asked == []


async def test_the_end_of_the_conversation_withdraws_the_question(
    registry: Registry, user: User
) -> None:
    call = asyncio.create_task(registry.call("paint", "{}"))
    await user.was_asked.wait()

    await registry.close()

    assert "withdrawn" in (await call).output


async def test_a_call_that_is_cancelled_takes_its_question_along(
    registry: Registry, user: User
) -> None:
    call = asyncio.create_task(registry.call("paint_async", "{}"))
    await user.was_asked.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call

    user.was_asked.clear()
    second = await registry.call("paint_async", '{"patience_s": 0.05}')

    assert "did not answer" in second.output


async def test_a_job_in_the_background_may_ask_too(registry: Registry, user: User) -> None:
    ticket = await registry.call("paint_slowly", "{}")
    await user.was_asked.wait()
    user.answer("green")

    assert not ticket.is_error


async def test_where_nobody_is_there_the_tool_is_told_so(registry: Registry, user: User) -> None:
    user.answer(None)
    outcome = await registry.call("paint", "{}")
    assert outcome.output == "There is nobody here to ask."


async def test_a_registry_without_a_conversation_asks_nobody(tmp_path: Path) -> None:
    async with Registry(data_dir=tmp_path) as registry:
        registry.add(paint, "test")
        outcome = await registry.call("paint", "{}")
    assert outcome.output == "There is nobody here to ask."


async def test_an_async_tool_that_would_block_the_loop_fails_at_once(registry: Registry) -> None:
    assert (await registry.call("paint_wrongly", "{}")).is_error
