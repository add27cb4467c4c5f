import json
import sys
from pathlib import Path

import pytest

pytest.importorskip("mcp", reason="the extra 'mcp' is not installed")

from tools import Registry, tool
from tools.mcp_connection import McpServer
from tools.mcp_finder import McpFinder

SERVER = Path(__file__).with_name("mcp_server.py")
WAIT_S = 15


@pytest.fixture
async def registry(tmp_path):
    async with Registry(data_dir=tmp_path / "data") as made:
        yield made


def lab(tmp_path, **options):
    command = (sys.executable, str(SERVER), str(tmp_path))
    return McpServer("lab", command=command, effect="reversible", **options)


async def found(registry, *servers, **options):
    finder = McpFinder(registry, servers, **options)
    await finder.ready(WAIT_S)
    return finder


async def test_a_servers_tool_is_called_like_any_other(registry, tmp_path):
    finder = await found(registry, lab(tmp_path))
    outcome = await registry.call("lab__add", json.dumps({"a": "20", "b": 22}))
    wrong = await registry.call("lab__add", "{}")
    source = registry.source("lab__add")
    await finder.close()
    assert (outcome.output, outcome.is_error) == ("42", False)
    assert wrong.is_error and '"a" is missing' in wrong.output
    assert source == "MCP server lab"
    assert finder.problems == ()


async def test_a_call_has_a_deadline(registry, tmp_path):
    finder = await found(registry, lab(tmp_path, timeout_s=0.3))
    outcome = await registry.call("lab__hang", "{}")
    await finder.close()
    assert outcome.is_error and "took too long" in outcome.output


async def test_an_output_is_cut_with_a_note(registry, tmp_path):
    finder = await found(registry, lab(tmp_path))
    outcome = await registry.call("lab__long", "{}")
    await finder.close()
    assert "cut" in outcome.output
    assert len(outcome.output.encode()) <= 16_384


async def test_what_is_not_allowed_is_not_offered(registry, tmp_path):
    finder = await found(registry, lab(tmp_path), allows=lambda tool: tool.name == "lab__add")
    names = [spec.name for spec in registry.specs()]
    await finder.close()
    assert names == ["lab__add"]


async def test_a_name_that_is_taken_is_a_problem_and_not_the_end(registry, tmp_path):
    @tool(name="lab__add")
    def add() -> str:
        """Be there first."""
        return "first"

    registry.add(add, "the test")
    finder = await found(registry, lab(tmp_path))
    outcome = await registry.call("lab__work", "{}")
    await finder.close()
    assert outcome.output == "worked"
    assert len(finder.problems) == 1
    assert "lab__add" in finder.problems[0] and "the test" in finder.problems[0]
