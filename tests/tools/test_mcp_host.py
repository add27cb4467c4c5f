import asyncio
import json
import logging
import sys
from pathlib import Path

import pytest

pytest.importorskip("mcp", reason="the extra 'mcp' is not installed")

from tools.errors import ToolError
from tools.mcp_connection import McpServer
from tools.mcp_host import McpHost

SERVER = Path(__file__).with_name("mcp_server.py")
WAIT_S = 15


class Lab:
    """A host whose events are kept, and can be waited for."""

    def __init__(self, *servers):
        self.tools, self.problems, self.lines = {}, [], []
        self._changed = asyncio.Event()
        self.host = McpHost(
            servers,
            on_tools=lambda name, tools: self._note(self.tools.__setitem__, name, tools),
            on_problem=lambda line: self._note(self.problems.append, line),
            on_line=lambda line: self._note(self.lines.append, line),
        )

    def _note(self, keep, *values):
        keep(*values)
        self._changed.set()

    async def __aenter__(self):
        await self.host.ready(WAIT_S)
        return self

    async def __aexit__(self, *_):
        await self.host.close()

    async def until(self, condition):
        async with asyncio.timeout(WAIT_S):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    def names(self, server="lab"):
        return [tool.name for tool in self.tools.get(server, ())]

    async def call(self, name, /, **arguments):
        tools = {tool.name: tool for tools in self.tools.values() for tool in tools}
        return await tools[name].function(**arguments)


def lab(tmp_path, name="lab", **options):
    return McpServer(name, command=(sys.executable, str(SERVER), str(tmp_path)), **options)


async def test_tools_are_offered_under_the_name_of_their_server(tmp_path):
    async with Lab(lab(tmp_path)) as running:
        add = running.tools["lab"][0]
        assert add.spec.name == "lab__add"
        assert add.spec.description == "Add two numbers."
        assert add.spec.parameters["required"] == ["a", "b"]
        assert json.loads(await running.call("lab__add", a=2, b=40)) == 42
    assert running.problems == []


async def test_what_fails_is_told_in_the_words_of_the_server(tmp_path):
    async with Lab(lab(tmp_path)) as running:
        with pytest.raises(ToolError, match="there is no such order"):
            await running.call("lab__fail")


async def test_a_server_gets_its_own_variables_and_not_ours(tmp_path, monkeypatch):
    monkeypatch.setenv("VOICE_API_KEY", "sk-canary-0123456789")
    async with Lab(lab(tmp_path, env={"LAB_KEY": "its-own-key"})) as running:
        assert await running.call("lab__variable", name="LAB_KEY") == "its-own-key"
        assert await running.call("lab__variable", name="VOICE_API_KEY") == "(unset)"


async def test_a_result_is_bounded(tmp_path):
    async with Lab(lab(tmp_path)) as running:
        assert len(await running.call("lab__long")) <= 20_000


async def test_progress_is_shown(tmp_path):
    async with Lab(lab(tmp_path)) as running:
        assert await running.call("lab__work") == "worked"
        await running.until(lambda: running.lines)
    assert running.lines == ["lab work: 50% half of it"]


async def test_a_changed_list_of_tools_is_read_again(tmp_path):
    async with Lab(lab(tmp_path)) as running:
        assert "lab__grown" not in running.names()
        await running.call("lab__grow")
        await running.until(lambda: "lab__grown" in running.names())
        assert await running.call("lab__grown", text="hey") == "HEY"


async def test_a_server_that_dies_is_started_again(tmp_path):
    async with Lab(lab(tmp_path)) as running:
        with pytest.raises(ToolError, match="ended during the call"):
            await running.call("lab__die")
        # A call waits five seconds for a server; a busy machine takes longer to start one.
        await running.until(lambda: len(list(tmp_path.glob("started-*"))) == 2)
        assert json.loads(await running.call("lab__add", a=1, b=1)) == 2
    assert len(list(tmp_path.glob("started-*"))) == 2
    assert "started again" in running.lines[0]


async def test_a_cancelled_call_leaves_the_server_usable(tmp_path):
    async with Lab(lab(tmp_path)) as running:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await running.call("lab__hang")
        assert json.loads(await running.call("lab__add", a=1, b=1)) == 2
    assert len(list(tmp_path.glob("started-*"))) == 1


async def test_broken_servers_are_told_by_name_and_the_others_work(tmp_path):
    secret = {"Authorization": "Bearer sk-canary-0123456789"}
    servers = (
        McpServer("absent", command=("no-such-program",)),
        McpServer("broken", command=(sys.executable, "-c", "raise SystemExit('no licence')")),
        McpServer("far", url="http://127.0.0.1:9/mcp", headers=secret),
        lab(tmp_path),
    )
    async with Lab(*servers) as running:
        assert "lab__add" in running.names()
    told = "\n".join(sorted(running.problems))
    assert len(running.problems) == 3
    assert "absent: the program no-such-program was not found" in told
    assert "broken: " in told and "no licence" in told
    assert "far: it cannot be reached" in told
    assert "canary" not in told + repr(servers)


async def test_without_the_sdk_a_server_is_left_out_with_the_mend(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "mcp", None)
    async with Lab(lab(tmp_path)) as running:
        assert running.names() == []
    (told,) = running.problems
    assert told.startswith("lab: MCP servers need the package mcp") and "pip install" in told


async def test_a_slow_server_holds_nobody_up_for_longer_than_the_limit(tmp_path):
    mute = McpServer("mute", command=(sys.executable, "-c", "import sys; sys.stdin.read()"))
    running = Lab(mute, lab(tmp_path))
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    await running.host.ready(0.3)
    assert loop.time() - began_s < 2
    assert any("mute: it is still starting" in line for line in running.problems)
    await running.until(lambda: "lab__add" in running.names())
    await running.host.close()


async def test_closing_ends_the_servers_and_their_calls(tmp_path):
    async with Lab(lab(tmp_path)) as running:
        pass
    with pytest.raises(ToolError, match="not running"):
        await running.call("lab__add", a=1, b=1)


async def test_nothing_of_it_is_logged(tmp_path, caplog):
    with caplog.at_level(logging.INFO, logger="tools"):
        async with Lab(lab(tmp_path)) as running:
            await running.call("lab__variable", name="HOME")
    assert "HOME" not in caplog.text
