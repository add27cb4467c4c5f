"""The tools of one assistant: what they are called, what they take, and how they are run."""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tools.arguments import parse_arguments
from tools.clock import Clock, SystemClock, local_zone
from tools.context import InMemoryVolume, ToolContext, VolumeControl
from tools.definition import Tool, ToolSpec
from tools.errors import ArgumentsError, BusyError, DuplicateToolError, ToolError
from tools.failure import report_failure
from tools.output import OutputError, render_output
from tools.processes import ProcessRunner, WorkerDied
from tools.schedule import Scheduler
from tools.threads import Outcome, Raised, Returned, ThreadRunner

_log = logging.getLogger(__name__)

MAX_NOTICE_CHARS = 1_000
_MAX_ERROR_CHARS = 800
_MAX_TASKS = 64
_START_HOOK_S = 10.0
_CLOSE_S = 1.0


@dataclass(frozen=True, slots=True)
class ToolOutcome:
    """What goes back for one call; ``output`` is for the model, at most 16 kB.

    ``speak`` says whether the result wants an answer; an error always does.
    """

    output: str
    is_error: bool = False
    speak: bool = True


@dataclass(frozen=True, slots=True)
class _Entry:
    tool: Tool[..., Any]
    source: str


class Registry:
    """Holds the tools, runs their calls, and owns what outlives a call.

    Use it from one event loop: ``async with Registry(data_dir=folder) as registry``, or ``start``
    and ``close``. A call before ``start`` starts it. ``on_notice`` receives on that loop what a
    tool announces by itself (a timer that is due). Nothing that a model or a tool does makes a
    method raise.
    """

    def __init__(
        self,
        *,
        data_dir: Path,
        on_notice: Callable[[str], None] | None = None,
        clock: Clock | None = None,
        timezone: tzinfo | None = None,
        volume: VolumeControl | None = None,
        max_threads: int = 16,
        max_processes: int = 2,
    ) -> None:
        """Make an empty registry whose tools keep their files in ``data_dir``.

        The clock is the machine's, the time zone the machine's, the volume a number in memory
        unless they are given.
        """
        clock = clock or SystemClock()
        self._entries: dict[str, _Entry] = {}
        self._on_notice = on_notice
        self._threads = ThreadRunner(max_threads)
        self._processes = ProcessRunner(max_processes)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._scheduler = Scheduler(clock)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False
        self._context = ToolContext(
            data_dir=data_dir,
            clock=clock,
            timezone=timezone or local_zone(),
            volume=volume or InMemoryVolume(),
            scheduler=self._scheduler,
            say=self._say,
        )

    async def __aenter__(self) -> Self:
        """Start."""
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close."""
        await self.close()

    def add(self, tool: Tool[..., Any], source: str) -> None:
        """Add a tool; ``source`` says where it comes from, for people.

        Raises DuplicateToolError, which names both sources, when the name is taken.
        """
        taken = self._entries.get(tool.name)
        if taken is not None:
            raise DuplicateToolError(tool.name, (taken.source, source))
        self._entries[tool.name] = _Entry(tool, source)

    def specs(self) -> list[ToolSpec]:
        """Return what a brain is told, in the order in which the tools were added."""
        return [entry.tool.spec for entry in self._entries.values()]

    def source(self, name: str) -> str | None:
        """Return where a tool comes from; None for an unknown name."""
        entry = self._entries.get(name)
        return entry.source if entry else None

    async def start(self) -> None:
        """Bind to the running loop and run the tools' start hooks. Idempotent.

        A hook that raises or takes longer than ten seconds is logged and left.
        """
        if self._loop is not None:
            return
        self._loop = asyncio.get_running_loop()
        self._scheduler.start(self._loop)
        for entry in list(self._entries.values()):
            for hook in entry.tool.start_hooks:
                await self._run_hook(entry.tool.name, hook)

    async def call(self, name: str, arguments_json: str) -> ToolOutcome:
        """Run one call as a model wrote it, within the tool's deadline.

        Never raises but CancelledError, when the caller is cancelled: an ``async`` tool is then
        cancelled too, a heavy one killed, and a plain one left behind in its thread.
        """
        await self.start()
        entry = self._entries.get(name)
        if entry is None:
            return _failed(self._unknown(name))
        if self._closed:
            return _failed("The assistant is shutting down.")
        tool = entry.tool
        try:
            arguments = parse_arguments(tool.name, arguments_json, tool.signature)
            pending = self._begin(tool, arguments, arguments_json)
        except (ArgumentsError, BusyError) as error:
            return _failed(str(error))
        except Exception as error:
            # The author's own validators ran and broke.
            return self._broken(tool, error, {})
        return await self._finish(tool, arguments, pending)

    async def close(self) -> None:
        """End everything that the tools started. Idempotent; takes a few seconds at most.

        Threads of plain tools cannot be ended; they die with the program.
        """
        if self._closed:
            return
        self._closed = True
        self._scheduler.close()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=_CLOSE_S)
        await self._processes.close()
        for service in reversed(self._context.services()):
            if callable(getattr(service, "close", None)):
                await self._run_hook(type(service).__name__, functools.partial(_close, service))

    def _begin(
        self, tool: Tool[..., Any], arguments: dict[str, Any], arguments_json: str
    ) -> asyncio.Future[Outcome]:
        """Start the call where its kind belongs."""
        if tool.heavy:
            return self._task(self._in_process(tool, arguments_json))
        keywords = dict(arguments)
        if tool.signature.context_parameter is not None:
            keywords[tool.signature.context_parameter] = self._context
        if tool.is_async:
            return self._task(_on_loop(tool, keywords))
        return self._threads.start(lambda: render_output(tool.function(**keywords)))

    def _task(self, work: Any) -> asyncio.Task[Outcome]:
        if len(self._tasks) >= _MAX_TASKS:
            work.close()
            raise BusyError("Too many tools are still running. Try again in a moment.")
        task: asyncio.Task[Outcome] = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _finish(
        self, tool: Tool[..., Any], arguments: dict[str, Any], pending: asyncio.Future[Outcome]
    ) -> ToolOutcome:
        """Wait for the outcome, no longer than the deadline."""
        try:
            done, _ = await asyncio.wait({pending}, timeout=tool.timeout_s)
        except asyncio.CancelledError:
            pending.cancel()
            raise
        if not done:
            # Not awaited further: a tool may ignore its cancellation.
            pending.cancel()
            _log.warning("tool %s took longer than %g s", tool.name, tool.timeout_s)
            return _failed(
                f"{tool.name} took too long and was given up after {tool.timeout_s:g} s."
            )
        if pending.cancelled():
            return self._broken(tool, asyncio.CancelledError(), arguments)
        match pending.result():
            case Returned(value):
                return ToolOutcome(value, speak=tool.speak)
            case Raised(ToolError() as error):
                return _failed(str(error) or f"{tool.name} could not do it.")
            case Raised(ArgumentsError() as error):
                return _failed(str(error))
            case Raised(OutputError() as error):
                _log.error("tool %s returned %s", tool.name, error)
                return _failed(f"{tool.name} failed: its result was {error}.")
            case Raised(error):
                return self._broken(tool, error, arguments)

    async def _in_process(self, tool: Tool[..., Any], arguments_json: str) -> Outcome:
        try:
            answer = await self._processes.call(tool, arguments_json)
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

    def _broken(
        self, tool: Tool[..., Any], error: BaseException, arguments: dict[str, Any]
    ) -> ToolOutcome:
        report = str(error) if isinstance(error, _RemoteFailure) else None
        _log.error("tool %s failed\n%s", tool.name, report or report_failure(error, arguments))
        return _failed(f"{tool.name} failed because of an internal error.")

    def _unknown(self, name: str) -> str:
        available = ", ".join(self._entries) or "none"
        return _bounded(f"There is no tool called {_bounded(name, 64)!r}; available: {available}.")

    async def _run_hook(self, name: str, hook: Callable[[ToolContext], None]) -> None:
        try:
            pending = self._threads.start(lambda: hook(self._context))
        except BusyError:
            _log.error("a hook of %s was not run: too many tools are running", name)
            return
        done, _ = await asyncio.wait({pending}, timeout=_START_HOOK_S)
        if not done:
            _log.error("a hook of %s took longer than %g s", name, _START_HOOK_S)
            return
        match pending.result():
            case Raised(ToolError() as error):
                _log.warning("a hook of %s could not do its work: %s", name, error)
            case Raised(error):
                _log.error("a hook of %s failed\n%s", name, report_failure(error))

    def _say(self, text: str) -> None:
        """Bring a notice to the loop, from whatever thread a tool says it."""
        text = _bounded(text.strip(), MAX_NOTICE_CHARS)
        if not text or self._closed:
            return
        if self._loop is None:
            self._notify(text)
            return
        try:
            self._loop.call_soon_threadsafe(self._notify, text)
        except RuntimeError:
            _log.warning("a tool had a notice after the end of the program")

    def _notify(self, text: str) -> None:
        if self._on_notice is None:
            _log.warning("a tool has a notice, but nothing here can announce it")
            return
        try:
            self._on_notice(text)
        except Exception as error:
            _log.error("a tool's notice was lost\n%s", report_failure(error))


class _RemoteFailure(Exception):
    """An exception of a heavy tool; its text is the report that the worker wrote."""


async def _on_loop(tool: Tool[..., Any], keywords: dict[str, Any]) -> Outcome:
    """Await an async tool; SystemExit must not reach the loop, which it would end."""
    try:
        return Returned(render_output(await tool.function(**keywords)))
    except asyncio.CancelledError:
        raise
    except BaseException as error:
        return Raised(error)


def _close(service: Any, context: ToolContext) -> None:
    """End a service; the context is not needed for it."""
    service.close()


def _failed(message: str) -> ToolOutcome:
    return ToolOutcome(_bounded(message), is_error=True)


def _bounded(text: str, limit: int = _MAX_ERROR_CHARS) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
