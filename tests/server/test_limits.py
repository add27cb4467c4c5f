"""Every limit, exceeded over a real socket; and the README's table of them."""

import asyncio
import base64
import contextlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import websockets
from websockets.frames import Frame, Opcode

from tests.server.serving_kit import connect, engines, server, until
from voice.core.ledger import MAX_ITEMS, MAX_TEXT_CHARS
from voice.core.session_tools import MAX_TOOLS
from voice.engines.scripted import tone
from voice.server.limits import (
    EVENT_BYTES,
    FRAGMENTS,
    FRAME_BYTES,
    HEAD_BYTES,
    Limits,
    markdown,
)

README = Path(__file__).parents[2] / "README.md"
BEGIN, END = "<!-- limits: python -m voice.server.limits -->", "<!-- end of limits -->"


async def close_of(client):
    """Read until the server closes; returns its code and reason."""
    with pytest.raises(websockets.ConnectionClosed) as closed:
        while True:
            await client.read()
    return closed.value.rcvd.code, closed.value.rcvd.reason


async def is_served(running):
    async with connect(running) as client:
        await client.update(instructions="x")
    return True


def test_the_readme_shows_the_limits_as_they_are():
    text = README.read_text(encoding="utf-8")
    assert text.partition(BEGIN)[2].partition(END)[0].strip() == markdown()


def test_the_table_is_printed_by_the_module():
    command = [sys.executable, "-m", "voice.server.limits"]
    done = subprocess.run(command, capture_output=True, timeout=15, check=True)
    assert done.stdout.decode().strip() == markdown()


