"""Questions that tools ask the user in the middle of their work: one at a time, each with an end.

The words go out and come back by a callable of the program; this knows threads, limits and whose
deadline stands still meanwhile. What the user answers is told to the tool that asked, and opens
nothing irreversible: ``tools.consent`` asks for that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from tools.deadline import Deadline, deadlines
from tools.errors import ToolError
from tools.outcome import bounded

ANSWER_S = 30.0
"""How long an answer is waited for."""

MAX_ANSWER_S = 90.0
MAX_QUESTION_CHARS = 500
MAX_ANSWER_CHARS = 4_000

Ask = Callable[[str], Awaitable[str | None]]


class Questions:
    """Puts one question at a time; made and closed by the registry."""

    def __init__(self, ask: Ask | None, *, is_busy: Callable[[], bool]) -> None:
        """Ask by ``ask``; ``is_busy`` says that another question waits, which has precedence."""
        self._ask = ask
        self._is_busy = is_busy
        self._loop: asyncio.AbstractEventLoop | None = None
        self._asking: asyncio.Task[str] | None = None
        self._is_closed = False

    @property
    def is_open(self) -> bool:
        """Whether a tool waits for the user."""
        return self._asking is not None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Bind to the loop on which the program asks."""
        self._loop = loop

    def ask(self, question: str, timeout_s: float) -> str:
        """Ask and wait, in the thread of a tool. Raises ToolError where no answer comes."""
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            pass
        else:
            raise RuntimeError("ask() waits; an async tool says: await context.ask_async(...)")
        loop, work = self._prepared(question, timeout_s)
        return asyncio.run_coroutine_threadsafe(work(), loop).result()

    async def ask_async(self, question: str, timeout_s: float) -> str:
        """Ask and wait, in the task of an async tool. Raises ToolError where no answer comes."""
        loop, work = self._prepared(question, timeout_s)
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work(), loop))

    async def close(self) -> None:
        """Withdraw the question; whoever waits for its answer is told so."""
        self._is_closed = True
        asking = self._asking
        if asking is not None:
            asking.cancel()
            await asyncio.wait({asking})

    def _prepared(
        self, question: str, timeout_s: float
    ) -> tuple[asyncio.AbstractEventLoop, Callable[[], Coroutine[Any, Any, str]]]:
        text = bounded(" ".join(question.split()), MAX_QUESTION_CHARS)
        if not text:
            raise ValueError("expected a question, got no words")
        if not 0 < timeout_s <= MAX_ANSWER_S:
            raise ValueError(f"expected timeout_s above 0 and up to {MAX_ANSWER_S:g} s")
        if self._loop is None or self._loop.is_closed():
            raise ToolError("There is nobody here to ask.")
        held = deadlines()
        if held and held[-1].is_over:
            raise ToolError("The call was given up before the question was asked.")
        return self._loop, lambda: self._put(text, timeout_s, held)

    async def _put(self, question: str, timeout_s: float, held: tuple[Deadline, ...]) -> str:
        if self._ask is None or self._is_closed:
            raise ToolError("There is nobody here to ask.")
        if self._asking is not None or self._is_busy():
            raise ToolError("Another question still waits for the user's answer.")
        asking = self._asking = asyncio.ensure_future(self._answer(self._ask, question, timeout_s))
        for one in held:
            one.pause()
        if held:
            # The innermost is the tool's own; those around it may end before a background job.
            held[-1].at_end(lambda: _withdraw(asking))
        try:
            return await asking
        except asyncio.CancelledError:
            asking.cancel()
            raise ToolError("The question was withdrawn before the user answered.") from None
        finally:
            self._asking = None
            for one in held:
                one.resume()

    async def _answer(self, ask: Ask, question: str, timeout_s: float) -> str:
        try:
            async with asyncio.timeout(timeout_s):
                answer = await ask(question)
        except TimeoutError:
            raise ToolError("The user did not answer.") from None
        if answer is None:
            raise ToolError("There is nobody here to ask.")
        return bounded(_without_full_stop(answer.strip()), MAX_ANSWER_CHARS)


def _without_full_stop(answer: str) -> str:
    """Return an answer of one sentence as a value: a recogniser writes "Large."."""
    return answer[:-1] if answer.find(".") == len(answer) - 1 else answer


def _withdraw(asking: asyncio.Task[str]) -> None:
    asking.cancel()
