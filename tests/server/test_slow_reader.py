"""Clients that stop reading, and connections that fail: each costs only itself."""

import base64
import logging
import tracemalloc

import websockets

from tests.server.serving_kit import Client, connect, engines, server, until
from voice.server.limits import WAITING_BYTES, Limits

ENDLESS = "word " * 20_000 + "."
"""Half an hour of the scripted voice: 100 MB on the wire."""


async def stalled(running):
    """A client that asks for an endless answer and reads nothing from then on."""
    socket = await websockets.connect(running.url, compression=None, max_queue=1)
    client = Client(socket)
    await client.update(instructions="x")
    await client.say("talk")
    await client.until("response.created")
    socket.transport.pause_reading()
    return socket


async def test_a_client_that_stops_reading_is_cut_and_costs_little_memory():
    bundle = engines(replies=[ENDLESS, *["Yes."] * 40])
    async with server(bundle, limits=Limits(blocked_s=1.0)) as running:
        async with connect(running) as good:
            await good.update(instructions="x")
            others = set(running.state.connections)
            slow = await stalled(running)
            (connection,) = running.state.connections - others
            tracemalloc.start()
            seen = []
            while connection in running.state.connections:
                await good.say("hello")
                done = await good.until("response.done")
                assert done["response"]["status"] == "completed"
                seen.append(connection.outbox.waiting_bytes)
                if len(seen) == 40:
                    break
            await until(lambda: connection not in running.state.connections)
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            await good.update(instructions="still here")
        assert max(seen) <= WAITING_BYTES
        assert peak < 8 * 1024 * 1024
        slow.transport.abort()


async def test_a_client_that_was_cut_is_told_why_if_it_reads_again():
    async with server(engines(replies=[ENDLESS]), limits=Limits(blocked_s=0.3)) as running:
        slow = await stalled(running)
        await until(lambda: not running.state.connections)
        slow.transport.resume_reading()
        try:
            while True:
                await slow.recv()
        except websockets.ConnectionClosed as closed:
            assert closed.rcvd.code == 4008


async def test_a_client_that_reads_slowly_but_steadily_gets_everything():
    bundle = engines(replies=["word " * 300 + "."])
    async with server(bundle, limits=Limits(blocked_s=2.0)) as running:
        async with connect(running, max_queue=1) as client:
            await client.say("talk")
            await client.until("response.done")
            client.socket.transport.abort()
    audio = [e["delta"] for e in client.events if e["type"] == "response.output_audio.delta"]
    assert sum(len(base64.b64decode(delta)) for delta in audio) == 300 * 100 * 48


async def test_requests_of_a_client_that_does_not_read_are_not_read_either():
    async with server(limits=Limits(blocked_s=1.0)) as running:
        socket = await websockets.connect(running.url, compression=None)
        client = Client(socket)
        await client.update(instructions="x" * 500_000)
        socket.transport.pause_reading()
        (connection,) = running.state.connections
        try:
            for _ in range(200):
                await client.send("session.update", session={"type": "realtime"})
                assert connection.outbox.waiting_bytes < WAITING_BYTES
        except websockets.ConnectionClosed:
            pass
        await until(lambda: not running.state.connections)
        socket.transport.abort()


async def test_a_connection_that_fails_is_closed_alone_and_logged_without_what_was_said(
    caplog, monkeypatch
):
    bundle = engines(replies=["Yes."])
    async with server(bundle) as running, connect(running) as good, connect(running) as bad:
        await good.update(instructions="x")
        await bad.update(instructions="x")
        connection = next(iter(running.state.connections))
        monkeypatch.setattr(connection, "_core", Failing())
        both = []
        for client in (good, bad):
            try:
                await client.update(instructions="what was said in secret")
                both.append("served")
            except websockets.ConnectionClosed as closed:
                both.append(closed.rcvd.code)
    assert sorted(both, key=str) == [1011, "served"]
    failures = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(failures) == 1
    assert "test_slow_reader.py" in failures[0].getMessage()
    assert "secret" not in caplog.text


class Failing:
    """A core with a bug, whose message repeats what the client said."""

    view = None

    def handle(self, event, now_ms):
        raise ValueError(f"cannot handle {event}")

    def next_deadline_ms(self):
        return None
