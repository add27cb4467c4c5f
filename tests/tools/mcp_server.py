"""An MCP server for the tests, on standard input and output: it does what its tools are asked to.

Run with a folder, where it leaves a file for each time that it was started.
"""

import asyncio
import os
import sys
import tempfile

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError

server = MCPServer("lab")


@server.tool()
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@server.tool()
def variable(name: str) -> str:
    """Return a variable of the environment."""
    return os.environ.get(name, "(unset)")


@server.tool()
def long() -> str:
    """Return far too much."""
    return "x" * 200_000


@server.tool()
def die() -> str:
    """End the server in the middle of the call."""
    os._exit(3)


@server.tool()
def fail() -> str:
    """Fail with words."""
    raise ToolError("there is no such order")


@server.tool()
async def hang() -> str:
    """Never return."""
    await asyncio.Event().wait()
    return "never"


@server.tool()
async def work(ctx: Context) -> str:
    """Tell how far it is."""
    await ctx.report_progress(1, 2, "half of it")
    return "worked"


@server.tool()
async def grow(ctx: Context) -> str:
    """Offer one more tool from now on."""

    def grown(text: str) -> str:
        return text.upper()

    server.add_tool(grown, name="grown", description="Shout.")
    await ctx.notify_tools_changed()
    return "grown"


if __name__ == "__main__":
    tempfile.mkstemp(dir=sys.argv[1], prefix="started-")
    server.run("stdio")
