"""Runs one of our modules as a child process that cannot outlive its parent.

The parent writes one line of orders to the child's standard input and keeps that pipe open for as
long as the child shall live: its end is the order to stop, and a parent that dies closes it too.
The child answers with one JSON line on its standard output: ``{"ready": …}`` or ``{"error": …}``.
Nothing secret is ever in an argument list or an environment. No step needs a signal that Windows
lacks.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections import deque
from collections.abc import AsyncIterator

import orjson

from voice.errors import EngineError, SettingsError, VoiceError
from voice.logs import redact

logger = logging.getLogger(__name__)

START_LIMIT_S = 60.0
STOP_LIMIT_S = 5.0
"""How long a child may take to end by itself; then it is terminated, then killed."""

TERMINATE_LIMIT_S = 2.0

_FOR_PEOPLE = " WARNING voice.engines.remote_fallback: "
"""Begins what a person should hear of the child while it runs: that a remote engine is out."""

_TAIL_LINES = 40
_TAIL_LINE_CHARS = 300
_TAIL_WAIT_S = 1.0

# The child finds the modules that its parent found, and no others: a folder named ``voice`` in the
# working directory must not win, which is what plain ``python -m`` would let it do.
_BOOTSTRAP = (
    "import sys; module, sys.path[:] = sys.argv[1], sys.argv[2:]; "
    "import importlib; importlib.import_module(module).main()"
)

_ERROR_KINDS: dict[str, type[VoiceError]] = {"settings": SettingsError, "engine": EngineError}


class Child:
    """A child that reported ready; ``ready`` is what it reported."""

    def __init__(self, process: Process, ready: str, tail: _Tail, name: str) -> None:
        self.ready = ready
        self._process = process
        self._tail = tail
        self._name = name

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        """Whether the child is gone."""
        return self._process.returncode is not None

    async def wait_ended(self) -> EngineError:
        """Wait until the child ends, and return what can be said about it."""
        status = await self._process.wait()
        words = await self._tail.last_words()
        return EngineError(f"the {self._name} ended unexpectedly ({_status(status)}){words}")


@contextlib.asynccontextmanager
async def running_child(
    module: str, orders: bytes, *, name: str, limit_s: float = START_LIMIT_S
) -> AsyncIterator[Child]:
    """Run ``module.main()`` in a child process; the body runs once the child is ready.

    ``orders`` is one line without its end. ``name`` is what messages call the child. Raises
    SettingsError or EngineError as the child reports them, and EngineError when it ends early or
    is not ready after ``limit_s``. The child is ended with the block.
    """
    process = await _spawn(module, name)
    tail = _Tail(process)
    try:
        yield Child(process, await _start(process, orders, name, limit_s, tail), tail, name)
    finally:
        await _stop(process)
        await tail.close()


class _Tail:
    """The last lines of a child's standard error, without secrets."""

    def __init__(self, process: Process) -> None:
        assert process.stderr is not None
        self._lines: deque[str] = deque(maxlen=_TAIL_LINES)
        self._reader = asyncio.create_task(self._read(process.stderr))

    async def _read(self, stream: asyncio.StreamReader) -> None:
        while True:
            try:
                raw = await stream.readline()
            except ValueError:  # a line beyond the reader's limit: its text is dropped
                continue
            if not raw:
                return
            line = redact(raw.decode(errors="replace").strip())[:_TAIL_LINE_CHARS]
            if line:
                self._lines.append(line)
                _, told, text = line.partition(_FOR_PEOPLE)
                if told:
                    logger.warning("%s", text)
                else:
                    logger.info("child: %s", line)

    async def last_words(self) -> str:
        """Return the last line as the end of a message; a traceback's last line says most.

        Waits a moment for the stream's end, since a child that is gone may not be read out yet.
        """
        await asyncio.wait({self._reader}, timeout=_TAIL_WAIT_S)
        return f": {self._lines[-1]}" if self._lines else ""

    async def close(self) -> None:
        """Stop reading; a grandchild that holds the pipe must not hold us."""
        await asyncio.wait({self._reader}, timeout=_TAIL_WAIT_S)
        self._reader.cancel()


async def _spawn(module: str, name: str) -> Process:
    paths = [path or os.getcwd() for path in sys.path]
    try:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            *("-P", "-c", _BOOTSTRAP, module, *paths),
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
        )
    except OSError as error:
        raise EngineError(
            f"the {name} could not be started with {sys.executable}: {error.strerror or error}"
        ) from error


async def _start(process: Process, orders: bytes, name: str, limit_s: float, tail: _Tail) -> str:
    """Give the orders and wait for the answer."""
    assert process.stdin is not None and process.stdout is not None
    try:
        async with asyncio.timeout(limit_s):
            process.stdin.write(orders + b"\n")
            # A child that is gone already says so by the end of its output.
            with contextlib.suppress(ConnectionError):
                await process.stdin.drain()
            line = await process.stdout.readline()
            status = None if line else await process.wait()
    except TimeoutError:
        words = await tail.last_words()
        raise EngineError(f"the {name} was not ready after {limit_s:g} s{words}") from None
    if status is not None:
        words = await tail.last_words()
        raise EngineError(f"the {name} ended before it was ready ({_status(status)}){words}")
    return _read_report(line, name)


def _read_report(line: bytes, name: str) -> str:
    try:
        report = orjson.loads(line)
    except orjson.JSONDecodeError:
        report = None
    match report:
        case {"ready": str(ready)}:
            return ready
        case {"error": {"kind": str(kind), "message": str(message)}}:
            raise _ERROR_KINDS.get(kind, EngineError)(message)
        case _:
            raise EngineError(f"the {name} answered something else than that it is ready")


async def _stop(process: Process) -> None:
    """Ask, terminate, kill; returns when the child is gone."""
    assert process.stdin is not None
    process.stdin.close()
    for limit_s, force in (
        (STOP_LIMIT_S, process.terminate),
        (TERMINATE_LIMIT_S, process.kill),
    ):
        try:
            async with asyncio.timeout(limit_s):
                await process.wait()
                return
        except TimeoutError:
            logger.warning("a child process did not end within %g s", limit_s)
            with contextlib.suppress(ProcessLookupError):
                force()
    await process.wait()


def _status(status: int) -> str:
    return f"signal {-status}" if status < 0 else f"exit status {status}"
