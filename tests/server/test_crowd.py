"""Many strangers beside one client that talks: it does not notice, and they are all gone."""

import asyncio
import base64
import resource
import socket
import ssl
from pathlib import Path

import pytest

from tests.server.serving_kit import WAIT_S, connect, engines, server, until
from voice.server.limits import Limits

CERTIFICATE = Path(__file__).parent.parent / "client" / "self_signed.pem"
HALF_OPEN, SILENT, TURNS = 500, 200, 20

UPGRADE = (
    "GET /v1/realtime HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
    f"Connection: Upgrade\r\nSec-WebSocket-Key: {base64.b64encode(b'0' * 16).decode()}\r\n"
    "Sec-WebSocket-Version: 13\r\n\r\n"
).encode()
HALF_HEADS = (b"", b"GET /v1/realtime HTTP/1.1\r\nHost: 127.0.0.1\r\n", b"\x16\x03\x01")


class Crowd:
    """Sockets that say little; ``cut`` counts those that the server has ended."""

    def __init__(self):
        self.opened = 0
        self.cut = 0
        self._watchers = []

    async def join(self, running, words):
        reader, writer = await asyncio.open_connection(*running.address)
        writer.write(words)
        self.opened += 1
        self._watchers.append(asyncio.create_task(self._watch(reader, writer)))
        return writer

    async def _watch(self, reader, writer):
        try:
            while await reader.read(4_096):
                pass
        except ConnectionError:
            pass
        self.cut += 1
        writer.close()

    async def all_cut(self):
        async with asyncio.timeout(15):
            await asyncio.gather(*self._watchers)


def need_files(count):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count <= hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))
    elif soft < count:
        pytest.skip(f"needs {count} open files, this shell allows {soft}")


async def talk(client, turns):
    for _ in range(turns):
        await client.say("hello")
        await client.until("response.done")


async def test_a_talking_client_does_not_notice_half_handshakes_and_silent_sockets():
    need_files(2 * (HALF_OPEN + SILENT) + 300)
    # Longer than the whole crowd takes to come, so that they are all there while the client talks.
    limits = Limits(header_s=6.0, first_event_s=6.0)
    bundle = engines(replies=["Yes."] * 2 * TURNS)
    config = {"max_sessions": SILENT + 1, "admits_by_load": False, "limits": limits}
    async with server(bundle, **config) as running:
        async with connect(running) as client:
            await talk(client, TURNS)
            half_open, silent = Crowd(), Crowd()
            for number in range(HALF_OPEN):
                await half_open.join(running, HALF_HEADS[number % len(HALF_HEADS)])
            for _ in range(SILENT):
                await silent.join(running, UPGRADE)
            await until(lambda: len(running.state.connections) == SILENT + 1)
            await talk(client, TURNS)
            assert (half_open.cut, silent.cut) == (HALF_OPEN // 3, 0)
            await half_open.all_cut()
            await silent.all_cut()
            await client.update(instructions="still here")
            assert len(running.state.connections) == 1


async def test_half_a_head_is_cut_however_slowly_it_drips():
    async with server(limits=Limits(header_s=0.2)) as running:
        crowd = Crowd()
        writer = await crowd.join(running, b"GET / HTTP/1.1\r\n")
        drips = 0

        def drip():
            nonlocal drips
            if not crowd.cut and drips < 1_000:
                drips += 1
                writer.write(b"X: y\r\n")
                asyncio.get_running_loop().call_later(0.01, drip)

        drip()
        await crowd.all_cut()
        assert 1 < drips < 1_000


async def test_a_second_request_on_a_connection_must_be_whole_in_time_too():
    async with server(limits=Limits(header_s=0.1)) as running:
        reader, writer = await asyncio.open_connection(*running.address)
        request = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        writer.write(request + b"\r\n" + request)
        async with asyncio.timeout(WAIT_S):
            answers = await reader.read(-1)
        assert answers.count(b"200 OK") == 1
        writer.close()


async def test_a_tls_handshake_that_never_comes_is_cut():
    limits = Limits(header_s=0.1)
    async with server(tls_cert=CERTIFICATE, tls_key=CERTIFICATE, limits=limits) as running:
        crowd = Crowd()
        for _ in range(20):
            await crowd.join(running, b"")
        await crowd.all_cut()
        trust = ssl.create_default_context(cafile=CERTIFICATE)
        async with connect(running, ssl=trust) as client:
            await client.update(instructions="x")


async def test_beyond_the_bound_the_oldest_without_a_request_makes_room():
    limits = Limits(connections=10)
    async with server(limits=limits) as running, connect(running) as client:
        await client.update(instructions="x")
        crowd = Crowd()
        for _ in range(30):
            await crowd.join(running, b"GET /")
        await until(lambda: crowd.cut >= 21)
        async with connect(running) as another:
            await another.update(instructions="y")
        await client.update(instructions="still here")


async def test_where_every_connection_is_in_use_the_new_one_is_cut():
    async with server(limits=Limits(connections=2)) as running:
        async with connect(running) as one, connect(running) as two:
            await one.update(instructions="x")
            await two.update(instructions="x")
            with socket.create_connection(running.address) as late:
                late.settimeout(WAIT_S)
                assert await asyncio.to_thread(late.recv, 1) == b""
            await one.update(instructions="still here")


@pytest.mark.parametrize(
    "words",
    [
        b"nonsense\r\n\r\n",
        b"GET /" + b"x" * 20_000,
        UPGRADE.replace(b"\r\n\r\n", b"\r\nX: " + b"y" * 9_000 + b"\r\n\r\n"),
    ],
)
async def test_a_request_that_is_none_is_answered_and_closed(words):
    async with server() as running:
        reader, writer = await asyncio.open_connection(*running.address)
        writer.write(words)
        async with asyncio.timeout(WAIT_S):
            answer = await reader.read(-1)
        assert answer.split()[1][:1] == b"4"
        writer.close()
