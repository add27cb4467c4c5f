"""Calls to a driver that answers late, never, or with an error."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator

import pytest

from voice.audio.driver_thread import DriverThread
from voice.errors import DeviceError

WAIT_S = 5.0
AT_ONCE_S = 0.02
"""A limit that a call which hangs is over soon."""


class Hanging:
    """A call to a driver that answers when the test lets it."""

    def __init__(self) -> None:
        self.has_begun = threading.Event()
        self.may_end = threading.Event()

    def __call__(self) -> str:
        self.has_begun.set()
        assert self.may_end.wait(WAIT_S)
        return "device"


class Late:
    """Takes a result that came too late."""

    def __init__(self) -> None:
        self.thread = ""
        self.result = ""
        self.has_come = threading.Event()

    def __call__(self, result: str) -> None:
        self.thread, self.result = threading.current_thread().name, result
        self.has_come.set()


@pytest.fixture
async def driver() -> AsyncIterator[DriverThread]:
    thread = DriverThread("the driver")
    yield thread
    thread.end()
    for left in threads():
        left.join(WAIT_S)


@pytest.fixture
async def hanging(driver: DriverThread) -> AsyncIterator[Hanging]:
    call = Hanging()
    yield call
    call.may_end.set()


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "the driver"]


async def test_calls_are_made_in_order_by_one_thread_that_is_not_ours(
    driver: DriverThread,
) -> None:
    made: list[str] = []

    driver.post(lambda: made.append("first"))
    waited = driver.wait(lambda: made.append("second"), limit_s=WAIT_S)
    name = await driver.run(lambda: threading.current_thread().name, limit_s=WAIT_S)

    assert waited is None
    assert made == ["first", "second"]
    assert name == "the driver"
    assert len(threads()) == 1


async def test_what_a_call_raises_is_raised_where_it_was_asked_for(driver: DriverThread) -> None:
    def fails() -> None:
        raise DeviceError("no such device")

    def takes_too_long_itself() -> None:
        raise TimeoutError("the driver's own")

    with pytest.raises(DeviceError, match="no such device"):
        await driver.run(fails, limit_s=WAIT_S)
    with pytest.raises(DeviceError, match="no such device"):
        driver.wait(fails, limit_s=WAIT_S)
    with pytest.raises(TimeoutError, match="the driver's own"):
        await driver.run(takes_too_long_itself, limit_s=WAIT_S)
    assert await driver.run(lambda: "goes on", limit_s=WAIT_S) == "goes on"


async def test_a_late_result_that_cannot_be_put_away_stops_nobody(
    driver: DriverThread, hanging: Hanging, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(result: object) -> None:
        raise OSError("the device is gone")

    with pytest.raises(DeviceError):
        await driver.run(hanging, limit_s=AT_ONCE_S, late=broken)
    hanging.may_end.set()

    assert await driver.run(lambda: "next", limit_s=WAIT_S) == "next"
    assert "a late answer of the driver was not put away: OSError" in caplog.text


async def test_a_call_that_hangs_is_given_up_and_its_late_result_handed_over(
    driver: DriverThread, hanging: Hanging
) -> None:
    late = Late()

    with pytest.raises(DeviceError, match=r"did not answer within 0\.02 s"):
        await driver.run(hanging, limit_s=AT_ONCE_S, late=late)
    handed_over_early = late.has_come.is_set()
    hanging.may_end.set()

    assert late.has_come.wait(WAIT_S)
    assert not handed_over_early
    assert (late.result, late.thread) == ("device", "the driver")


async def test_a_caller_that_blocks_gives_up_as_well(
    driver: DriverThread, hanging: Hanging
) -> None:
    late = Late()

    with pytest.raises(DeviceError, match=r"did not answer within 0\.02 s"):
        driver.wait(hanging, limit_s=AT_ONCE_S, late=late)
    hanging.may_end.set()

    assert late.has_come.wait(WAIT_S)
    assert late.result == "device"


async def test_what_waited_behind_a_call_that_hung_and_was_given_up_is_never_made(
    driver: DriverThread, hanging: Hanging
) -> None:
    made: list[str] = []
    driver.post(hanging)

    with pytest.raises(DeviceError, match="did not answer"):
        await driver.run(lambda: made.append("too late"), limit_s=AT_ONCE_S)
    driver.post(lambda: made.append("close"))
    hanging.may_end.set()
    await driver.run(lambda: None, limit_s=WAIT_S)

    assert made == ["close"]


async def test_the_result_of_a_caller_that_was_cancelled_is_handed_over(
    driver: DriverThread, hanging: Hanging
) -> None:
    late = Late()
    task = asyncio.create_task(driver.run(hanging, limit_s=WAIT_S, late=late))
    await asyncio.to_thread(hanging.has_begun.wait, WAIT_S)

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    hanging.may_end.set()

    assert late.has_come.wait(WAIT_S)
    assert late.result == "device"


async def test_a_result_that_came_as_its_caller_was_cancelled_is_handed_over(
    driver: DriverThread,
) -> None:
    late, came = Late(), threading.Event()
    task = asyncio.create_task(driver.run(lambda: "device", limit_s=WAIT_S, late=late))
    await asyncio.sleep(0)
    driver.post(came.set)
    assert came.wait(WAIT_S)  # the loop has not heard of the result

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert late.has_come.wait(WAIT_S)
    assert (late.result, late.thread) == ("device", "the driver")


async def test_calls_that_were_given_up_leave_room_for_others_behind_one_that_hangs(
    driver: DriverThread, hanging: Hanging
) -> None:
    driver.post(hanging)
    assert hanging.has_begun.wait(WAIT_S)
    for _ in range(40):
        with pytest.raises(DeviceError, match="did not answer"):
            await driver.run(lambda: None, limit_s=0.0)
    closed = threading.Event()

    driver.post(closed.set)
    hanging.may_end.set()

    assert closed.wait(WAIT_S)


async def test_more_than_32_waiting_calls_are_refused(
    driver: DriverThread, hanging: Hanging
) -> None:
    driver.post(hanging)
    assert hanging.has_begun.wait(WAIT_S)
    for _ in range(32):
        driver.post(lambda: None)

    with pytest.raises(DeviceError, match=r"not answered for a long time \(32 calls wait\)"):
        driver.post(lambda: None)


async def test_the_thread_ends_after_its_work_and_begins_again_when_asked(
    driver: DriverThread, hanging: Hanging
) -> None:
    driver.post(hanging)
    (first,) = threads()

    driver.end()
    driver.end()
    hanging.may_end.set()
    first.join(WAIT_S)
    is_gone = not first.is_alive()

    assert is_gone
    assert await driver.run(lambda: "again", limit_s=WAIT_S) == "again"


async def test_a_call_after_the_end_waits_its_turn_behind_one_that_hangs(
    driver: DriverThread, hanging: Hanging
) -> None:
    driver.post(hanging)
    driver.end()

    again = asyncio.create_task(driver.run(lambda: "again", limit_s=WAIT_S))
    await asyncio.sleep(0)
    hanging.may_end.set()

    assert await again == "again"
    assert len(threads()) == 1
