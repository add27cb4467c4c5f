"""The ASGI application of the embedded server: the realtime socket and the pages beside it."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from voice.core import server_messages as msg
from voice.core.server import ServerCore
from voice.engines.ports import Engines
from voice.protocol.codec import ServerCodec
from voice.server.connection import Connection
from voice.server.doors import BETA_PATHS, GA_PATHS, Handshake

logger = logging.getLogger(__name__)

SESSION_S = 3_600
"""What ``expires_at`` says; the embedded server itself needs no end."""


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """How the embedded server listens.

    ``port`` 0 takes a free one. ``token`` None lets everybody on this machine in.
    ``allowed_origins`` are whole origins
    (``http://localhost:3000``) of pages that may connect beside the server's own.
    """

    host: str = "127.0.0.1"
    port: int = 8765
    token: SecretStr | None = None
    allowed_origins: tuple[str, ...] = ()
    max_sessions: int = 16
    tls_cert: Path | None = None
    tls_key: Path | None = None


@dataclass(slots=True)
class ServerState:
    """What lives as long as the server: engines once they are loaded, and open connections."""

    config: ServerConfig
    engines: Engines | None = None
    connections: set[Connection] = field(default_factory=set)  # bounded: max_sessions
    on_measured: Callable[[msg.TurnMeasured], None] = lambda _: None


def create_app(state: ServerState) -> Starlette:
    """Return the ASGI app; it answers 503 until ``state.engines`` is set."""
    paths = (*GA_PATHS, *BETA_PATHS)
    routes: list[Route | WebSocketRoute] = [
        WebSocketRoute(path, _realtime, name=f"realtime {path}") for path in paths
    ]
    routes += [Route("/healthz", _health), Route("/v1/models", _models)]
    app = Starlette(routes=routes)
    app.state.server = state
    return app


async def _health(request: Request) -> Response:
    state: ServerState = request.app.state.server
    is_ready = state.engines is not None
    body = {"status": "ready" if is_ready else "loading", "sessions": len(state.connections)}
    return JSONResponse(body, status_code=200 if is_ready else 503)


async def _models(request: Request) -> Response:
    state: ServerState = request.app.state.server
    name = state.engines.brain.name if state.engines else "loading"
    model = {"id": name, "object": "model", "created": 0, "owned_by": "voice"}
    return JSONResponse({"object": "list", "data": [model]})


async def _realtime(socket: WebSocket) -> None:
    state: ServerState = socket.app.state.server
    handshake = Handshake(
        path=socket.url.path,
        query=dict(socket.query_params),
        headers=dict(socket.headers.items()),
        subprotocols=tuple(socket.scope.get("subprotocols") or ()),
    )
    refusal = _refusal(state, handshake)
    if refusal is not None or state.engines is None:
        await socket.send_denial_response(refusal or _error(503, "loading", "Still loading."))
        return
    await socket.accept(subprotocol=handshake.selected_protocol)
    connection = _connect(state, socket, handshake, state.engines)
    state.connections.add(connection)
    try:
        await connection.run()
    finally:
        state.connections.discard(connection)


def _refusal(state: ServerState, handshake: Handshake) -> Response | None:
    config = state.config
    needs_token = config.token is not None
    if handshake.comes_from_elsewhere(config.allowed_origins, needs_token=needs_token):
        return _error(403, "forbidden_origin", "Pages of other sites may not use this server.")
    if config.token is not None and not handshake.presents(config.token.get_secret_value()):
        text = "Send the server's token as 'Authorization: Bearer TOKEN'."
        return _error(401, "invalid_api_key", text)
    if state.engines is None:
        return _error(503, "loading", "The models are still loading; try again in a second.")
    if len(state.connections) >= config.max_sessions:
        return _error(503, "busy", f"All {config.max_sessions} sessions are taken.")
    return None


def _error(status: int, code: str, message: str) -> Response:
    body = {"error": {"type": "invalid_request_error", "code": code, "message": message}}
    headers = {"Retry-After": "2"} if status == 503 else None
    return JSONResponse(body, status_code=status, headers=headers)


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
