from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

import pytest

from tools.errors import ToolError
from tools.schedule import MAX_SCHEDULED, MAX_SLEEP_S, Scheduler
from tools.testing import ManualClock


class Bell:
    """Counts rings that come from other threads, and lets a test wait for one."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._rings: asyncio.Queue[str] = asyncio.Queue()

    def ring(self, text: str) -> None:
        self._loop.call_soon_threadsafe(self._rings.put_nowait, text)

    async def wait(self) -> str:
        return await asyncio.wait_for(self._rings.get(), 5)

    @property
    def silent(self) -> bool:
        return self._rings.empty()


@pytest.fixture
async def bell() -> Bell:
    return Bell()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def scheduler(clock: ManualClock) -> Scheduler:
    scheduler = Scheduler(clock)
    scheduler.start(asyncio.get_running_loop())
    return scheduler


async def test_a_callback_comes_at_its_moment(
    scheduler: Scheduler, clock: ManualClock, bell: Bell
) -> None:
    scheduler.at(clock.now() + timedelta(hours=2), lambda: bell.ring("two"))
    scheduler.at(clock.now() + timedelta(hours=1), lambda: bell.ring("one"))

    clock.advance(3599)
    assert scheduler.waiting == 2
    clock.advance(1)
    assert scheduler.waiting == 1
    assert await bell.wait() == "one"
    clock.advance(3600)
    assert await bell.wait() == "two"


async def test_what_is_past_comes_at_once(
    scheduler: Scheduler, clock: ManualClock, bell: Bell
) -> None:
    scheduler.at(clock.now() - timedelta(days=1), lambda: bell.ring("late"))

    assert await bell.wait() == "late"


async def test_a_cancelled_callback_never_comes(
    scheduler: Scheduler, clock: ManualClock, bell: Bell
) -> None:
    scheduler.at(clock.now() + timedelta(seconds=5), lambda: bell.ring("no")).cancel()
    scheduler.at(clock.now() + timedelta(seconds=6), lambda: bell.ring("yes"))

    clock.advance(10)

    assert await bell.wait() == "yes"
    assert bell.silent


async def test_a_clock_set_forward_is_noticed_within_half_a_minute(
    scheduler: Scheduler, clock: ManualClock, bell: Bell
) -> None:
    scheduler.at(clock.now() + timedelta(hours=8), lambda: bell.ring("awake"))

    clock.jump(clock.now() + timedelta(hours=9))
    clock.advance(MAX_SLEEP_S)

    assert await bell.wait() == "awake"


async def test_another_thread_may_schedule(
    scheduler: Scheduler, clock: ManualClock, bell: Bell
) -> None:
    await asyncio.to_thread(
        scheduler.at, clock.now() + timedelta(seconds=1), lambda: bell.ring("thread")
    )

    clock.advance(1)

    assert await bell.wait() == "thread"


async def test_what_was_scheduled_before_the_start_is_kept(clock: ManualClock, bell: Bell) -> None:
    scheduler = Scheduler(clock)
    scheduler.at(clock.now() + timedelta(seconds=1), lambda: bell.ring("early"))

    scheduler.start(asyncio.get_running_loop())
    clock.advance(1)

    assert await bell.wait() == "early"


async def test_a_failing_callback_is_logged_and_harms_no_other(
    scheduler: Scheduler, clock: ManualClock, bell: Bell, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        try:
            raise SystemExit("the pasta word")
        finally:
            bell.ring("failing")

    with caplog.at_level(logging.ERROR):
        scheduler.at(clock.now(), fail)
        assert await bell.wait() == "failing"
        scheduler.at(clock.now(), lambda: bell.ring("next"))
        assert await bell.wait() == "next"

    assert scheduler.waiting == 0


async def test_too_many_are_refused(scheduler: Scheduler, clock: ManualClock) -> None:
    for _ in range(MAX_SCHEDULED):
        scheduler.at(clock.now() + timedelta(hours=1), lambda: None)

    with pytest.raises(ToolError, match="Too many"):
        scheduler.at(clock.now() + timedelta(hours=1), lambda: None)


async def test_nothing_comes_after_the_close(
    scheduler: Scheduler, clock: ManualClock, bell: Bell
) -> None:
    scheduler.at(clock.now() + timedelta(seconds=1), lambda: bell.ring("no"))

    scheduler.close()
    scheduler.at(clock.now(), lambda: bell.ring("no"))
    clock.advance(100)

    assert scheduler.waiting == 0
    assert bell.silent
