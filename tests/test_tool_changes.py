"""Tools that come and go while a conversation runs: the endpoint is told, and uses them at once."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from tests.server.serving_kit import engines, server
from voice.app import open_session
from voice.client.silent_speaker import SilentSpeaker
from voice.core.updates import ResponseFinished, ToolCallFinished
from voice.engines.scripted import ScriptedReply
from voice.settings import Settings, load_settings
from voice.toolbox import build_tools

WAIT_S = 15
MCP_SERVER = Path(__file__).with_name("tools") / "mcp_server.py"
WATER = '''
from tools import tool

@tool(examples=["water the plants"])
def water() -> str:
    """Water the plants."""
    return "The plants are wet."
'''


def settings(tmp_path: Path, **more: object) -> Settings:
    folder = tmp_path / "tools"
    folder.mkdir()
    values = {"tools.folder": str(folder), "tools.watch": True}
    values["tools.data_dir"] = str(tmp_path / "data")
    return load_settings(overrides={**values, **more})


async def test_a_new_file_is_offered_and_called_in_the_running_conversation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    bundle = engines(replies=["Hello.", ScriptedReply("", calls=(("water", {}),)), "All wet."])
    told = asyncio.Event()
    async with server(bundle) as running:
        wanted = settings(tmp_path, **{"endpoint.url": running.url})
        async with (
            asyncio.timeout(WAIT_S),
            open_session(
                wanted, speaker=SilentSpeaker(), on_tool_line=lambda line: told.set()
            ) as opened,
        ):
            updates = opened.session.updates()
            opened.send_text("Hello.")
            async for update in updates:
                if isinstance(update, ResponseFinished):
                    break
            (tmp_path / "tools" / "water.py").write_text(WATER, "utf-8")
            await told.wait()
            opened.send_text("Water the plants.")
            async for update in updates:
                if isinstance(update, ToolCallFinished):
                    break
    offered = [{tool.name for tool in request.tools} for request in bundle.brain.requests]
    assert "water" not in offered[0] and "water" in offered[1]
    assert isinstance(update, ToolCallFinished) and update.output == "The plants are wet."


async def test_what_an_mcp_server_offers_later_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("mcp", reason="the extra 'mcp' is not installed")
    monkeypatch.chdir(tmp_path)
    lab = {"command": [sys.executable, str(MCP_SERVER), str(tmp_path)], "effect": "read"}
    wanted = settings(tmp_path, **{"tools.mcp": {"lab": lab}, "tools.mcp_start_s": WAIT_S})
    async with asyncio.timeout(WAIT_S), build_tools(wanted) as toolbox:
        changed = asyncio.Event()
        toolbox.when_changed(changed.set)
        await changed.wait()  # Once at the beginning, for what came before anybody listened.
        changed.clear()

        await toolbox.call("lab__grow", "{}")
        while "lab__grown" not in {spec.name for spec in toolbox.specs}:
            await changed.wait()
            changed.clear()
