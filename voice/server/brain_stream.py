"""A brain's answer as deltas, begun, guarded and closed."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing

from voice.core import server_messages as msg
from voice.engines.ports import Brain, BrainDelta, CallDelta
from voice.server.answer_guard import AnswerGuard
from voice.server.prompts import brain_request

logger = logging.getLogger(__name__)


async def brain_deltas(
    start: msg.StartResponse, brain: Brain, feed: Callable[[msg.ServerInput], None]
) -> AsyncGenerator[BrainDelta, None]:
    """Ask the brain and yield what it may say; feeds AnswerBegun with its first delta.

    Closing the generator ends the brain's work. Raises EngineError.
    """
    request = brain_request(start.prompt, takes_images=brain.takes_images)
    guard = AnswerGuard(request)
    has_begun = False
    async with aclosing(_closable(brain.respond(request))) as deltas:
        async for delta in deltas:
            if not has_begun:
                has_begun = True
                feed(msg.AnswerBegun(start.response_id))
            allowed = guard.take(delta)
            if not allowed and isinstance(delta, CallDelta):
                logger.info(
                    "response %s: a call that was not allowed is left out", start.response_id
                )
            for one in allowed:
                yield one
            if guard.is_over:
                return


async def _closable(deltas: AsyncIterator[BrainDelta]) -> AsyncGenerator[BrainDelta, None]:
    """Make sure that a brain's iterator is closed, whatever kind of iterator it is."""
    try:
        async for delta in deltas:
            yield delta
    finally:
        close = getattr(deltas, "aclose", None)
        if close is not None:
            await close()
