"""Runs a call where its kind belongs, within its deadline, and turns what came of it into text."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from tools.arguments import parse_arguments
from tools.context import ToolContext
from tools.deadline import deadline
from tools.definition import Tool
from tools.errors import ArgumentsError, BusyError, ToolError
from tools.failure import report_failure
from tools.loops import LoopRunner
from tools.outcome import ToolOutcome, failed
from tools.output import OutputError, render_output
from tools.processes import ProcessRunner, WorkerDied
from tools.summary import humanised
from tools.threads import Outcome, Raised, Returned, ThreadRunner

_log = logging.getLogger(__name__)

_MAX_IN_PROCESSES = 64
_CLOSE_S = 1.0


class CallRunner:
    """Plain tools in threads, async ones on a loop of their own, heavy ones in processes.

    No tool runs on the loop from which this is used. Use it from one event loop.
    """

    def __init__(self, *, max_threads: int, max_processes: int) -> None:
        """Start nothing yet."""
        self.threads = ThreadRunner(max_threads)
        self._loops = LoopRunner()
        self._processes = ProcessRunner(max_processes)
        self._tasks: set[asyncio.Task[Outcome]] = set()

    async def run(
        self,
        tool: Tool[..., Any],
        arguments: dict[str, Any],
        arguments_json: str,
        context: ToolContext,
    ) -> ToolOutcome:
        """Run one call; ``arguments`` are what ``parse_arguments`` made of ``arguments_json``.

        Never raises but CancelledError, when the caller is cancelled: an ``async`` tool is then
        cancelled too, a heavy one killed, and a plain one left behind in its thread.
        """
        pending: asyncio.Future[Outcome] | None = None
        try:
            async with deadline(tool.timeout_s):
                pending = self._begin(tool, arguments, arguments_json, context)
                await asyncio.wait({pending})
        except BusyError as error:
            return failed(str(error))
        except asyncio.CancelledError:
            if pending is not None:
                pending.cancel()
            raise
        except TimeoutError:
            pass
        assert pending is not None
        if not pending.done():
            # Not awaited further: a tool may ignore its cancellation.
            pending.cancel()
            _log.warning("tool %s took longer than %g s", tool.name, tool.timeout_s)
            named = humanised(tool.name)
            return failed(f"{named} took too long and was given up after {tool.timeout_s:g} s.")
        if pending.cancelled():
            return broken(tool, asyncio.CancelledError(), arguments)
        return _told(tool, pending.result(), arguments)

    async def close(self) -> None:
        """End what can be ended: coroutines and processes; threads die with the program."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=_CLOSE_S)
        await self._loops.close()
        await self._processes.close()

    def _begin(
        self,
        tool: Tool[..., Any],
        arguments: dict[str, Any],
        arguments_json: str,
        context: ToolContext,
    ) -> asyncio.Future[Outcome]:
        if tool.heavy:
            return self._begin_heavy(tool, arguments_json)
        keywords = dict(arguments)
        if tool.signature.context_parameter is not None:
            keywords[tool.signature.context_parameter] = context
        if tool.is_async:
            return self._loops.start(lambda: _rendered(tool, keywords))
        return self.threads.start(lambda: render_output(tool.function(**keywords)))

    def _begin_heavy(self, tool: Tool[..., Any], arguments_json: str) -> asyncio.Future[Outcome]:
        if len(self._tasks) >= _MAX_IN_PROCESSES:
            raise BusyError("Too many tools are still running. Try again in a moment.")
        work = _in_process(self._processes, tool, arguments_json)
        task = asyncio.get_running_loop().create_task(work, name=f"process of {tool.name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def read_arguments(tool: Tool[..., Any], arguments_json: str) -> dict[str, Any] | ToolOutcome:
    """Return the keyword arguments of a call, or the sentence that lets a model repair them."""
    try:
        return parse_arguments(tool.name, arguments_json, tool.signature)
    except ArgumentsError as error:
        return failed(str(error))
    except Exception as error:
        # The author's own validators ran and broke.
        return broken(tool, error, {})


def broken(tool: Tool[..., Any], error: BaseException, arguments: dict[str, Any]) -> ToolOutcome:
    """Log an exception that no tool should raise; the model is told only that it failed."""
    report = str(error) if isinstance(error, _RemoteFailure) else report_failure(error, arguments)
    _log.error("tool %s failed\n%s", tool.name, report)
    return failed(f"{humanised(tool.name)} failed because of an internal error.")


def _told(tool: Tool[..., Any], outcome: Outcome, arguments: dict[str, Any]) -> ToolOutcome:
    match outcome:
        case Returned(value):
            return ToolOutcome(value, speak=tool.speak)
        case Raised(ToolError() as error):
            return failed(str(error) or f"{humanised(tool.name)} could not do it.")
        case Raised(ArgumentsError() as error):
            return failed(str(error))
        case Raised(OutputError() as error):
            _log.error("tool %s returned %s", tool.name, error)
            return failed(f"{humanised(tool.name)} failed: its result was {error}.")
        case Raised(error):
            return broken(tool, error, arguments)


class _RemoteFailure(Exception):
    """An exception of a heavy tool; its text is the report that the worker wrote."""


async def _rendered(tool: Tool[..., Any], keywords: dict[str, Any]) -> str:
    return render_output(await tool.function(**keywords))


async def _in_process(
    processes: ProcessRunner, tool: Tool[..., Any], arguments_json: str
) -> Outcome:
    try:
        answer = await processes.call(tool, arguments_json)
    except (WorkerDied, OSError) as error:
        return Raised(error)
    match answer:
        case {"output": str(output)}:
            return Returned(output)
        case {"tool_error": str(message)}:
            return Raised(ToolError(message))
        case {"arguments_error": str(message)}:
            return Raised(ArgumentsError(message))
        case {"output_error": str(message)}:
            return Raised(OutputError(message))
        case {"failed": str(report)}:
            return Raised(_RemoteFailure(report))
        case _:
            return Raised(WorkerDied("the worker process gave an unknown answer"))
