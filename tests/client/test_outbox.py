"""What waits to be sent stays in order, and audio never builds delay."""

import asyncio

import pytest

from tests.client.fake_transport import FakeTransport
from voice.client.outbox import AUDIO_LIMIT_MS, MAX_WAITING, Outbox
from voice.errors import LinkLost
from voice.protocol.formats import PCM16, PCMU

SECOND = PCM16.ms_to_bytes(1_000)


async def sent_by(outbox: Outbox) -> list[str]:
    transport = FakeTransport()
    outbox.close()
    await asyncio.wait_for(outbox.run(transport), 5)
    return transport.sent


async def test_everything_leaves_in_order() -> None:
    outbox = Outbox()
    outbox.put("a")
    outbox.put_audio("b", SECOND)
    outbox.put("c")
    assert await sent_by(outbox) == ["a", "b", "c"]


async def test_more_than_two_seconds_of_audio_drop_the_oldest_audio_and_nothing_else() -> None:
    outbox = Outbox()
    outbox.put("first")
    late = [outbox.put_audio(f"audio {number}", SECOND) for number in range(4)]
    assert outbox.waiting_ms == AUDIO_LIMIT_MS
    outbox.put("last")
    assert late == [False, False, True, True]
    assert await sent_by(outbox) == ["first", "audio 2", "audio 3", "last"]
    assert outbox.dropped_ms == 2_000


async def test_the_limit_counts_in_the_format_of_the_wire() -> None:
    outbox = Outbox()
    outbox.set_format(PCMU)
    assert not outbox.put_audio("a", PCMU.ms_to_bytes(AUDIO_LIMIT_MS))
    assert outbox.put_audio("b", PCMU.ms_to_bytes(20))
    assert outbox.dropped_ms == AUDIO_LIMIT_MS


async def test_audio_that_has_left_does_not_count() -> None:
    outbox, transport = Outbox(), FakeTransport(is_free=False)
    running = asyncio.create_task(outbox.run(transport))
    for count in range(1, 11):
        assert not outbox.put_audio("a", SECOND)
        await transport.until_sent(count)
    assert outbox.waiting_ms == 0
    outbox.close()
    await asyncio.wait_for(running, 5)


async def test_a_frame_that_need_not_wait_leaves_at_once() -> None:
    outbox, transport = Outbox(), FakeTransport()
    outbox.put("before")
    running = asyncio.create_task(outbox.run(transport))
    await transport.until_sent(1)
    await asyncio.sleep(0)
    assert outbox.put("now")
    assert not outbox.put_audio("audio", 10 * SECOND)
    assert transport.sent == ["before", "now", "audio"]
    assert transport.sent_now == ["now", "audio"]
    assert outbox.waiting_ms == 0
    outbox.close()
    await asyncio.wait_for(running, 5)


async def test_a_frame_never_overtakes_one_that_waits() -> None:
    outbox, transport = Outbox(), FakeTransport()
    running = asyncio.create_task(outbox.run(transport))
    await asyncio.sleep(0)
    transport.is_free = False
    outbox.put("waits")
    transport.is_free = True
    outbox.put("comes after")
    await transport.until_sent(2)
    assert transport.sent == ["waits", "comes after"]
    outbox.close()
    await asyncio.wait_for(running, 5)


async def test_nothing_is_sent_at_once_while_it_closes() -> None:
    outbox, transport = Outbox(), FakeTransport()
    running = asyncio.create_task(outbox.run(transport))
    await asyncio.sleep(0)
    outbox.close()
    outbox.put("last")
    await asyncio.wait_for(running, 5)
    assert transport.sent == ["last"]
    assert transport.sent_now == []


async def test_an_endpoint_that_takes_nothing_is_noticed_by_what_waits() -> None:
    outbox = Outbox()
    assert all(outbox.put("x") for _ in range(MAX_WAITING))
    assert not outbox.put("x")


async def test_what_sending_raises_ends_the_run() -> None:
    outbox, transport = Outbox(), FakeTransport()
    outbox.put("x")
    await transport.close(1000, "")
    with pytest.raises(LinkLost):
        await outbox.run(transport)
