"""The scripted endpoint is strict about clients, and says what went wrong."""

import asyncio

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from voice.protocol.dialects import Dialect
from voice.testing import events
from voice.testing.endpoint import Peer, ScriptBroken, ScriptedEndpoint

CANCEL = '{"type":"response.cancel"}'


async def expects_a_cancel(peer: Peer) -> None:
    await peer.expect("response.cancel")


async def test_what_is_expected_is_fine() -> None:
    async with ScriptedEndpoint(expects_a_cancel) as endpoint:
        async with connect(endpoint.url) as client:
            await client.send(CANCEL)
    assert [event.type for event in endpoint.peers[0].received] == ["response.cancel"]


async def test_another_event_than_expected_breaks_the_script() -> None:
    with pytest.raises(ScriptBroken, match="expected response.cancel, got response.create"):
        async with ScriptedEndpoint(expects_a_cancel) as endpoint:
            async with connect(endpoint.url) as client:
                await client.send('{"type":"response.create"}')
                with pytest.raises(ConnectionClosed):
                    await asyncio.wait_for(client.recv(), 5)


async def test_another_field_than_expected_breaks_the_script() -> None:
    async def script(peer: Peer) -> None:
        await peer.expect("response.cancel", response_id="r1")

    with pytest.raises(ScriptBroken, match="with response_id 'r1', got None"):
        async with ScriptedEndpoint(script) as endpoint:
            async with connect(endpoint.url) as client:
                await client.send(CANCEL)
                with pytest.raises(ConnectionClosed):
                    await asyncio.wait_for(client.recv(), 5)


async def test_an_event_after_the_script_breaks_it_unless_tolerated() -> None:
    async def script(peer: Peer) -> None:
        peer.tolerate("response.cancel")

    with pytest.raises(ScriptBroken, match="expected nothing more, got response.create"):
        async with ScriptedEndpoint(script) as endpoint:
            async with connect(endpoint.url) as client:
                await client.send(CANCEL)
                await client.send('{"type":"response.create"}')
                with pytest.raises(ConnectionClosed):
                    await asyncio.wait_for(client.recv(), 5)


async def test_a_client_that_leaves_too_early_breaks_the_script() -> None:
    with pytest.raises(ScriptBroken, match="got the end of the connection"):
        async with ScriptedEndpoint(expects_a_cancel) as endpoint:
            async with connect(endpoint.url):
                pass


async def test_a_failing_test_says_that_its_script_had_broken() -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        async with ScriptedEndpoint(expects_a_cancel) as endpoint:
            async with connect(endpoint.url):
                pass
            raise ZeroDivisionError
    assert "the script broke before" in caught.value.__notes__[0]


async def test_audio_is_collected_on_the_way() -> None:
    async def script(peer: Peer) -> None:
        assert await peer.hear(4) == b"\1\2\3\4"

    async with ScriptedEndpoint(script) as endpoint:
        async with connect(endpoint.url) as client:
            await client.send('{"type":"input_audio_buffer.append","audio":"AQI="}')
            await client.send('{"type":"input_audio_buffer.append","audio":"AwQ="}')
            await client.send('{"type":"input_audio_buffer.append","audio":"AwQ="}')
    assert len(endpoint.peers[0].audio) == 6


async def test_it_speaks_the_older_dialect_too() -> None:
    async def script(peer: Peer) -> None:
        await peer.send(events.audio_delta("r1", "i1", 20))

    async with ScriptedEndpoint(script, dialect=Dialect.BETA) as endpoint:
        async with connect(endpoint.url) as client:
            assert '"response.audio.delta"' in str(await asyncio.wait_for(client.recv(), 5))


async def test_a_refusal_is_an_http_answer() -> None:
    async with ScriptedEndpoint(refuse=503, body="full", headers={"X-A": "b"}) as endpoint:
        with pytest.raises(InvalidStatus) as caught:
            await connect(endpoint.url)
    response = caught.value.response
    assert (response.status_code, response.body, response.headers["X-A"]) == (503, b"full", "b")
    assert len(endpoint.requests) == 1


async def test_a_script_may_take_whatever_comes() -> None:
    taken: list[str] = []

    async def script(peer: Peer) -> None:
        for _ in range(2):
            taken.append(type(await peer.next_event()).__name__)

    async with ScriptedEndpoint(script) as endpoint:
        async with connect(endpoint.url) as client:
            await client.send('{"type":"input_audio_buffer.append","audio":"AQI="}')
            await client.send(CANCEL)
    assert taken == ["AudioAppend", "ResponseCancel"]
