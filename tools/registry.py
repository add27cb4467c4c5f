"""The tools of one assistant: what they are called, what they take, and how they are run."""

from __future__ import annotations

import asyncio
import functools
import logging
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tools.call_book import CallBook
from tools.calls import CallRunner, read_arguments
from tools.clock import Clock, SystemClock, local_zone
from tools.consent import Consent, intent_of
from tools.context import InMemoryVolume, ToolContext, VolumeControl
from tools.definition import Tool, ToolSpec
from tools.errors import DuplicateToolError
from tools.failure import report_failure
from tools.hooks import Hooks
from tools.online import OnlineServices
from tools.outcome import ToolOutcome, bounded, failed
from tools.questions import Questions
from tools.schedule import Scheduler
from tools.surroundings import Surroundings

_log = logging.getLogger(__name__)

MAX_NOTICE_CHARS = 1_000

_HAND_OVER_S = 0.0005
"""How long a thread may keep the interpreter while others want it, as long as tools are there.

Beside three tools that compute, a tick of 20 ms came 82 ms late with Python's 5 ms, 15 ms with this
(two shared cores).
"""

_VERDICT_S = 9.0


@dataclass(frozen=True, slots=True)
class _Entry:
    tool: Tool[..., Any]
    source: str


class Registry:
    """Holds the tools, runs their calls, and owns what outlives a call.

    Use it from one event loop: ``async with Registry(data_dir=folder) as registry``, or ``start``
    and ``close``. A call before ``start`` starts it. ``on_notice`` receives on that loop what a
    tool announces by itself (a timer that is due), ``on_notice_over`` what of it need not be told
    any more. Nothing that a model or a tool does makes a method raise.
    """

    def __init__(
        self,
        *,
        data_dir: Path,
        on_notice: Callable[[str], None] | None = None,
        on_notice_over: Callable[[str], None] | None = None,
        clock: Clock | None = None,
        timezone: tzinfo | None = None,
        volume: VolumeControl | None = None,
        now_s: Callable[[], float] = time.monotonic,
        files_dir: Path | None = None,
        online: OnlineServices | None = None,
        surroundings: Surroundings | None = None,
        on_line: Callable[[str], None] | None = None,
        max_threads: int = 16,
        max_processes: int = 2,
    ) -> None:
        """Make an empty registry whose tools keep their files in ``data_dir``.

        The clock is the machine's, the time zone the machine's, the volume a number in memory
        unless they are given. ``now_s`` tells when a turn of the user began (``Consent.heard``),
        ``files_dir`` is the folder whose files tools may read, ``online`` the services on the
        network that a person set up. ``on_line`` receives, on the loop, lines for the screen.
        """
        clock = clock or SystemClock()
        self._entries: dict[str, _Entry] = {}
        self._on_notice, self._on_notice_over = on_notice, on_notice_over
        self._on_line = on_line
        self._calls = CallRunner(max_threads=max_threads, max_processes=max_processes)
        self._book = CallBook()
        self._scheduler = Scheduler(clock)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._usual_hand_over_s = 0.0
        self._closed = False
        surroundings = surroundings or Surroundings()
        self._questions = Questions(surroundings.ask, is_busy=lambda: bool(self.consent.question))
        self._context = ToolContext(
            data_dir=data_dir,
            clock=clock,
            timezone=timezone or local_zone(),
            volume=volume or InMemoryVolume(),
            scheduler=self._scheduler,
            say=self._say,
            unsay=self._unsay,
            verdict=self._consent_outcome,
            files_dir=files_dir,
            online=online,
            show=self._show,
            surroundings=surroundings,
            questions=self._questions,
        )
        self._hooks = Hooks(self._calls.threads, self._context)
        self.on_tools_changed: Callable[[], None] | None = None
        """Called on the loop whenever a tool is added or removed."""
        self.consent = Consent(clock=clock, now_s=now_s, say=self._say)
        """Takes the user's own answers; whoever has a session feeds it."""

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
        self._changed()

    def remove(self, name: str) -> None:
        """Take a tool out; a call of it that runs goes on. Nothing for an unknown name."""
        if self._entries.pop(name, None) is not None:
            self._changed()

    def replace(
        self,
        before: Iterable[str],
        tools: Iterable[Tool[..., Any]],
        source: str,
        *,
        allows: Callable[[Tool[..., Any]], bool],
        complain: Callable[[str], None],
    ) -> frozenset[str]:
        """Put what a source offers now in the place of what it offered before; return the names.

        A tool that ``allows`` refuses is passed over; of one whose name another source has,
        ``complain`` is told.
        """
        for name in before:
            self.remove(name)
        taken = set()
        for tool in tools:
            if not allows(tool):
                continue
            try:
                self.add(tool, source)
            except DuplicateToolError as error:
                complain(str(error))
                continue
            taken.add(tool.name)
        return frozenset(taken)

    def _changed(self) -> None:
        if self.on_tools_changed is not None:
            self.on_tools_changed()

    def specs(self) -> list[ToolSpec]:
        """Return what a brain is told, in the order in which the tools were added.

        Tools that only speak of others (the status of jobs) are left out where there are none.
        """
        tools = [entry.tool for entry in self._entries.values()]
        kinds: set[str] = {tool.effect for tool in tools if tool.only_with is None}
        if any(tool.background for tool in tools):
            kinds.add("background")
        return [tool.spec for tool in tools if tool.only_with is None or tool.only_with in kinds]

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
        self._usual_hand_over_s = sys.getswitchinterval()
        sys.setswitchinterval(min(self._usual_hand_over_s, _HAND_OVER_S))
        self._scheduler.start(self._loop)
        self._questions.start(self._loop)
        await self.run_start_hooks(list(self._entries))

    async def call(self, name: str, arguments_json: str, call_id: str | None = None) -> ToolOutcome:
        """Run one call as a model wrote it, within the tool's deadline.

        A ``call_id`` that was called before is not run again and gets the answer that it had; the
        last 256 are remembered. Never raises but CancelledError, when the caller is cancelled: an
        ``async`` tool is then cancelled too, a heavy one killed, and a plain one left behind in its
        thread.
        """
        await self.start()
        return await self._book.once(call_id, lambda: self._call(name, arguments_json))

    async def _call(self, name: str, arguments_json: str) -> ToolOutcome:
        entry = self._entries.get(name)
        if entry is None:
            return failed(self._unknown(name))
        if self._closed:
            return failed("The assistant is shutting down.")
        arguments = read_arguments(entry.tool, arguments_json)
        if isinstance(arguments, ToolOutcome):
            return arguments
        perform = functools.partial(self._perform, entry.tool, arguments, arguments_json)
        if entry.tool.effect != "irreversible":
            return await perform()
        if self._questions.is_open:
            # A yes to a tool's own question must never be one to this.
            return failed("Not done: another question still waits for the user's answer.")
        summary = entry.tool.summary(arguments)
        return await self.consent.ask_first(intent_of(name, arguments), summary, perform)

    async def wait_for_jobs(self) -> bool:
        """Wait until nothing runs in the background; returns whether anything did.

        Each job ends by its own limit of time, and was announced by then.
        """
        return await self._context.jobs.wait()

    async def close(self) -> None:
        """End everything that the tools started. Idempotent; takes a few seconds at most.

        Threads of plain tools cannot be ended; they die with the program.
        """
        if self._closed:
            return
        self._closed = True
        self._scheduler.close()
        await self._questions.close()
        await self.consent.close()
        await self._context.jobs.close()
        await self._calls.close()
        for service in reversed(self._context.services()):
            if callable(getattr(service, "close", None)):
                await self._hooks.run(type(service).__name__, functools.partial(_close, service))
        if self._usual_hand_over_s:
            sys.setswitchinterval(self._usual_hand_over_s)

    async def _perform(
        self, tool: Tool[..., Any], arguments: dict[str, Any], arguments_json: str
    ) -> ToolOutcome:
        """Do what was asked, or begin it in the background."""
        work = self._calls.run(tool, arguments, arguments_json, self._context)
        if not tool.background:
            return await work
        refusal = await self._hooks.refusal(tool)
        if refusal is not None:
            work.close()
            return refusal
        return self._context.jobs.start(tool.summary(arguments), work)

    def _consent_outcome(self) -> ToolOutcome:
        """Wait for what came of the last question, in the thread of a tool."""
        if self._loop is None:
            return failed("Nothing was asked.")
        waiting = asyncio.run_coroutine_threadsafe(self.consent.outcome(), self._loop)
        try:
            return waiting.result(_VERDICT_S)
        except TimeoutError:
            waiting.cancel()
            return failed("It is still being done.")

    def _unknown(self, name: str) -> str:
        available = ", ".join(self._entries) or "none"
        return bounded(f"There is no tool called {bounded(name, 64)!r}; available: {available}.")

    async def run_start_hooks(self, names: Iterable[str]) -> None:
        """Run the start hooks of these tools, but those of one name once."""
        entries = self._entries
        await self._hooks.start(entries[name].tool for name in names if name in entries)

    def has_run_hooks(self, name: str) -> bool:
        """Whether start hooks of a tool of this name have run."""
        return self._hooks.has_started(name)

    def _say(self, text: str) -> None:
        """Bring a notice to the loop, from whatever thread a tool says it."""
        self._bring(self._notify, text)

    def _unsay(self, text: str) -> None:
        """Bring to the loop that a notice is over, with the words that it had there."""
        if self._on_notice_over is not None:
            self._bring(self._on_notice_over, text)

    def _show(self, line: str) -> None:
        """Bring a line for the screen to the loop."""
        if self._on_line is not None:
            self._bring(self._on_line, " ".join(line.split()))

    def _bring(self, tell: Callable[[str], None], text: str) -> None:
        text = bounded(text.strip(), MAX_NOTICE_CHARS)
        if not text or self._closed:
            return
        if self._loop is None:
            tell(text)
            return
        try:
            self._loop.call_soon_threadsafe(tell, text)
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


def _close(service: Any, context: ToolContext) -> None:
    """End a service; the context is not needed for it."""
    service.close()
