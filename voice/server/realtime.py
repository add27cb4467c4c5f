"""The realtime socket: from the handshake to the end of its session."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import uuid

from starlette.websockets import WebSocket, WebSocketDisconnect

from voice.core.server import ServerCore
from voice.core.session_fields import Recogniser
from voice.engines.ports import Engines
from voice.server.client_secrets import ClientSecret
from voice.server.connection import CLOSE_LIMIT_S, Connection
from voice.server.doors import Handshake
from voice.server.entrance import (
    LOADING,
    Refused,
    client_secret_of,
    handshake_of,
    refusal_of_session,
    refusal_of_stranger,
)
from voice.server.failures import outline
from voice.server.metered_codec import MeteredCodec
from voice.server.state import ServerState

logger = logging.getLogger(__name__)

SESSION_S = 3_600
"""What ``expires_at`` says where sessions have no end."""


async def realtime(socket: WebSocket) -> None:
    """Serve one socket on any of the realtime paths, or refuse it with an HTTP answer."""
    state: ServerState = socket.app.state.server
    handshake = handshake_of(socket)
    secret = client_secret_of(state, handshake)
    refusal = refusal_of_stranger(state, handshake, secret) or refusal_of_session(state, handshake)
    if refusal is not None or state.engines is None:
        state.meters.refused((refusal or LOADING).code)
        logger.info("session refused: %s", (refusal or LOADING).code)
        await socket.send_denial_response(await (refusal or LOADING).answer())
        return
    connection = _connect(state, socket, handshake, state.engines, secret)
    state.meters.sessions += 1
    # Counted before the first wait: two handshakes must not both get the last place.
    state.connections.add(connection)
    state.load.came(connection)
    logger.info("session opened, %s, %d in all", handshake.dialect.value, len(state.connections))
    try:
        await socket.accept(subprotocol=handshake.selected_protocol)
        await connection.run()
    except Exception as error:
        logger.error("a connection failed: %s", outline(error))
        with contextlib.suppress(RuntimeError, WebSocketDisconnect, OSError, TimeoutError):
            async with asyncio.timeout(CLOSE_LIMIT_S):
                await socket.close(1011, "The server failed; its log says why.")
    finally:
        state.connections.discard(connection)
        state.load.left(connection)
        logger.info("session closed, %d left", len(state.connections))


async def no_such_socket(socket: WebSocket) -> None:
    """Tell a client that dials another path where the socket is."""
    text = "There is no socket here; connect to /v1/realtime."
    await socket.send_denial_response(Refused(404, "unknown_url", text).response())


def _connect(
    state: ServerState,
    socket: WebSocket,
    handshake: Handshake,
    engines: Engines,
    secret: ClientSecret | None,
) -> Connection:
    model = handshake.model or (secret.model if secret else None) or engines.brain.name
    core = ServerCore(
        new_id=new_id,
        initial={**handshake.session_fields, **(secret.fields if secret else {})},
        recogniser=Recogniser(engines.stt.name, engines.stt.languages),
        model=model,
        voices=engines.tts.voices,
        context_tokens=engines.brain.context_tokens,
        expires_at=int(time.time() + (state.config.limits.session_s or SESSION_S)),
    )
    return Connection(
        socket,
        core,
        MeteredCodec(handshake.dialect, state.meters),
        engines,
        now_ms=_now_ms,
        on_measured=state.meters.measured,
        limits=state.config.limits,
        fillers=state.config.fillers,
        network=handshake.network,
        send_span=None if state.spans is None else state.spans.send,
    )


def new_id(prefix: str) -> str:
    """Return a fresh id such as ``item_0123456789abcdef0123``."""
    # At most 32 characters: some clients cut longer ids (PROTOCOL §2.6).
    return f"{prefix}_{uuid.uuid4().hex[:20]}"


def _now_ms() -> int:
    return int(time.monotonic() * 1_000)
