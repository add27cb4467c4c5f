import asyncio
import contextlib

import pytest

from voice.testing.fault_proxy import proxying

WAIT_S = 5


class Echo:
    """A TCP server that sends back what it gets and notes how its connections end."""

    def __init__(self):
        self.ends = asyncio.Queue(maxsize=16)

    async def serve(self, reader, writer):
        try:
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
            await self.ends.put("fin")
        except ConnectionResetError:
            await self.ends.put("reset")
        finally:
            writer.close()


@contextlib.asynccontextmanager
async def echo_behind_proxy():
    echo = Echo()
    server = await asyncio.start_server(echo.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, proxying("127.0.0.1", port, seed=1) as proxy:
        yield echo, proxy


@contextlib.asynccontextmanager
async def client(proxy):
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    try:
        yield reader, writer
    finally:
        writer.close()


async def echoed(reader, writer, data=b"hello"):
    writer.write(data)
    async with asyncio.timeout(WAIT_S):
        return await reader.readexactly(len(data))


async def test_nothing_is_broken_by_default():
    async with echo_behind_proxy() as (_, proxy), client(proxy) as (reader, writer):
        assert await echoed(reader, writer, b"x" * 200_000) == b"x" * 200_000
        assert proxy.forwarded == {"up": 200_000, "down": 200_000}


async def test_a_reset_is_a_reset_on_both_sides():
    async with echo_behind_proxy() as (echo, proxy), client(proxy) as (reader, writer):
        await echoed(reader, writer)
        proxy.reset()
        with pytest.raises(ConnectionResetError):
            await asyncio.wait_for(reader.read(1), WAIT_S)
        assert await asyncio.wait_for(echo.ends.get(), WAIT_S) == "reset"
        assert proxy.open_connections == 0


async def test_a_finish_is_an_orderly_end():
    async with echo_behind_proxy() as (echo, proxy), client(proxy) as (reader, writer):
        await echoed(reader, writer)
        proxy.finish()
        assert await asyncio.wait_for(reader.read(1), WAIT_S) == b""
        assert await asyncio.wait_for(echo.ends.get(), WAIT_S) == "fin"


async def test_a_half_close_ends_one_direction():
    async with echo_behind_proxy() as (_, proxy), client(proxy) as (reader, writer):
        await echoed(reader, writer)
        proxy.half_close("down")
        assert await asyncio.wait_for(reader.read(1), WAIT_S) == b""
        before = proxy.forwarded["up"]
        writer.write(b"still heard")
        async with asyncio.timeout(WAIT_S):
            while proxy.forwarded["up"] < before + 11:  # noqa: ASYNC110 - bytes have no event
                await asyncio.sleep(0)


async def test_a_black_hole_swallows_everything_and_the_end_too():
    async with echo_behind_proxy() as (echo, proxy), client(proxy) as (reader, writer):
        await echoed(reader, writer)
        proxy.black_hole()
        writer.write(b"anybody?")
        writer.write_eof()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(1), 0.2)
        assert echo.ends.empty(), "the server was not told that the client has gone"


async def test_a_refusing_proxy_resets_and_a_healed_one_serves():
    async with echo_behind_proxy() as (_, proxy):
        proxy.refuse = True
        async with client(proxy) as (reader, _):
            with pytest.raises(ConnectionResetError):
                await asyncio.wait_for(reader.read(1), WAIT_S)
        proxy.heal()
        async with client(proxy) as (reader, writer):
            assert await echoed(reader, writer) == b"hello"
        assert proxy.accepted == 2


async def test_a_deaf_proxy_answers_nothing():
    async with echo_behind_proxy() as (_, proxy):
        proxy.is_deaf = True
        async with client(proxy) as (reader, writer):
            writer.write(b"hello?")
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(reader.read(1), 0.2)


async def test_a_port_that_is_closed_refuses_and_opens_again_at_the_same_place():
    async with echo_behind_proxy() as (_, proxy):
        port = proxy.port
        await proxy.stop_listening()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)
        await proxy.start(port)
        async with client(proxy) as (reader, writer):
            assert await echoed(reader, writer) == b"hello"


async def test_damage_is_seeded_and_changes_no_length():
    async def damaged():
        async with echo_behind_proxy() as (_, proxy), client(proxy) as (reader, writer):
            proxy.up.corrupt = 0.05
            return await echoed(reader, writer, b"a" * 400)

    first = await damaged()
    assert first != b"a" * 400
    assert await damaged() == first


async def test_slices_and_latency_keep_every_byte_in_order():
    data = bytes(range(256)) * 2
    async with echo_behind_proxy() as (_, proxy), client(proxy) as (reader, writer):
        proxy.down.slice_bytes = 1
        proxy.up.latency_ms, proxy.up.jitter_ms = 5, 5
        proxy.down.rate_bps = 100_000
        assert await echoed(reader, writer, data) == data
