"""The third finder of tools: MCP servers, whose tools come and go while the registry lives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tools.definition import Tool
from tools.mcp_connection import McpServer
from tools.mcp_host import McpHost
from tools.registry import Registry

MAX_PROBLEMS = 50


class McpFinder:
    """Keeps the tools of MCP servers in a registry.

    Use it from the registry's event loop; whoever made it calls ``close``.
    """

    def __init__(
        self,
        registry: Registry,
        servers: Sequence[McpServer],
        *,
        allows: Callable[[Tool[..., Any]], bool] = lambda tool: True,
        on_line: Callable[[str], None] | None = None,
    ) -> None:
        """Start nothing yet. Tools that ``allows`` refuses are left out without a word.

        ``on_line`` gets lines for people while tools run: progress, log messages, restarts.
        """
        self._registry = registry
        self._allows = allows
        self._problems: list[str] = []
        self._offered: dict[str, frozenset[str]] = {}
        self._host = McpHost(
            servers,
            on_tools=self._take,
            on_problem=self._problem,
            on_line=on_line or (lambda line: None),
        )

    @property
    def problems(self) -> tuple[str, ...]:
        """One line for each server, or tool of one, that is left out so far."""
        return tuple(self._problems)

    def begin(self) -> None:
        """Start all servers in the background. Idempotent."""
        self._host.begin()

    async def ready(self, limit_s: float) -> None:
        """Wait until their tools are in the registry, no longer than ``limit_s``."""
        await self._host.ready(limit_s)

    async def close(self) -> None:
        """End the servers. Idempotent."""
        await self._host.close()

    def _take(self, server: str, tools: Sequence[Tool[..., Any]]) -> None:
        """Put what a server offers now in the place of what it offered before."""
        self._offered[server] = self._registry.replace(
            self._offered.get(server, frozenset()),
            tools,
            f"MCP server {server}",
            allows=self._allows,
            complain=self._problem,
        )

    def _problem(self, line: str) -> None:
        # A list that is read again has the same faults.
        if line not in self._problems and len(self._problems) < MAX_PROBLEMS:
            self._problems.append(line)
