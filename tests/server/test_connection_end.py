"""How a connection ends when its client vanishes while something is sent to it."""

import asyncio
import itertools

import pytest
from starlette.websockets import WebSocketDisconnect

from tests.server.serving_kit import WAIT_S, engines
from voice.core.server import ServerCore
from voice.protocol.codec import ServerCodec
from voice.protocol.dialects import Dialect
from voice.server.connection import Connection


class VanishedClient:
    """A socket whose client has gone without a word: reading waits, writing fails."""

    def __init__(self, *, takes_text):
        self._takes_text = takes_text

    async def receive(self):
        await asyncio.Event().wait()

    async def send_text(self, text):
        if not self._takes_text:
            raise WebSocketDisconnect(1006)

    async def close(self, code, reason):
        raise WebSocketDisconnect(1006)


@pytest.mark.parametrize("takes_text", [False, True])
async def test_a_client_that_vanishes_before_it_is_written_to_ends_it_quietly(takes_text):
    numbers = itertools.count()
    connection = Connection(
        VanishedClient(takes_text=takes_text),
        ServerCore(new_id=lambda kind: f"{kind}_{next(numbers)}", model="m", voices=("heart",)),
        ServerCodec(Dialect.GA),
        engines(),
        now_ms=lambda: 0,
        on_measured=lambda _: None,
    )
    if takes_text:
        connection.close(1001, "The server is going away.")
    async with asyncio.timeout(WAIT_S):
        await connection.run()
