"""The realtime socket: from the handshake to the end of its session."""

from __future__ import annotations

import time
import uuid

from starlette.websockets import WebSocket

from voice.core.server import ServerCore
from voice.engines.ports import Engines
from voice.protocol.codec import ServerCodec
from voice.server.connection import Connection
from voice.server.doors import Handshake
from voice.server.entrance import LOADING, refusal_of_session, refusal_of_stranger
from voice.server.state import ServerState

SESSION_S = 3_600
"""What ``expires_at`` says; the embedded server itself needs no end."""


async def realtime(socket: WebSocket) -> None:
    """Serve one socket on any of the realtime paths, or refuse it with an HTTP answer."""
    state: ServerState = socket.app.state.server
    handshake = Handshake(
        path=socket.url.path,
        query=dict(socket.query_params),
        headers=dict(socket.headers.items()),
        subprotocols=tuple(socket.scope.get("subprotocols") or ()),
    )
    refusal = refusal_of_stranger(state, handshake) or refusal_of_session(state, handshake)
    if refusal is not None or state.engines is None:
        await socket.send_denial_response((refusal or LOADING).response())
        return
    await socket.accept(subprotocol=handshake.selected_protocol)
    connection = _connect(state, socket, handshake, state.engines)
    state.connections.add(connection)
    state.load.came(connection)
    try:
        await connection.run()
    finally:
        state.connections.discard(connection)
        state.load.left(connection)


def _connect(
    state: ServerState, socket: WebSocket, handshake: Handshake, engines: Engines
) -> Connection:
    core = ServerCore(
        new_id=_new_id,
        model=handshake.model or engines.brain.name,
        voices=engines.tts.voices,
        expires_at=int(time.time()) + SESSION_S,
    )
    return Connection(
        socket,
        core,
        ServerCodec(handshake.dialect),
        engines,
        now_ms=_now_ms,
        on_measured=state.on_measured,
    )


def _new_id(prefix: str) -> str:
    # At most 32 characters: some clients cut longer ids (PROTOCOL §2.6).
    return f"{prefix}_{uuid.uuid4().hex[:20]}"


def _now_ms() -> int:
    return int(time.monotonic() * 1_000)
