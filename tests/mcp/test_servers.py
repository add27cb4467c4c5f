"""Tools of servers that others wrote, offered and called as our own are."""

import asyncio
import contextlib
import json
import os
import socket

from tests.server.serving_kit import engines, server
from voice.app import open_session
from voice.client.silent_speaker import SilentSpeaker
from voice.core.updates import ResponseFinished, ToolCallFinished
from voice.engines.scripted import ScriptedReply
from voice.settings import load_settings
from voice.toolbox import build_tools

START_S = 15


def settings(tmp_path, servers, **more):
    values = {
        "tools.mcp": servers,
        "tools.mcp_start_s": START_S,
        "tools.data_dir": str(tmp_path / "data"),
        **more,
    }
    return load_settings(overrides=values)


async def call(toolbox, name, **arguments):
    return await toolbox.call(name, json.dumps(arguments))


async def test_the_clock_of_others_tells_the_time(tmp_path, clock_server):
    wanted = settings(tmp_path, {"clock": {"command": clock_server, "effect": "read"}})
    async with build_tools(wanted) as toolbox:
        offered = {tool.name: tool for tool in toolbox.specs}
        told = await call(toolbox, "clock__get_current_time", timezone="Asia/Tokyo")
        wrong = await call(toolbox, "clock__get_current_time", timezone="Moon/Base")
    assert "timezone" in offered["clock__get_current_time"].parameters["properties"]
    assert json.loads(told.output)["timezone"] == "Asia/Tokyo"
    assert wrong.is_error and "Moon/Base" in wrong.output


async def test_everything_is_offered_over_standard_input(tmp_path, everything_server):
    lines = []
    wanted = settings(
        tmp_path, {"all": {"command": [*everything_server, "stdio"], "effect": "reversible"}}
    )
    async with build_tools(wanted, on_line=lines.append) as toolbox:
        total = await call(toolbox, "all__get-sum", a=2, b=40)
        picture = await call(toolbox, "all__get-tiny-image")
        slow = await call(toolbox, "all__trigger-long-running-operation", duration=1, steps=2)
        wrong = await call(toolbox, "all__get-sum", a=2)
    assert "42" in total.output
    assert "[a picture: image/png" in picture.output
    assert not slow.is_error and any("50%" in line for line in lines)
    assert wrong.is_error and '"b" is missing' in wrong.output


@contextlib.asynccontextmanager
async def over_http(command):
    """Run the server on a free port until the block ends; yields its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        *command,
        "streamableHttp",
        env={**os.environ, "PORT": str(port)},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(START_S):
            while b"listening on port" not in await process.stderr.readline():
                assert process.returncode is None
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        process.kill()
        await process.communicate()


async def test_everything_is_offered_over_http(tmp_path, everything_server):
    async with over_http(everything_server) as url:
        wanted = settings(
            tmp_path, {"all": {"url": url, "headers": {"X-Key": "k-0123456789"}, "effect": "read"}}
        )
        async with build_tools(wanted) as toolbox:
            told = await call(toolbox, "all__echo", message="good morning")
    assert told.output == "Echo: good morning"


async def test_a_turn_goes_through_a_tool_of_others(tmp_path, clock_server):
    """Whole: our client, our server over a real socket, their tool, and an answer after it."""
    asked = ("clock__get_current_time", {"timezone": "Asia/Tokyo"})
    replies = [ScriptedReply("", calls=(asked,)), "It is late in Tokyo."]
    bundle = engines(replies=replies)
    async with server(bundle) as running:
        wanted = settings(
            tmp_path,
            {"clock": {"command": clock_server, "effect": "read"}},
            **{"endpoint.url": running.url},
        )
        async with open_session(wanted, microphone=None, speaker=SilentSpeaker()) as opened:
            updates = opened.session.updates()
            opened.session.send_text("What time is it in Tokyo?")
            seen = []
            async with asyncio.timeout(START_S):
                async for update in updates:
                    seen.append(update)
                    if len(bundle.brain.requests) == 2 and isinstance(update, ResponseFinished):
                        break
    assert any(isinstance(update, ToolCallFinished) for update in seen)
    (output,) = [m.text for m in bundle.brain.requests[1].messages if m.role == "tool"]
    assert json.loads(output)["timezone"] == "Asia/Tokyo"
