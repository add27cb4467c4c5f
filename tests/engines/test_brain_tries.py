"""When a model endpoint is asked again, and when no more."""

import asyncio
from contextlib import aclosing

import pytest

from voice.engines.brain_failures import PassingFailure
from voice.engines.brain_tries import back_off_s, with_tries
from voice.engines.ports import TextDelta
from voice.errors import EngineError


def passing(after_s=0.0):
    return PassingFailure("busy", code="x", kind="y", retry_after_s=after_s)


class Endpoint:
    """Fails as it is told, then answers; an answer may break in the middle."""

    def __init__(self, *failures, breaks=False):
        self.failures = list(failures)
        self.breaks = breaks
        self.asked = 0

    async def ask(self, begin_by_s):
        self.asked += 1
        if self.failures:
            raise self.failures.pop(0)
        yield TextDelta("Yes.")
        if self.breaks:
            raise passing()


async def answer(endpoint, **options):
    options.setdefault("limit_s", 5.0)
    async with aclosing(with_tries(endpoint.ask, **options)) as deltas:
        return [delta async for delta in deltas]


async def test_what_may_pass_is_asked_again():
    endpoint = Endpoint(passing(), passing())
    assert await answer(endpoint) == [TextDelta("Yes.")]
    assert endpoint.asked == 3


async def test_what_cannot_pass_is_asked_once():
    endpoint = Endpoint(EngineError("no credit", code="insufficient_quota"))
    with pytest.raises(EngineError, match="no credit"):
        await answer(endpoint)
    assert endpoint.asked == 1


async def test_what_has_begun_is_never_asked_again():
    endpoint = Endpoint(breaks=True)
    with pytest.raises(PassingFailure):
        await answer(endpoint)
    assert endpoint.asked == 1


async def test_the_tries_are_counted():
    endpoint = Endpoint(*[passing() for _ in range(9)])
    with pytest.raises(PassingFailure):
        await answer(endpoint, max_retries=2)
    assert endpoint.asked == 3


async def test_a_wait_beyond_the_limit_is_not_begun():
    endpoint = Endpoint(passing(after_s=30.0))
    async with asyncio.timeout(1):
        with pytest.raises(PassingFailure):
            await answer(endpoint, limit_s=20.0)


def test_waits_double_and_differ_by_chance():
    assert [back_off_s(attempt, 0.0) for attempt in range(4)] == [0.5, 1.0, 2.0, 4.0]
    assert back_off_s(0, 0.5) == 0.75
