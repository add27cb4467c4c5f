"""The end of ``voice serve`` and of the child server, whatever their clients do at that moment."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import websockets

from tests.e2e.cli_kit import Shell
from voice.child import running_child
from voice.child_main import MODULE, server_orders
from voice.settings import load_settings

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no such signals")

WAIT_S = 12


@pytest.fixture
def server(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    process = Shell(tmp_path).start("serve", "--port", "0")
    yield process
    if process.poll() is None:
        process.kill()
    process.communicate()


def ready_url(server: subprocess.Popen[str]) -> str:
    assert server.stdout is not None
    return server.stdout.readline().split()[-1]


@asynccontextmanager
async def speaking(url: str, **options: Any) -> AsyncIterator[websockets.ClientConnection]:
    """A client whose answer has begun to sound."""
    async with websockets.connect(url, compression=None, proxy=None, **options) as socket:
        content = [{"type": "input_text", "text": "Who are you?"}]
        item = {"type": "message", "role": "user", "content": content}
        await socket.send(json.dumps({"type": "conversation.item.create", "item": item}))
        await socket.send('{"type": "response.create"}')
        async with asyncio.timeout(WAIT_S):
            while json.loads(await socket.recv())["type"] != "response.output_audio.delta":
                pass
        yield socket


async def rest(socket: websockets.ClientConnection) -> tuple[list[dict[str, Any]], int | None]:
    """Read until the server closes; returns the events and the code."""
    events = []
    async with asyncio.timeout(WAIT_S):
        try:
            while True:
                events.append(json.loads(await socket.recv()))
        except websockets.ConnectionClosed as closed:
            return events, closed.rcvd.code if closed.rcvd else None


async def refusal(url: str) -> tuple[int, str]:
    """Try until the server refuses a session; returns the status and when to come back."""
    async with asyncio.timeout(WAIT_S):
        while True:
            try:
                async with websockets.connect(url, proxy=None):
                    pass
            except websockets.InvalidStatus as refused:
                return refused.response.status_code, refused.response.headers["Retry-After"]


async def exit_status(server: subprocess.Popen[str]) -> int:
    return await asyncio.to_thread(server.wait, 10)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_lets_the_answer_end_and_refuses_new_sessions(
    server: subprocess.Popen[str], number: signal.Signals
) -> None:
    url = ready_url(server)
    async with speaking(url) as socket:
        server.send_signal(number)
        assert await refusal(url) == (503, "5")
        events, code = await rest(socket)
    done = [event for event in events if event["type"] == "response.done"]
    assert [event["response"]["status"] for event in done] == ["completed"]
    assert code == 1001
    assert await exit_status(server) == 0


async def test_clients_that_do_nothing_do_not_hold_the_server(
    server: subprocess.Popen[str],
) -> None:
    url = ready_url(server)
    host, port = url.removeprefix("ws://").split("/")[0].split(":")
    async with speaking(url) as socket:
        socket.transport.pause_reading()
        _, half = await asyncio.open_connection(host, int(port))
        half.write(b"GET /v1/realtime HTTP/1.1\r\n")
        server.send_signal(signal.SIGTERM)
        assert await exit_status(server) == 0
        half.close()
        socket.transport.abort()


async def test_a_second_signal_ends_the_server_at_once(server: subprocess.Popen[str]) -> None:
    url = ready_url(server)
    async with speaking(url) as socket:
        server.send_signal(signal.SIGTERM)
        await refusal(url)
        server.send_signal(signal.SIGTERM)
        _, code = await rest(socket)
    assert code is None
    assert await exit_status(server) == 128 + signal.SIGTERM


async def test_the_child_server_lets_the_answer_end_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    orders = server_orders(load_settings(), "t")
    async with running_child(MODULE, orders, name="speech server") as child:
        headers = {"Authorization": "Bearer t"}
        async with speaking(child.ready, additional_headers=headers) as socket:
            os.kill(child.pid, signal.SIGTERM)
            events, code = await rest(socket)
        error = await child.wait_ended()
    assert "response.done" in [event["type"] for event in events]
    assert code == 1001
    assert "exit status 0" in str(error)
