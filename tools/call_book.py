"""Calls by their ids: one that comes again is not done again, it gets the same answer."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from tools.outcome import ToolOutcome, failed

MAX_CALLS = 256
"""Answers remembered; the oldest go first."""


class CallBook:
    """Remembers what came of each call id. Use it from one event loop.

    Ids must not mean two calls while this lives; a session gives each call an id of its own.
    """

    def __init__(self) -> None:
        """Know no call."""
        self._answers: OrderedDict[str, asyncio.Future[ToolOutcome]] = OrderedDict()

    async def once(
        self, call_id: str | None, perform: Callable[[], Awaitable[ToolOutcome]]
    ) -> ToolOutcome:
        """Return what ``perform`` gives, or gave when the id came before; None is always new.

        A repetition waits for a call that runs. One whose first caller was cancelled, or gave it
        up, may have done a part of its work, so it is not run again either.
        """
        if not call_id:
            return await perform()
        known = self._answers.get(call_id)
        if known is not None:
            return await asyncio.shield(known)
        answer: asyncio.Future[ToolOutcome] = asyncio.get_running_loop().create_future()
        self._answers[call_id] = answer
        while len(self._answers) > MAX_CALLS:
            self._answers.popitem(last=False)
        try:
            outcome = await perform()
        except BaseException:
            answer.set_result(failed("Not finished: the call was given up."))
            raise
        answer.set_result(outcome)
        return outcome
