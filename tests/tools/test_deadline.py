from __future__ import annotations

import asyncio

import pytest

from tools.deadline import Deadline, deadline, deadlines


async def test_a_block_that_takes_too_long_is_ended() -> None:
    with pytest.raises(TimeoutError):
        async with deadline(0.01):
            await asyncio.Event().wait()


async def test_a_paused_deadline_does_not_run() -> None:
    loop = asyncio.get_running_loop()
    async with deadline(0.02) as one:
        one.pause()
        later = loop.create_future()
        loop.call_later(0.05, later.set_result, None)
        await later
        one.resume()
    assert one.is_over


async def test_what_was_left_before_the_pause_is_left_after_it() -> None:
    with pytest.raises(TimeoutError):
        async with deadline(0.02) as one:
            one.pause()
            one.resume()
            await asyncio.Event().wait()


async def test_two_pauses_need_two_resumes() -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05), deadline(0.01) as one:
            one.pause()
            one.pause()
            one.resume()
            await asyncio.Event().wait()
    assert one.is_over


async def test_deadlines_inside_each_other_are_all_known_within() -> None:
    async with deadline(1) as outer:
        async with deadline(1) as inner:
            assert deadlines() == (outer, inner)
        assert deadlines() == (outer,)
    assert deadlines() == ()


async def test_the_end_is_told_once_and_at_once_where_it_is_past() -> None:
    told: list[str] = []
    async with deadline(1) as one:
        one.at_end(lambda: told.append("end"))
        assert told == []
    one.at_end(lambda: told.append("late"))
    assert told == ["end", "late"]


async def test_a_deadline_that_is_past_is_left_alone() -> None:
    held: list[Deadline] = []
    with pytest.raises(TimeoutError):
        async with deadline(0.01) as one:
            held.append(one)
            await asyncio.Event().wait()
    held[0].pause()
    held[0].resume()
