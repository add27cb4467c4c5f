"""What tools do beside their calls: at the start, before a job begins, and at the end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Any

from tools.context import ToolContext
from tools.definition import Tool
from tools.errors import BusyError, ToolError
from tools.failure import report_failure
from tools.outcome import ToolOutcome, failed
from tools.threads import Outcome, Raised, ThreadRunner

_log = logging.getLogger(__name__)

HOOK_LIMIT_S = 10.0


class Hooks:
    """Runs the hooks of tools in the threads of calls; for one event loop.

    One that raises or takes longer than ten seconds is logged and left.
    """

    def __init__(self, threads: ThreadRunner, context: ToolContext) -> None:
        """Run nothing yet; ``context`` is what each hook is given."""
        self._threads = threads
        self._context = context
        self._turn = asyncio.Lock()
        self._started: set[str] = set()  # bounded: by the names of tools that people write

    async def start(self, tools: Iterable[Tool[..., Any]]) -> None:
        """Run the start hooks of these tools, but those of one name once.

        What a hook began goes on when its tool is loaded again, so it is not begun a second time.
        """
        async with self._turn:
            for tool in tools:
                if tool.name in self._started:
                    continue
                for hook in tool.start_hooks:
                    if await self.run(tool.name, hook):
                        self._started.add(tool.name)

    def has_started(self, name: str) -> bool:
        """Whether start hooks of a tool of this name have run."""
        return name in self._started

    async def run(self, name: str, hook: Callable[[ToolContext], None]) -> bool:
        """Run one hook; return whether it began its work and did not give it up."""
        try:
            outcome = await self._outcome(hook)
        except BusyError:
            _log.error("a hook of %s was not run: too many tools are running", name)
            return False
        match outcome:
            case None:
                _log.error("a hook of %s took longer than %g s", name, HOOK_LIMIT_S)
            case Raised(ToolError() as error):
                _log.warning("a hook of %s could not do its work: %s", name, error)
                return False
            case Raised(error):
                _log.error("a hook of %s failed\n%s", name, report_failure(error))
                return False
        return True

    async def refusal(self, tool: Tool[..., Any]) -> ToolOutcome | None:
        """Return why a job cannot even begin, where its tool says so."""
        hook = tool.begin_hook
        if hook is None:
            return None
        try:
            outcome = await self._outcome(hook)
        except BusyError as error:
            return failed(str(error))
        match outcome:
            case Raised(ToolError() as refusal):
                return failed(str(refusal))
            case Raised(fault):
                _log.error("a hook of %s failed\n%s", tool.name, report_failure(fault))
        return None

    async def _outcome(self, hook: Callable[[ToolContext], None]) -> Outcome | None:
        """Return what came of a hook; None where it takes too long. Raises BusyError."""
        pending = self._threads.start(lambda: hook(self._context))
        done, _ = await asyncio.wait({pending}, timeout=HOOK_LIMIT_S)
        return pending.result() if done else None
