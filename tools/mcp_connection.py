"""One MCP server: connected, its tools listed, called, and started again when it dies.

All of it runs on the loop of ``tools.mcp_host``. The SDK is imported when the first server is
connected: it takes half a second.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
import threading
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tools.definition import Effect
from tools.errors import ToolError
from tools.mcp_tools import result_text

_log = logging.getLogger(__name__)

MAX_TOOLS = 100
"""Tools of one server; a model that is offered more chooses badly, and pays for each."""

MAX_PAGES = 20
MAX_DEATHS = 6
"""Deaths in a row before a server that we start is left alone."""

FIRST_REST_S = 0.5
LONGEST_REST_S = 30.0
STEADY_S = 60.0
"""A server that lived so long begins to count its deaths anew."""

_AWAIT_READY_S = 5.0
_LOG_LEVELS = ("notice", "warning", "error", "critical", "alert", "emergency")
_TAIL_CHARS = 2_000
_MAX_LINE_CHARS = 300
INSTALL = "pip install 'voice-assistant-service[mcp]'"


@dataclass(frozen=True, slots=True)
class McpServer:
    """How to reach a server: a ``command`` with its ``env``, or a ``url`` with its ``headers``.

    ``env`` is added to a few harmless variables; keys of ours are not handed on. No ``repr`` shows
    the values of ``env`` and ``headers``. ``effect`` is what all its tools do, whatever they say of
    themselves; None takes their word.
    """

    name: str
    command: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    cwd: str | None = None
    url: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeout_s: float = 30.0
    start_timeout_s: float = 20.0
    effect: Effect | None = None


@dataclass(frozen=True, slots=True)
class McpEvents:
    """Where a connection tells what happens; each is called on its loop and never blocks.

    ``listed`` gets the server's tools, again whenever they change. ``failed`` gets one line when a
    server is left out. ``told`` gets lines for people: progress, log messages, restarts.
    """

    listed: Callable[[McpServer, Sequence[Any]], None]
    failed: Callable[[McpServer, str], None]
    told: Callable[[str], None]


class McpConnection:
    """Keeps one server connected while ``live`` runs."""

    def __init__(self, server: McpServer, events: McpEvents) -> None:
        """Connect to nothing yet."""
        self._server = server
        self._events = events
        self._client: Any = None
        self._ready = asyncio.Event()
        self._has_ended = asyncio.Event()
        self._relist = asyncio.Event()
        self.settled = asyncio.Event()
        """Set once the server was listed for the first time, or left out."""

    async def live(self) -> None:
        """Connect, and again after each death, until a command died too often. Never raises."""
        loop = asyncio.get_running_loop()
        deaths, was_listed = 0, False
        is_remote = self._server.url is not None  # Somebody else starts it; trying costs little.
        try:
            while is_remote or deaths < MAX_DEATHS:
                began_s = loop.time()
                cause = await self._once()
                if loop.time() - began_s > STEADY_S:
                    deaths = 0
                deaths += 1
                if not was_listed and not self.settled.is_set():
                    self._events.failed(self._server, cause)
                    return
                was_listed = True
                rest_s = min(LONGEST_REST_S, FIRST_REST_S * 2 ** min(deaths - 1, 10))
                if deaths == 1:
                    again = "connected" if is_remote else "started"
                    self._events.told(f"{self._server.name}: {cause}; it is {again} again")
                await asyncio.sleep(rest_s)
            self._events.listed(self._server, ())
            self._events.failed(self._server, f"it ended {MAX_DEATHS} times; it is left alone now")
        finally:
            self.settled.set()

    async def call(self, tool: str, arguments: dict[str, Any]) -> str:
        """Run a tool. Raises ToolError with what a model should be told."""
        name = self._server.name
        try:
            async with asyncio.timeout(_AWAIT_READY_S):
                await self._ready.wait()
        except TimeoutError:
            raise ToolError(f"{name} is not running at the moment; try again later.") from None
        from mcp import MCPError

        progress = _Progress(f"{name} {tool}", self._events.told)
        try:
            result = await self._client.call_tool(tool, arguments, progress_callback=progress.take)
        except MCPError as error:
            if self._is_gone(error):
                self._has_ended.set()
                raise ToolError(f"{name} ended during the call; try again in a moment.") from None
            raise ToolError(f"{name} refused the call: {one_line(error.message)}") from None
        except (OSError, RuntimeError, ValueError) as error:
            # The types of the HTTP library and of closed streams are among these or below them.
            self._has_ended.set()
            told = f"{name} could not be asked ({type(error).__name__}); it is connected again."
            raise ToolError(told) from None
        return result_text(result)

    async def _once(self) -> str:
        """Connect, list, and wait for the end; return its cause in one line."""
        self._has_ended.clear()
        self._relist.clear()
        stderr = _Tail()
        try:
            from mcp import Client

            async with contextlib.AsyncExitStack() as stack:
                stack.callback(stderr.close)
                async with asyncio.timeout(self._server.start_timeout_s):
                    self._client = await stack.enter_async_context(
                        Client(
                            _watched(self._transport(stderr), self._has_ended),
                            message_handler=self._notified,
                            logging_callback=self._logged,
                            log_level="notice",
                            cache=None,
                        )
                    )
                    await self._list()
                stack.callback(self._ready.clear)
                self._ready.set()
                self.settled.set()
                await self._attend()
            return f"it has ended{stderr.last_line()}"
        except ImportError:
            return f"MCP servers need the package mcp, which is not installed: {INSTALL}"
        except TimeoutError:
            limit = f"{self._server.start_timeout_s:g} s"
            return f"it did not answer within {limit}{stderr.last_line()}"
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            # Task groups of the SDK wrap whatever happened, in layers.
            return f"{_cause(error, self._server)}{stderr.last_line()}"
        finally:
            self._client = None

    async def _attend(self) -> None:
        """List the tools again whenever they change, until the connection ends."""
        watching = asyncio.create_task(self._watch_changes())
        try:
            while True:
                ended = asyncio.create_task(self._has_ended.wait())
                changed = asyncio.create_task(self._relist.wait())
                try:
                    await asyncio.wait({ended, changed}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    ended.cancel()
                    changed.cancel()
                if self._has_ended.is_set():
                    return
                self._relist.clear()
                async with asyncio.timeout(self._server.start_timeout_s):
                    await self._list()
        finally:
            watching.cancel()
            await asyncio.wait({watching})

    async def _watch_changes(self) -> None:
        """Hear of changed tools where the protocol is of 2026, which tells only whoever listens."""
        from mcp.client.subscriptions import ListenNotSupportedError

        try:
            async with self._client.listen(tools_list_changed=True) as changes:
                self._relist.set()  # What changed between the first list and now was not told.
                async for _ in changes:
                    self._relist.set()
        except ListenNotSupportedError:
            return  # An older server tells unasked.
        except Exception as error:
            _log.info("changes of %s are not told: %s", self._server.name, type(error).__name__)

    async def _list(self) -> None:
        found: list[Any] = []
        cursor: str | None = None
        for _ in range(MAX_PAGES):
            page = await self._client.list_tools(cursor=cursor)
            found += page.tools
            cursor = page.next_cursor
            if cursor is None or len(found) > MAX_TOOLS:
                break
        if len(found) > MAX_TOOLS:
            self._events.told(f"{self._server.name}: only its first {MAX_TOOLS} tools are taken")
        self._events.listed(self._server, found[:MAX_TOOLS])

    def _transport(self, stderr: _Tail) -> Any:
        server = self._server
        if server.url is not None:
            return _http(server.url, server.headers)
        from mcp import StdioServerParameters
        from mcp.client.stdio import stdio_client

        command, *arguments = server.command
        parameters = StdioServerParameters(
            command=command, args=arguments, env=dict(server.env), cwd=server.cwd
        )
        return stdio_client(parameters, errlog=stderr.open())

    async def _notified(self, message: Any) -> None:
        if getattr(message, "method", None) == "notifications/tools/list_changed":
            self._relist.set()

    async def _logged(self, params: Any) -> None:
        if params.level in _LOG_LEVELS:
            text = params.data if isinstance(params.data, str) else f"({params.level})"
            self._events.told(f"{self._server.name}: {one_line(text)}")

    def _is_gone(self, error: Any) -> bool:
        from mcp_types import CONNECTION_CLOSED

        return bool(error.code == CONNECTION_CLOSED) or "terminated" in error.message.lower()


class _Progress:
    """Tells how far a call is, at most once a second."""

    def __init__(self, what: str, tell: Callable[[str], None]) -> None:
        self._what = what
        self._tell = tell
        self._next_s = 0.0

    async def take(self, progress: float, total: float | None, message: str | None) -> None:
        now_s = asyncio.get_running_loop().time()
        if now_s < self._next_s:
            return
        self._next_s = now_s + 1.0
        share = f"{progress / total:.0%}" if total else f"{progress:g}"
        self._tell(f"{self._what}: {share}{f' {one_line(message)}' if message else ''}")


class _Tail:
    """Keeps the end of what a server writes to its standard error, to tell why it died."""

    def __init__(self) -> None:
        self._text = ""
        self._writer: Any = None

    def open(self) -> Any:
        """Return the file for the server; the pipe is read in a thread until all its ends close."""
        reading, writing = os.pipe()
        self._writer = os.fdopen(writing, "w")
        threading.Thread(target=self._read, args=(reading,), name="mcp stderr", daemon=True).start()
        return self._writer

    def close(self) -> None:
        """Close our end of the pipe."""
        if self._writer is not None:
            self._writer.close()

    def last_line(self) -> str:
        """Return the last line with words, in brackets; "" for none."""
        lines = [line.strip() for line in self._text.splitlines() if line.strip()]
        return f" (it said: {one_line(lines[-1])})" if lines else ""

    def _read(self, reading: int) -> None:
        with os.fdopen(reading, "rb", buffering=0) as pipe:
            while data := pipe.read(4_096):
                self._text = (self._text + data.decode(errors="replace"))[-_TAIL_CHARS:]


class _EndNoticed:
    """A read stream that says when it has ended; otherwise the one it stands before."""

    def __init__(self, stream: Any, ended: asyncio.Event) -> None:
        self._stream = stream
        self._ended = ended

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def __aiter__(self) -> _EndNoticed:
        return self

    async def __anext__(self) -> Any:
        try:
            return await self._stream.__anext__()
        except BaseException:
            self._ended.set()
            raise

    async def receive(self) -> Any:
        try:
            return await self._stream.receive()
        except BaseException:
            self._ended.set()
            raise

    async def __aenter__(self) -> _EndNoticed:
        await self._stream.__aenter__()
        return self

    async def __aexit__(self, *error: Any) -> Any:
        return await self._stream.__aexit__(*error)


@contextlib.asynccontextmanager
async def _watched(transport: Any, ended: asyncio.Event) -> AsyncIterator[tuple[Any, Any]]:
    async with transport as (read, write):
        yield _EndNoticed(read, ended), write


@contextlib.asynccontextmanager
async def _http(url: str, headers: Mapping[str, str]) -> AsyncIterator[tuple[Any, Any]]:
    from mcp.client.streamable_http import streamable_http_client
    from mcp.shared._httpx_utils import create_mcp_http_client

    async with (
        create_mcp_http_client(headers=dict(headers)) as client,
        streamable_http_client(url, http_client=client) as streams,
    ):
        yield streams


def one_line(text: str) -> str:
    """Return a server's text as one printable line of bounded length."""
    line = " ".join(text.split())[:_MAX_LINE_CHARS]
    return re.sub(r"[^\x20-\x7e\u00a0-\uffff]", "?", line)


def _cause(error: BaseException, server: McpServer) -> str:
    """Return what lies at the bottom of an error, without headers and addresses."""
    while isinstance(error, BaseExceptionGroup) and error.exceptions:
        error = error.exceptions[0]
    match error:
        case FileNotFoundError() if server.url is None:
            return f"the program {server.command[0]} was not found; install it, or give its path"
        case PermissionError() if server.url is None:
            return f"the program {server.command[0]} may not be run"
        case _ if server.url is not None:
            return f"it cannot be reached, or is no MCP server ({type(error).__name__})"
    return f"it could not be started ({type(error).__name__}: {one_line(str(error))})"
