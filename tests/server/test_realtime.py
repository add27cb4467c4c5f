"""What an operator reads of the sessions that come and go."""

import logging

import pytest
import websockets
from pydantic import SecretStr

from tests.server.serving_kit import connect, server, until


async def test_a_session_is_logged_when_it_opens_and_when_it_closes(caplog):
    caplog.set_level(logging.INFO, "voice.server.realtime")
    async with server() as running:
        async with connect(running) as client:
            await client.until("session.created")
        await until(lambda: not running.state.connections)
    told = [record.getMessage() for record in caplog.records]
    assert told == ["session opened, ga, 1 in all", "session closed, 0 left"]


async def test_a_refused_session_is_logged_by_its_code_and_without_its_key(caplog):
    caplog.set_level(logging.INFO, "voice.server.realtime")
    async with server(token=SecretStr("right-token-123")) as running:
        headers = {"Authorization": "Bearer wrong-token-456"}
        with pytest.raises(websockets.InvalidStatus):
            async with connect(running, additional_headers=headers):
                pass
    assert [record.getMessage() for record in caplog.records] == [
        "session refused: invalid_api_key"
    ]
    assert "456" not in caplog.text
