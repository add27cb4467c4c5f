"""Background jobs: a ticket at once, the result when it is there, status and cancel in between."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from tools.outcome import ToolOutcome, failed, spoken_part

MAX_RUNNING = 4
MAX_KEPT = 16
"""Jobs remembered, running ones included; the oldest that ended is forgotten first."""

_CLOSE_S = 1.0


class JobState(Enum):
    """What a job does; the value is what a model is told."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it is at one moment; ``result`` is what a model is told once it has ended."""

    number: int
    title: str
    started: datetime
    state: JobState = JobState.RUNNING
    result: str = ""


@dataclass(slots=True)
class _Entry:
    job: Job
    task: asyncio.Task[None] | None = None
    announcement: str = ""


class JobBook:
    """The jobs of one registry; they outlive the session's connection and end with the registry.

    ``start`` and ``close`` belong to the registry's loop; the rest may be called from any thread.
    """

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        say: Callable[[str], None],
        unsay: Callable[[str], None] | None = None,
    ) -> None:
        """Tell by ``say`` what came of a job; ``unsay`` takes that back where it still waits.

        Both must return at once, and keep the order in which they are called.
        """
        self._now = now
        self._say = say
        self._unsay = unsay
        self._entries: dict[int, _Entry] = {}
        self._lock = threading.Lock()
        self._last_number = 0

    def all(self) -> list[Job]:
        """Return the jobs that are remembered, the oldest first."""
        with self._lock:
            return [entry.job for entry in self._entries.values()]

    def start(self, title: str, work: Coroutine[Any, Any, ToolOutcome]) -> ToolOutcome:
        """Begin ``work`` and return its ticket, or a polite refusal where too many run."""
        with self._lock:
            if self._running() >= MAX_RUNNING:
                work.close()
                return failed(
                    f"{MAX_RUNNING} jobs are running already. Wait for one, or cancel one first."
                )
            self._last_number += 1
            entry = _Entry(Job(self._last_number, title, self._now()))
            self._entries[entry.job.number] = entry
            self._forget_old()
        entry.task = asyncio.get_running_loop().create_task(
            self._follow(entry, work), name=f"job {entry.job.number}"
        )
        # A task that is cancelled before its first step leaves what it was to await unawaited.
        entry.task.add_done_callback(lambda task: work.close())
        ticket = {
            "spoken": "I've started on that. I'll tell you when it's done.",
            "job": entry.job.number,
            "status": "running",
        }
        return ToolOutcome(json.dumps(ticket))

    def cancel(self, number: int) -> bool:
        """End a job that runs; returns False where there is none of that number."""
        with self._lock:
            entry = self._entries.get(number)
            if entry is None or entry.job.state is not JobState.RUNNING:
                return False
            self._end(entry, JobState.CANCELLED, "")
            task = entry.task
        if task is not None:
            task.get_loop().call_soon_threadsafe(task.cancel)
        return True

    def told(self, number: int) -> None:
        """Note that the user is told of a job that ended: it need not be announced any more."""
        with self._lock:
            entry = self._entries.get(number)
            if entry is not None and entry.announcement and self._unsay is not None:
                self._unsay(entry.announcement)

    async def wait(self) -> bool:
        """Wait until no job runs, each by its own limit of time; returns whether one did."""
        has_run = False
        while tasks := [e.task for e in self._entries.values() if e.task and not e.task.done()]:
            has_run = True
            await asyncio.wait(tasks)
        return has_run

    async def close(self) -> None:
        """Cancel what runs, and say nothing of it."""
        tasks = {entry.task for entry in self._entries.values() if entry.task is not None}
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=_CLOSE_S)

    async def _follow(self, entry: _Entry, work: Coroutine[Any, Any, ToolOutcome]) -> None:
        outcome = await work
        state = JobState.FAILED if outcome.is_error else JobState.DONE
        with self._lock:
            if entry.job.state is not JobState.RUNNING:
                return  # It was cancelled, and the tool took no notice.
            self._end(entry, state, outcome.output)
            told = "failed" if outcome.is_error else "is done"
            said = f"The job '{entry.job.title}' {told}: {spoken_part(outcome.output)}"
            entry.announcement = said
            # Within the lock, so that ``told`` never comes before it.
            self._say(said)

    def _end(self, entry: _Entry, state: JobState, result: str) -> None:
        job = entry.job
        entry.job = Job(job.number, job.title, job.started, state, result)

    def _running(self) -> int:
        return sum(e.job.state is JobState.RUNNING for e in self._entries.values())

    def _forget_old(self) -> None:
        ended = [n for n, e in self._entries.items() if e.job.state is not JobState.RUNNING]
        for number in ended[: max(0, len(self._entries) - MAX_KEPT)]:
            del self._entries[number]
