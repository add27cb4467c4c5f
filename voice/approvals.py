"""Asks the user's leave for calls that the endpoint makes itself, as it is asked for our tools'."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from voice.core.updates import ApprovalOver, ApprovalRequested, Update
from voice.tool_surroundings import ToolSurroundings


class Asker(Protocol):
    """What knows whether the user said yes, as the toolbox does."""

    async def allows(
        self, server: str, tool: str, arguments: str, ask: Callable[[str], None]
    ) -> bool:
        """Have the user asked by ``ask``; return whether they said yes themselves."""
        ...


class Line(Protocol):
    """The session whose endpoint asks."""

    def ask_user(self, question: str) -> None:
        """Have the assistant ask."""
        ...

    def question_over(self) -> None:
        """Take the question back, answered or not."""
        ...

    def answer_approval(self, request_id: str, *, approve: bool) -> None:
        """Tell the endpoint."""
        ...


class Approvals:
    """An observer of one session: one question after the other, each with one answer.

    It belongs to the session's loop. ``around`` knows of the questions of tools, which go first.
    """

    def __init__(self, asker: Asker, around: ToolSurroundings) -> None:
        self._asker = asker
        self._around = around
        self._line: asyncio.Future[Line] | None = None
        self._turn = asyncio.Lock()
        self._tasks: dict[str, asyncio.Task[None]] = {}  # bounded: the core refuses what is many
        self._is_closed = False

    def attach(self, line: Line) -> None:
        """Ask by this session; what came before waits for it."""
        self._attached().set_result(line)

    def take(self, update: Update) -> None:
        """See one update of the session."""
        match update:
            case ApprovalRequested(request_id=request_id) if not self._is_closed:
                task = asyncio.get_running_loop().create_task(
                    self._ask(update), name=f"leave for {update.tool}"
                )
                self._tasks[request_id] = task
                task.add_done_callback(lambda _: self._tasks.pop(request_id, None))
            case ApprovalOver(request_id=request_id) if request_id in self._tasks:
                task = self._tasks[request_id]
                if task is not asyncio.current_task():
                    task.cancel()

    async def close(self) -> None:
        """Withdraw every question."""
        self._is_closed = True
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=1.0)

    def _attached(self) -> asyncio.Future[Line]:
        if self._line is None:
            self._line = asyncio.get_running_loop().create_future()
        return self._line

    async def _ask(self, request: ApprovalRequested) -> None:
        line = await asyncio.shield(self._attached())
        async with self._turn:
            await self._around.free()
            try:
                is_allowed = await self._asker.allows(
                    request.server, request.tool, request.arguments, line.ask_user
                )
            finally:
                line.question_over()
            line.answer_approval(request.request_id, approve=is_allowed)
