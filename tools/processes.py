"""Runs heavy tools in processes that can be killed: no deadline is lost to a busy interpreter."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from dataclasses import dataclass
from typing import Any

from tools.definition import Tool

_MAX_ANSWER_BYTES = 1 << 20
_REAP_S = 2.0


class WorkerDied(Exception):
    """A process ended before it answered: it crashed, was killed, or ran out of memory."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where another process finds a tool."""

    module: str
    file: str | None


def _place(tool: Tool[..., Any]) -> _Place:
    """Name the module, and its file where the name alone cannot be imported elsewhere."""
    module = tool.function.__module__
    code_file = tool.function.__code__.co_filename
    if module == "__main__" or module.startswith("tool_plugin_"):
        return _Place(module, os.path.abspath(code_file))
    return _Place(module, None)


class ProcessRunner:
    """At most ``limit`` worker processes, started when needed and kept for the next call.

    They are fresh interpreters (about 0.3 s to start), not forks: a fork would copy the locks of
    this program's threads. A process whose caller gives up is killed with all its children.
    """

    def __init__(self, limit: int) -> None:
        """Allow ``limit`` processes; none is started yet."""
        self._free = asyncio.Semaphore(limit)
        self._idle: list[asyncio.subprocess.Process] = []
        self._dying: set[asyncio.Task[None]] = set()

    async def call(self, tool: Tool[..., Any], arguments_json: str) -> dict[str, str]:
        """Run one call and return the worker's answer (see ``tools.worker``).

        Waits for a free process. Cancelling kills the process. Raises WorkerDied.
        """
        place = _place(tool)
        request = {
            "module": place.module,
            "file": place.file,
            "name": tool.name,
            "arguments": arguments_json,
        }
        async with self._free:
            process = self._idle.pop() if self._idle else await _start()
            try:
                answer = await _exchange(process, request)
            except BaseException:
                self._kill(process)
                raise
            self._idle.append(process)
            return answer

    async def close(self) -> None:
        """Kill every process and wait until they are gone, at most two seconds."""
        while self._idle:
            self._kill(self._idle.pop())
        if self._dying:
            await asyncio.wait(self._dying, timeout=_REAP_S)

    def _kill(self, process: asyncio.subprocess.Process) -> None:
        with contextlib.suppress(ProcessLookupError):
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
        task = asyncio.get_running_loop().create_task(_reap(process))
        self._dying.add(task)
        task.add_done_callback(self._dying.discard)


async def _start() -> asyncio.subprocess.Process:
    # PYTHONPATH hands over where this program imports from; -P keeps a folder called `tools` in
    # the current directory from taking the place of this package.
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        "-m",
        "tools.worker",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=environment,
        limit=_MAX_ANSWER_BYTES,
        start_new_session=True,
    )


async def _exchange(
    process: asyncio.subprocess.Process, request: dict[str, str | None]
) -> dict[str, str]:
    if process.stdin is None or process.stdout is None:
        raise WorkerDied("the worker process has no pipes")
    try:
        process.stdin.write(json.dumps(request).encode() + b"\n")
        await process.stdin.drain()
        line = await process.stdout.readline()
    except (OSError, ValueError) as error:
        raise WorkerDied(f"the worker process went away: {error}") from error
    if not line.endswith(b"\n"):
        raise WorkerDied("the worker process ended without an answer")
    answer: dict[str, str] = json.loads(line)
    return answer


async def _reap(process: asyncio.subprocess.Process) -> None:
    """Close the pipes and collect the exit status."""
    if process.stdin is not None:
        process.stdin.close()
    await process.wait()
