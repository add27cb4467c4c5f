"""One connection: what it feeds, in which order, and how its end is told."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

from tests.client.fake_transport import FakeTransport
from voice.client.connection import Connection
from voice.client.transport import Transport
from voice.core.client_inputs import DialectDetected, FrameRefused, Input, LinkDown, LinkUp
from voice.errors import AuthError, ConnectError, EngineError, LinkLost
from voice.protocol.client_events import ResponseCancel
from voice.protocol.codec import ClientCodec
from voice.protocol.dialects import Dialect
from voice.protocol.server_events import ServerEvent, SessionCreated

GREETING = '{"type": "session.created", "session": {"modalities": ["text"], "voice": "x"}}'


class Fed:
    """Collects what a connection feeds, and waits for its end."""

    def __init__(self) -> None:
        self.events: list[ServerEvent | Input] = []
        self.up = asyncio.Event()
        self._down = asyncio.Event()

    def __call__(self, event: ServerEvent | Input) -> None:
        self.events.append(event)
        if isinstance(event, LinkUp):
            self.up.set()
        if isinstance(event, LinkDown):
            self._down.set()

    async def down(self) -> LinkDown:
        await asyncio.wait_for(self._down.wait(), 5)
        assert sum(isinstance(event, LinkDown) for event in self.events) == 1
        last = self.events[-1]
        assert isinstance(last, LinkDown)
        return last


@contextlib.asynccontextmanager
async def opened(
    dial: Callable[[], Awaitable[Transport]],
) -> AsyncIterator[tuple[Connection, Fed]]:
    fed = Fed()
    async with asyncio.TaskGroup() as group:
        connection = Connection(group, dial=dial, codec=ClientCodec(), feed=fed)
        connection.open()
        yield connection, fed
        connection.cancel()


def dialling(transport: Transport) -> Callable[[], Awaitable[Transport]]:
    async def dial() -> Transport:
        return transport

    return dial


async def test_the_dialect_is_told_just_before_the_greeting() -> None:
    transport = FakeTransport(GREETING, LinkLost("gone", code=1001))
    async with opened(dialling(transport)) as (_, fed):
        down = await fed.down()
    assert (down.code, down.reason) == (1001, "gone")
    kinds = [type(event) for event in fed.events]
    assert kinds == [LinkUp, DialectDetected, SessionCreated, LinkDown]
    assert fed.events[1] == DialectDetected(Dialect.BETA)


async def test_a_frame_that_is_no_event_is_told_without_its_content() -> None:
    transport = FakeTransport("canary", LinkLost("gone"))
    async with opened(dialling(transport)) as (_, fed):
        await fed.down()
    [refused] = [event for event in fed.events if isinstance(event, FrameRefused)]
    assert "canary" not in refused.reason


async def test_everything_sent_before_a_close_leaves_before_it() -> None:
    transport = FakeTransport()
    async with opened(dialling(transport)) as (connection, fed):
        await asyncio.wait_for(fed.up.wait(), 5)
        connection.send(ResponseCancel(event_id="a"))
        connection.send_audio(bytes(960))
        connection.send(ResponseCancel(event_id="b"))
        connection.close(1000, "enough")
        down = await fed.down()
    assert (down.code, down.reason) == (1000, "enough")
    assert len(transport.sent) == 3
    assert transport.closed == (1000, "enough")


async def test_a_close_while_it_dials_gives_the_dial_up() -> None:
    given_up = asyncio.Event()

    async def dial() -> Transport:
        try:
            await asyncio.Event().wait()
        finally:
            given_up.set()
        raise AssertionError

    async with opened(dial) as (connection, fed):
        await asyncio.sleep(0)
        connection.close(1000, "changed my mind")
        down = await fed.down()
    assert given_up.is_set()
    assert (down.code, down.reason) == (1000, "changed my mind")


async def test_a_close_before_the_dial_begins_is_obeyed() -> None:
    transport = FakeTransport()
    async with opened(dialling(transport)) as (connection, fed):
        connection.close(1000, "never mind")
        down = await fed.down()
    assert (down.code, down.reason) == (1000, "never mind")


async def test_a_dial_that_fails_says_why_and_whether_to_try_again() -> None:
    async def dial() -> Transport:
        raise ConnectError("no such path", status=404, retryable=False)

    async with opened(dial) as (_, fed):
        assert await fed.down() == LinkDown(404, "no such path", retryable=False)


async def test_a_refused_key_is_told_as_one() -> None:
    async def dial() -> Transport:
        raise AuthError("bad key")

    async with opened(dial) as (_, fed):
        assert await fed.down() == LinkDown(0, "bad key", is_auth=True, retryable=False)


async def test_what_an_endpoint_asks_us_to_wait_is_passed_on() -> None:
    async def dial() -> Transport:
        raise ConnectError("busy", status=429, retry_after_s=2.5)

    async with opened(dial) as (_, fed):
        assert await fed.down() == LinkDown(429, "busy", retry_after_ms=2_500)


async def test_an_endpoint_of_our_own_that_does_not_start_is_a_failed_dial() -> None:
    async def dial() -> Transport:
        raise EngineError("the speech server ended")

    async with opened(dial) as (_, fed):
        assert await fed.down() == LinkDown(0, "the speech server ended", retryable=False)


async def test_a_dropped_connection_says_nothing_more() -> None:
    transport = FakeTransport()
    async with opened(dialling(transport)) as (connection, fed):
        await asyncio.wait_for(fed.up.wait(), 5)
        connection.drop()
    assert [type(event) for event in fed.events] == [LinkUp]
    assert transport.closed is not None


async def test_a_retired_connection_sends_what_waits_and_says_nothing_more() -> None:
    transport = FakeTransport()
    async with opened(dialling(transport)) as (connection, fed):
        await asyncio.wait_for(fed.up.wait(), 5)
        connection.send(ResponseCancel(event_id="a"))
        connection.retire(1000, "done")
        await transport.until_sent(1)
    assert [type(event) for event in fed.events] == [LinkUp]
