"""Where other people's MCP servers are, or a loud word that they are not."""

from __future__ import annotations

import pytest

from tests.interop.make_environments import Environments

SERVERS = Environments("mcp")


def require(name: str) -> None:
    """Skip, loudly, where the environment of that name was not made."""
    pytest.importorskip("mcp", reason="NOT TESTED: the extra 'mcp' is not installed")
    if not SERVERS.is_ready(name):
        pytest.skip(
            f"NOT TESTED: no {name} in build/mcp; "
            "run: python tests/interop/make_environments.py --of mcp"
        )


@pytest.fixture
def clock_server() -> list[str]:
    """The command of ``mcp-server-time``."""
    require("python")
    program = SERVERS.python_of("python").with_name("mcp-server-time")
    return [str(program), "--local-timezone", "Europe/Berlin"]


@pytest.fixture
def everything_server() -> list[str]:
    """The command of ``server-everything``, without the way it is to be reached."""
    require("node")
    package = "node_modules/@modelcontextprotocol/server-everything/dist/index.js"
    return ["node", str(SERVERS.home("node") / package)]
