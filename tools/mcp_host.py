"""The MCP servers of one assistant, on an event loop in a thread of its own.

Neither the SDK's import nor a server that floods holds up the loop that moves the sound.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from typing import Any

from tools.definition import Tool
from tools.errors import ToolError
from tools.mcp_connection import McpConnection, McpEvents, McpServer
from tools.mcp_tools import UnusableToolError, mcp_tool

_log = logging.getLogger(__name__)

CLOSE_LIMIT_S = 8.0
"""A server is asked to end, after two seconds told to, after two more killed."""

MAX_SERVERS = 32


class McpHost:
    """Starts the servers together, offers their tools, and ends them.

    ``begin``, ``ready`` and ``close`` belong to one event loop, and there the callbacks are called:
    ``on_tools`` with the name of a server and all its tools, again whenever they change;
    ``on_problem`` with one line for each server, or tool, that is left out; ``on_line`` with what
    people may want to see meanwhile (progress, a server's log messages, restarts).
    """

    def __init__(
        self,
        servers: Sequence[McpServer],
        *,
        on_tools: Callable[[str, Sequence[Tool[..., Any]]], None],
        on_problem: Callable[[str], None],
        on_line: Callable[[str], None],
    ) -> None:
        """Start nothing yet."""
        self._servers = tuple(servers[:MAX_SERVERS])
        self._on_tools = on_tools
        self._on_problem = on_problem
        self._on_line = on_line
        self._caller: asyncio.AbstractEventLoop | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._stop: asyncio.Event | None = None
        self._settled: asyncio.Event | None = None
        self._connections: dict[str, McpConnection] = {}

    def begin(self) -> None:
        """Start all servers at once, in the background. Idempotent."""
        if self._thread is not None or not self._servers:
            return
        self._caller = asyncio.get_running_loop()
        self._settled = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(
            target=self._run, args=(self._loop, self._stop), name="mcp servers", daemon=True
        )
        self._thread.start()

    async def ready(self, limit_s: float) -> None:
        """Wait until each server is listed or left out, no longer than ``limit_s``.

        The tools of a slower one come later, and its name is told.
        """
        self.begin()
        if self._settled is None:
            return
        try:
            async with asyncio.timeout(limit_s):
                await self._settled.wait()
        except TimeoutError:
            slow = [name for name, one in self._connections.items() if not one.settled.is_set()]
            for name in slow:
                self._on_problem(f"{name}: it is still starting after {limit_s:g} s")

    async def close(self) -> None:
        """End the servers. Idempotent; takes a few seconds at most."""
        thread, loop, stop = self._thread, self._loop, self._stop
        if thread is None or loop is None or stop is None or not thread.is_alive():
            return
        try:
            loop.call_soon_threadsafe(stop.set)
        except RuntimeError:
            return
        await asyncio.to_thread(thread.join, CLOSE_LIMIT_S)
        if thread.is_alive():
            _log.warning("an MCP server does not end; it is left behind")

    async def call(self, server: str, tool: str, arguments: dict[str, Any]) -> str:
        """Run a tool of a server; from any loop. Raises ToolError."""
        connection, loop = self._connections.get(server), self._loop
        if connection is None or loop is None or loop.is_closed():
            raise ToolError(f"{server} is not running.")
        work = connection.call(tool, arguments)
        try:
            return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, loop))
        except RuntimeError:
            work.close()
            raise ToolError(f"{server} is not running any more.") from None

    # --- on the servers' loop ---------------------------------------------------------------------

    def _run(self, loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_until_complete(self._live(stop))
        except BaseException as error:
            _log.error("the MCP servers' loop broke with %s", type(error).__name__)
        finally:
            loop.close()

    async def _live(self, stop: asyncio.Event) -> None:
        events = McpEvents(listed=self._listed, failed=self._failed, told=self._told)
        for server in self._servers:
            self._connections[server.name] = McpConnection(server, events)
        connections = list(self._connections.values())
        living = [asyncio.create_task(connection.live()) for connection in connections]
        settling = asyncio.create_task(self._settle(connections))
        await stop.wait()
        for task in (*living, settling):
            task.cancel()
        await asyncio.wait({*living, settling}, timeout=CLOSE_LIMIT_S)

    async def _settle(self, connections: Sequence[McpConnection]) -> None:
        for connection in connections:
            await connection.settled.wait()
        if self._settled is not None:
            self._tell(self._settled.set)

    def _listed(self, server: McpServer, offered: Sequence[Any]) -> None:
        made: dict[str, Tool[..., Any]] = {}
        for one in offered:
            try:
                tool = mcp_tool(
                    server.name,
                    one,
                    self._caller_of(server),
                    timeout_s=server.timeout_s,
                    effect=server.effect,
                )
            except (UnusableToolError, ValueError, TypeError) as error:
                self._problem(f"{server.name}: a tool is left out: {error}")
                continue
            if tool.name in made:
                self._problem(f"{server.name}: two of its tools are both called {tool.name}")
                continue
            made[tool.name] = tool
        self._tell(self._on_tools, server.name, tuple(made.values()))

    def _caller_of(self, server: McpServer) -> Callable[[str, dict[str, Any]], Any]:
        async def call(tool: str, arguments: dict[str, Any]) -> str:
            return await self.call(server.name, tool, arguments)

        return call

    def _failed(self, server: McpServer, cause: str) -> None:
        self._problem(f"{server.name}: {cause}")

    def _problem(self, line: str) -> None:
        self._tell(self._on_problem, line)

    def _told(self, line: str) -> None:
        self._tell(self._on_line, line)

    def _tell(self, callback: Callable[..., None], *values: Any) -> None:
        """Call back on the loop of whoever began all this."""
        if self._caller is None:
            return
        try:
            self._caller.call_soon_threadsafe(callback, *values)
        except RuntimeError:
            return  # That loop has closed: nobody is left to tell.