async def test_an_event_as_large_as_upstream_allows_is_taken():
    async with server() as running, connect(running) as client:
        await client.update(audio={"input": {"turn_detection": None}})
        await client.append(tone(15 * 1024 * 1024 * 3 // 4 // 48, amplitude=0, rate_hz=24_000))
        await client.update(instructions="still here")


async def test_a_larger_event_ends_the_connection():
    async with server() as running, connect(running) as client:
        with contextlib.suppress(websockets.ConnectionClosed):
            await client.socket.send("x" * (FRAME_BYTES + 1))
        assert (await close_of(client))[0] == 1009
        assert await is_served(running)


async def test_a_frame_that_was_made_smaller_by_a_setting_is_the_limit():
    limits = Limits(frame_bytes=64 * 1024)
    async with server(limits=limits) as running, connect(running) as client:
        await client.socket.send("x" * (64 * 1024 + 1))
        assert (await close_of(client))[0] == 1009


@pytest.mark.parametrize("fragment", [b"", b" "])
async def test_too_many_fragments_end_the_connection(fragment):
    async with server() as running, connect(running) as client:
        transport = client.socket.transport
        transport.write(Frame(Opcode.TEXT, b"{", fin=False).serialize(mask=True))
        one = Frame(Opcode.CONT, fragment, fin=False).serialize(mask=True)
        transport.write(one * FRAGMENTS)
        assert (await close_of(client))[0] == 1009
        assert await is_served(running)


async def test_as_many_fragments_as_allowed_are_one_event():
    async with server() as running, connect(running) as client:
        text = json.dumps({"type": "session.update", "session": {"type": "realtime"}})
        text += " " * (FRAGMENTS - 1 - len(text))  # the client ends a message by an empty one
        await client.socket.send(list(text))
        await client.until("session.updated")


async def test_instructions_and_tools_of_more_than_a_mebibyte_are_refused():
    async with server() as running, connect(running) as client:
        session = {"type": "realtime", "instructions": "x" * EVENT_BYTES}
        await client.send("session.update", session=session, event_id="evt_1")
        error = (await client.until("error"))["error"]
        assert (error["code"], error["event_id"]) == ("string_above_max_length", "evt_1")
        await client.update(instructions="short")


async def test_a_session_has_so_many_tools():
    tools = [{"type": "function", "name": f"f{n}", "parameters": {}} for n in range(MAX_TOOLS + 1)]
    async with server() as running, connect(running) as client:
        await client.send("session.update", session={"type": "realtime", "tools": tools})
        assert (await client.until("error"))["error"]["code"] == "array_above_max_length"
        await client.update(tools=tools[1:])


@pytest.mark.parametrize(("count", "chars"), [(MAX_ITEMS + 1, 1), (11, MAX_TEXT_CHARS // 10)])
async def test_a_conversation_forgets_its_oldest_items(count, chars):
    async with server() as running, connect(running) as client:
        content = [{"type": "input_text", "text": "x" * chars}]
        for number in range(count):
            item = {"type": "message", "role": "user", "id": f"item_{number}", "content": content}
            await client.send("conversation.item.create", item=item)
        await client.send("conversation.item.retrieve", item_id="item_0")
        await client.until("error")
        await client.send("conversation.item.retrieve", item_id=f"item_{count - 1}")
        await client.until("conversation.item.retrieved")


@pytest.mark.parametrize("piece_bytes", [HEAD_BYTES * 2, 1_000])
async def test_a_head_that_is_too_large_is_400_whole_or_in_pieces(piece_bytes):
    async with server() as running:
        reader, writer = await asyncio.open_connection(*running.address)
        filler = b"X-Filler: " + b"x" * HEAD_BYTES
        head = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n" + filler + b"\r\n\r\n"
        for start in range(0, len(head), piece_bytes):
            writer.write(head[start : start + piece_bytes])
        answer = await asyncio.wait_for(reader.read(-1), 5)
        assert answer.startswith(b"HTTP/1.1 400 ")
        writer.close()


async def test_a_large_body_right_behind_a_head_is_none_of_its_size():
    async with server() as running:
        reader, writer = await asyncio.open_connection(*running.address)
        body = b'{"expires_after": null}' + b" " * HEAD_BYTES
        head = (
            b"POST /v1/realtime/client_secrets HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
            b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
        )
        writer.write(head + body)
        answer = await asyncio.wait_for(reader.read(-1), 5)
        assert answer.startswith(b"HTTP/1.1 200 ")
        writer.close()


async def test_json_that_is_nested_too_deep_is_refused():
    async with server() as running, connect(running) as client:
        item = "[" * 65 + "]" * 65
        await client.socket.send('{"type": "conversation.item.create", "item": ' + item + "}")
        assert (await client.until("error"))["error"]["code"] == "invalid_event"
        await client.update(instructions="still here")


async def test_a_client_that_sends_nothing_is_closed():
    async with server(limits=Limits(first_event_s=0.05)) as running, connect(running) as client:
        code, reason = await close_of(client)
    assert (code, "0.05 s" in reason) == (4011, True)


async def test_pings_are_no_events():
    limits = Limits(first_event_s=0.1, idle_s=0.1)
    async with server(limits=limits) as running, connect(running) as client:
        await client.read()
        await (await client.socket.ping())
        assert (await close_of(client))[0] in (4011, 4012)


async def test_a_client_that_falls_silent_is_closed():
    async with server(limits=Limits(idle_s=0.1)) as running, connect(running) as client:
        await client.update(instructions="x")
        assert (await close_of(client))[0] == 4012


async def test_a_session_that_is_too_long_is_told_so_and_closed():
    async with server(limits=Limits(session_s=0.2)) as running, connect(running) as client:
        await client.update(instructions="x")
        code, reason = await close_of(client)
    assert code == 1001
    assert reason.startswith("Your session hit the maximum duration")
    assert client.events[-1]["error"]["code"] == "session_expired"


async def test_a_session_says_when_it_expires():
    async with server(limits=Limits(session_s=120)) as running, connect(running) as client:
        expires_at = (await client.read())["session"]["expires_at"]
    assert abs(expires_at - time.time() - 120) < 10


async def test_one_address_may_not_take_every_place():
    limits = Limits(sessions_per_address=2)
    async with server(limits=limits) as running, contextlib.AsyncExitStack() as open_ones:
        for _ in range(2):
            client = await open_ones.enter_async_context(connect(running))
            await client.read()
        with pytest.raises(websockets.InvalidStatus) as refused:
            await websockets.connect(running.url)
    assert refused.value.response.status_code == 429
    assert int(refused.value.response.headers["Retry-After"]) > 0


async def test_handshakes_at_the_same_moment_do_not_share_the_last_place():
    async with server(max_sessions=1) as running:

        async def attempt():
            return await websockets.connect(running.url)

        tries = [asyncio.create_task(attempt()) for _ in range(20)]
        await asyncio.wait(tries)
        opened = [done.result() for done in tries if done.exception() is None]
        assert len(opened) == 1
        await opened[0].close()


async def test_audio_that_nobody_commits_is_bounded():
    heard = engines(heard=["Long."])
    async with server(heard) as running, connect(running) as client:
        await client.update(
            audio={"input": {"turn_detection": None, "format": {"type": "audio/pcmu"}}}
        )
        minute = base64.b64encode(b"\xff" * 8_000 * 60).decode()
        for _ in range(12):
            await client.send("input_audio_buffer.append", audio=minute)
        await client.send("input_audio_buffer.commit")
        await client.until("input_audio_buffer.committed")
        await client.update(instructions="still here")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_no_session_takes_the_last_file_descriptors():
    """Its own process, since the limit is the process's."""
    program = Path(__file__).with_name("few_files.py")
    environment = dict(os.environ, PYTHONPATH=str(README.parent))
    done = subprocess.run(
        [sys.executable, str(program)], capture_output=True, text=True, timeout=18, env=environment
    )
    assert done.returncode == 0, done.stderr
    opened, refused, goes_on = json.loads(done.stdout)
    assert opened >= 5
    assert refused == [503, "busy"]
    assert goes_on


async def test_a_flood_of_pings_that_nobody_reads_costs_nothing():
    async with server(admits_by_load=False) as running:  # the flood is a load, rightly
        reader, writer = await asyncio.open_connection(*running.address, limit=1024)
        key = base64.b64encode(b"0" * 16).decode()
        writer.write(
            f"GET /v1/realtime HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        await reader.readuntil(b"\r\n\r\n")
        ping = Frame(Opcode.PING, b"x" * 125).serialize(mask=True)
        for _ in range(400):
            writer.write(ping * 500)
            await writer.drain()
        assert await is_served(running)
        writer.transport.abort()
        await until(lambda: not running.state.connections)
