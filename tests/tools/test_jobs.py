from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tools import Registry, ToolContext, ToolError, tool
from tools.builtin.jobs import cancel_job, job_status
from tools.jobs import MAX_KEPT, MAX_RUNNING
from tools.testing import ManualClock


class House:
    """A registry with a job that waits for ``release``, and what it announced."""

    def __init__(self, folder: Path) -> None:
        self.release = threading.Event()
        self.notices: asyncio.Queue[str] = asyncio.Queue()
        self.over: asyncio.Queue[str] = asyncio.Queue()
        self.clock = ManualClock()
        self.registry = Registry(
            data_dir=folder,
            on_notice=self.notices.put_nowait,
            on_notice_over=self.over.put_nowait,
            clock=self.clock,
        )

        @tool(background=True, summary="the {what} report")
        def write_report(what: str) -> dict[str, str]:
            """Write a report."""
            self.release.wait(15)
            if what == "bad":
                raise ToolError("There is no paper.")
            return {"spoken": f"The {what} report has ten pages.", "pages": "10"}

        for entry in (write_report, job_status, cancel_job):
            self.registry.add(entry, "test")

    async def ask(self, name: str, **arguments: object) -> str:
        outcome = await self.registry.call(name, json.dumps(arguments))
        return outcome.output if outcome.is_error else str(json.loads(outcome.output)["spoken"])

    async def notice(self) -> str:
        return await asyncio.wait_for(self.notices.get(), 5)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path)
    async with house.registry:
        yield house
        house.release.set()


async def test_a_ticket_comes_at_once_and_the_result_is_announced(house: House) -> None:
    ticket = await house.registry.call("write_report", '{"what": "cat"}')

    assert json.loads(ticket.output) == {
        "spoken": "I've started on that. I'll tell you when it's done.",
        "job": 1,
        "status": "running",
    }
    house.release.set()
    assert await house.notice() == (
        "The job 'the cat report' is done: The cat report has ten pages."
    )


async def test_its_status_can_be_asked_while_it_runs_and_afterwards(house: House) -> None:
    assert await house.ask("job_status") == "Nothing is running in the background."
    await house.ask("write_report", what="cat")
    house.clock.advance(90)

    assert await house.ask("job_status", job="job number one") == (
        "I'm still working on the cat report, for one minute and thirty seconds now."
    )
    house.release.set()
    await house.notice()
    assert await house.ask("job_status") == (
        "The cat report is done. The cat report has ten pages."
    )
    assert await house.ask("job_status", job=7) == "I know no job 7."


async def test_what_its_status_told_is_not_announced_as_well(house: House) -> None:
    await house.ask("write_report", what="cat")
    await house.ask("write_report", what="dog")
    await house.ask("job_status")
    house.release.set()
    told = {await house.notice(), await house.notice()}
    assert house.over.empty()

    await house.ask("job_status", job=1)
    (first,) = {notice for notice in told if "cat" in notice}
    assert await asyncio.wait_for(house.over.get(), 5) == first
    await house.ask("job_status")
    assert {await asyncio.wait_for(house.over.get(), 5)} == told - {first}
    assert house.over.empty()


async def test_one_that_fails_says_why(house: House) -> None:
    await house.ask("write_report", what="bad")
    house.release.set()

    assert await house.notice() == "The job 'the bad report' failed: There is no paper."


async def test_it_can_be_cancelled_and_is_then_silent(house: House) -> None:
    await house.ask("write_report", what="cat")
    await house.ask("write_report", what="dog")

    assert "Which one" in await house.ask("cancel_job")
    assert await house.ask("cancel_job", job=1) == "I stopped the cat report."
    assert await house.ask("cancel_job", job=1) == "No job like that is running."
    house.release.set()

    assert "dog" in await house.notice()
    assert house.notices.empty()
    assert await house.ask("job_status", job=1) == "I stopped the cat report."


async def test_too_many_are_refused_politely_and_old_ones_forgotten(house: House) -> None:
    for number in range(MAX_RUNNING):
        await house.ask("write_report", what=str(number))
    assert "running already" in await house.ask("write_report", what="one more")

    house.release.set()
    for _ in range(MAX_RUNNING):
        await house.notice()
    for number in range(MAX_KEPT):
        await house.ask("write_report", what=str(number))
        await house.notice()
    status = await house.registry.call("job_status", "{}")
    assert len(json.loads(status.output)["jobs"]) <= MAX_KEPT


async def test_the_end_of_the_registry_ends_jobs_silently(tmp_path: Path) -> None:
    house = House(tmp_path)
    async with house.registry:
        await house.ask("write_report", what="cat")
    house.release.set()

    assert house.notices.empty()


async def test_the_tools_about_jobs_are_offered_only_beside_jobs(tmp_path: Path) -> None:
    registry = Registry(data_dir=tmp_path)
    registry.add(job_status, "test")

    assert registry.specs() == []


async def test_waiting_ends_with_the_last_job_and_says_whether_there_was_one(house: House) -> None:
    assert not await house.registry.wait_for_jobs()
    await house.ask("write_report", what="first")
    waiting = asyncio.create_task(house.registry.wait_for_jobs())
    assert "running" in (await house.registry.call("write_report", '{"what": "bad"}')).output
    assert not waiting.done()
    house.release.set()
    assert await asyncio.wait_for(waiting, 5)
    assert {await house.notice(), await house.notice()} == {
        "The job 'the first report' is done: The first report has ten pages.",
        "The job 'the bad report' failed: There is no paper.",
    }


async def test_a_job_that_cannot_begin_is_refused_at_once(tmp_path: Path) -> None:
    begun: list[str] = []

    @tool(background=True)
    def print_it() -> str:
        """Print it."""
        begun.append("begun")
        return "printed"

    @print_it.on_begin
    def look(context: ToolContext) -> None:
        raise ToolError("There is no printer.")

    async with Registry(data_dir=tmp_path) as registry:
        registry.add(print_it, "test")
        outcome = await registry.call("print_it", "{}")
        assert not await registry.wait_for_jobs()

    assert (outcome.is_error, outcome.output) == (True, "There is no printer.")
    assert begun == []
