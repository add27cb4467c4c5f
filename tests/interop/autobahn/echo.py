"""An echo behind the server's own listener: the fuzzing client tests the stack, not the app."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import uvicorn
from starlette.types import Receive, Scope, Send

from voice.server.serve import uvicorn_config
from voice.server.state import ServerConfig


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Send back every message of one WebSocket."""
    assert scope["type"] == "websocket"
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({**message, "type": "websocket.send"})


@contextlib.asynccontextmanager
async def echoing() -> AsyncIterator[int]:
    """Serve the echo on a free port of this machine; gives the port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn_config(echo, ServerConfig()))
        task = asyncio.create_task(server.serve([listener]))
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            await task
