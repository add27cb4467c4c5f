"""What waits to be sent to one client."""

import asyncio

import pytest

from voice.errors import LinkLost
from voice.server.outbox import Outbox


async def test_frames_are_sent_in_order_and_before_the_close():
    sent = []

    async def send(frame):
        sent.append(frame)

    outbox = Outbox(send, blocked_s=5)
    for frame in ("a", "b", "c"):
        outbox.put(frame)
    outbox.close_with(1001, "bye")
    outbox.put("late")
    assert await outbox.run() == (1001, "bye")
    assert sent == ["a", "b", "c"]


async def test_a_client_that_reads_nothing_is_cut_off():
    async def send(_):
        await asyncio.Event().wait()

    outbox = Outbox(send, blocked_s=0.01)
    outbox.put("a")
    assert (await outbox.run())[0] == 4008


async def test_a_client_too_far_behind_is_cut_off_and_its_frames_are_freed():
    sent = []

    async def send(frame):
        sent.append(frame)

    outbox = Outbox(send, blocked_s=5, waiting_bytes=10)
    for _ in range(5):
        outbox.put("four")
    assert (await outbox.run())[0] == 4008
    assert sent == []


async def test_a_client_that_has_gone_is_a_lost_link():
    async def send(_):
        raise RuntimeError("closed")

    outbox = Outbox(send, blocked_s=5)
    outbox.put("a")
    with pytest.raises(LinkLost):
        await outbox.run()
