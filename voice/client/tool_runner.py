"""Tool calls in flight: each one a task with a deadline, and exactly one ``ToolFinished``."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Protocol

from voice.core.client_inputs import ToolFinished
from voice.protocol.session_config import FunctionTool

log = logging.getLogger(__name__)

LIMIT_S = 120.0
"""The end of every call; tools have shorter deadlines of their own."""

MAX_AT_ONCE = 8
"""Calls that run at the same time; further ones wait their turn within their deadline."""

MAX_OUTPUT = 16_000
"""Characters of an output that a model is told."""

CANCELLED = "Cancelled: the user interrupted."
TOO_SLOW = "Failed: it took too long."
FAILED = "Failed: the tool broke."
NO_TOOLS = "Failed: this session has no tools."


class Outcome(Protocol):
    """What a call gave; ``output`` is for the model, ``speak`` whether it wants an answer."""

    @property
    def output(self) -> str:
        """What the model is told."""
        ...

    @property
    def is_error(self) -> bool:
        """Whether the call failed."""
        ...

    @property
    def speak(self) -> bool:
        """Whether the result should be spoken about."""
        ...


class ToolCaller(Protocol):
    """A set of tools, as a session needs it; its owner is whoever gave it to the session."""

    @property
    def specs(self) -> Sequence[FunctionTool]:
        """The tools as an endpoint is told them."""
        ...

    @property
    def cancellable(self) -> frozenset[str]:
        """The names of the tools that an interruption stops."""
        ...

    async def call(self, name: str, arguments: str, call_id: str | None = None) -> Outcome:
        """Run one call; ``arguments`` is JSON text as the model wrote it.

        ``call_id`` never means two calls of one session, so what it did once need not be done
        again.
        """
        ...


class ToolRunner:
    """Runs calls in the task group of one session."""

    def __init__(
        self,
        tools: ToolCaller | None,
        group: asyncio.TaskGroup,
        *,
        finished: Callable[[ToolFinished], None],
        limit_s: float = LIMIT_S,
    ) -> None:
        self._tools = tools
        self._group = group
        self._finished = finished
        self._limit_s = limit_s
        self._places = asyncio.Semaphore(MAX_AT_ONCE)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._deadlines: dict[str, asyncio.Timeout] = {}
        self._cancelled: set[str] = set()

    def start(self, call_id: str, name: str, arguments: str) -> None:
        """Begin a call; ``finished`` is called exactly once for it, later.

        A call that runs already goes on: the core lets none through twice, this makes sure of it.
        """
        if call_id in self._tasks:
            log.warning("tool %s was started twice for one call", name)
            return
        task = self._group.create_task(self._run(call_id, name, arguments), name=f"tool {name}")
        self._tasks[call_id] = task

    def cancel(self, call_id: str) -> None:
        """End a call early; ``finished`` is still called for it."""
        if call_id in self._tasks:
            self._cancelled.add(call_id)
        deadline = self._deadlines.get(call_id)
        if deadline is not None:
            deadline.reschedule(asyncio.get_running_loop().time())

    def stop(self) -> None:
        """End all calls without calling ``finished``: the session is over."""
        for task in self._tasks.values():
            task.cancel()

    async def _run(self, call_id: str, name: str, arguments: str) -> None:
        try:
            result = await self._result(call_id, name, arguments)
        finally:
            del self._tasks[call_id]
            self._deadlines.pop(call_id, None)
            self._cancelled.discard(call_id)
        self._finished(result)

    async def _result(self, call_id: str, name: str, arguments: str) -> ToolFinished:
        if self._tools is None:
            return ToolFinished(call_id, NO_TOOLS, is_error=True)
        if call_id in self._cancelled:
            return ToolFinished(call_id, CANCELLED, speak=False, is_error=True)
        try:
            # A cancel moves this deadline to now, so that it needs no second way out of a call.
            async with asyncio.timeout(self._limit_s) as end:
                self._deadlines[call_id] = end
                async with self._places:
                    outcome = await self._tools.call(name, arguments, call_id)
        except TimeoutError:
            if call_id in self._cancelled:
                return ToolFinished(call_id, CANCELLED, speak=False, is_error=True)
            log.warning("tool %s took longer than %g s", name, self._limit_s)
            return ToolFinished(call_id, TOO_SLOW, is_error=True)
        except Exception as error:
            # The message may repeat arguments; the traceback belongs to whoever owns the tools.
            log.error("tool %s broke with %s", name, type(error).__name__)
            return ToolFinished(call_id, FAILED, is_error=True)
        output = outcome.output
        if len(output) > MAX_OUTPUT:
            output = f"{output[:MAX_OUTPUT]} … (cut: {len(outcome.output)} characters in all)"
        return ToolFinished(call_id, output, speak=outcome.speak, is_error=outcome.is_error)
