"""Asks a model endpoint again while its failure may pass, and never for longer than agreed."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from voice.engines.brain_failures import PassingFailure
from voice.engines.ports import BrainDelta

logger = logging.getLogger(__name__)

MAX_RETRIES = 3
FIRST_WAIT_S = 0.5
"""Doubles with each try, and up to as much again is added by chance: many callers that were
refused together must not come back together."""


def back_off_s(attempt: int, chance: float) -> float:
    """Return the wait after the try number ``attempt`` (from 0); ``chance`` is in [0, 1)."""
    wait_s = FIRST_WAIT_S * 2.0**attempt
    return wait_s + FIRST_WAIT_S * chance


async def with_tries(
    ask: Callable[[float], AsyncGenerator[BrainDelta, None]],
    *,
    limit_s: float,
    max_retries: int = MAX_RETRIES,
) -> AsyncGenerator[BrainDelta, None]:
    """Yield the answer of ``ask``, which is given the loop time by which it must have begun.

    What fails before its first delta, and may pass, is asked again: after the endpoint's own
    ``Retry-After``, else after a back-off. A wait that would end beyond ``limit_s`` from now is
    not begun: the failure is raised at once. Raises EngineError.
    """
    loop = asyncio.get_running_loop()
    begin_by_s = loop.time() + limit_s
    attempt, has_begun = 0, False
    while True:
        try:
            async with aclosing(ask(begin_by_s)) as deltas:
                async for delta in deltas:
                    has_begun = True
                    yield delta
            return
        except PassingFailure as failure:
            asked_s = failure.retry_after_s
            wait_s = back_off_s(attempt, random.random()) if asked_s is None else asked_s
            if has_begun or attempt >= max_retries or loop.time() + wait_s >= begin_by_s:
                raise
            logger.info("brain: try %d failed (%s), next in %.1f s", attempt, failure.code, wait_s)
        await asyncio.sleep(wait_s)
        attempt += 1
