"""The crossing from another thread into the event loop."""

from __future__ import annotations

import asyncio
import threading

import pytest

from voice.audio.loop_bridge import LoopBridge

WAIT_S = 5.0


async def test_what_another_thread_asks_for_is_done_on_the_loop() -> None:
    done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    bridge = LoopBridge()

    threading.Thread(
        target=bridge.call, args=(lambda: done.set_result(threading.get_ident()),)
    ).start()

    async with asyncio.timeout(WAIT_S):
        assert await done == threading.get_ident()


def test_a_loop_that_is_closed_is_asked_in_vain() -> None:
    async def made() -> LoopBridge:
        return LoopBridge()

    bridge = asyncio.run(made())
    called: list[int] = []

    bridge.call(lambda: called.append(1))

    assert called == []


def test_without_a_loop_there_is_no_bridge() -> None:
    with pytest.raises(RuntimeError):
        LoopBridge()
