"""Runs the embedded server: binds, loads the models, says when it is ready, and ends cleanly."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial

import uvicorn
from starlette.types import ASGIApp

from voice.engines.ports import Engines
from voice.errors import SettingsError
from voice.protocol.codec import warm_up
from voice.server.app import create_app
from voice.server.connection import CLOSE_LIMIT_S, GOING_AWAY
from voice.server.gate import Gate
from voice.server.guarded import GuardedHttp, Visitor
from voice.server.limits import HEAD_BYTES
from voice.server.state import ServerConfig, ServerState
from voice.tracing import open_spans

logger = logging.getLogger(__name__)

BACKLOG = 128
STOP_LIMIT_S = 5

_STRANGERS_NOISE = (
    "without completing handshake",  # what uvicorn calls a refused handshake
    "Invalid HTTP request",
    "Unsupported upgrade request",
)


class EmbeddedServer:
    """A listening server; ``async with serving(...)`` makes one."""

    def __init__(self, state: ServerState, listener: socket.socket) -> None:
        self.state = state
        self._listener = listener

    @property
    def url(self) -> str:
        """The WebSocket URL of ``/v1/realtime``; never holds the token."""
        host, port = self._listener.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        scheme = "ws" if self.state.config.tls_cert is None else "wss"
        return f"{scheme}://{shown}:{port}/v1/realtime"

    @property
    def address(self) -> tuple[str, int]:
        """Host and port that it listens on."""
        host, port = self._listener.getsockname()[:2]
        return host, port


def _is_news(record: logging.LogRecord) -> bool:
    """Drop what strangers could fill a log with.

    Text that is no UTF-8 is the client's fault, and it is told so with 1007: one line, no stack.
    """
    text = record.getMessage()
    if "Invalid UTF-8" in text:
        record.exc_info, record.levelno, record.levelname = None, logging.WARNING, "WARNING"
    return not any(noise in text for noise in _STRANGERS_NOISE)


class _QuietServer(uvicorn.Server):
    """A server that leaves the signals to the command line: a library must not take them."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture nothing."""
        yield


def check_config(config: ServerConfig) -> None:
    """Raise SettingsError for a configuration that cannot, or must not, be served.

    A bind address that lets strangers in needs a token; a certificate must be one.
    """
    if config.token is None and not _is_loopback(config.host):
        raise SettingsError(
            f"server.host is {config.host}, which other machines can reach, and no token is set: "
            "set VOICE_SERVER__TOKEN to a long random string, or bind to 127.0.0.1."
        )
    if config.tls_cert is not None:
        try:
            ssl.create_default_context().load_cert_chain(config.tls_cert, config.tls_key)
        except (OSError, ValueError) as error:
            raise SettingsError(
                "server.tls_cert and server.tls_key must be a PEM certificate chain and its key: "
                f"{error}"
            ) from error


@contextlib.asynccontextmanager
async def serving(
    config: ServerConfig, load: Callable[[], Awaitable[Engines]]
) -> AsyncIterator[EmbeddedServer]:
    """Listen, load the engines, and serve until the block ends.

    The body runs once the server is ready. At its end new sessions are refused and what is being
    said is finished, within ``limits.drain_s``. Raises SettingsError when the address cannot be
    bound and EngineError when an engine cannot be loaded.
    """
    check_config(config)
    logging.getLogger("uvicorn.error").addFilter(_is_news)
    listener = _bind(config)
    state = ServerState(config)
    async with _listening(listener, create_app(state), config), state.meters.watching_loop():
        try:
            # Otherwise the first client pays for building each event model at its first use.
            await asyncio.to_thread(warm_up)
            state.engines = await load()
            state.spans = await asyncio.to_thread(open_spans)
            async with state.load.watching(state.engines.queues):
                yield EmbeddedServer(state, listener)
        finally:
            try:
                await drain(state)
            finally:
                if state.engines is not None:
                    await state.engines.brain.close()
                if state.spans is not None:
                    await asyncio.to_thread(state.spans.close)


async def drain(state: ServerState) -> None:
    """Let every session finish what it says, then close it; takes ``limits.drain_s`` at most."""
    state.is_draining = True
    connections = list(state.connections)
    farewells = [asyncio.create_task(connection.drain()) for connection in connections]
    if not farewells:
        return
    _, late = await asyncio.wait(farewells, timeout=state.config.limits.drain_s)
    for farewell in late:
        farewell.cancel()
    for connection in connections:
        connection.close(1001, GOING_AWAY)
    ends = [asyncio.create_task(connection.ended.wait()) for connection in connections]
    _, waiting = await asyncio.wait(ends, timeout=CLOSE_LIMIT_S)
    for end in waiting:
        end.cancel()


@contextlib.asynccontextmanager
async def _listening(
    listener: socket.socket, app: ASGIApp, config: ServerConfig
) -> AsyncIterator[Gate]:
    """Accept and serve connections inside the block; none is left after it."""
    uvicorn_settings = uvicorn_config(app, config)
    uvicorn_settings.load()
    server = _QuietServer(uvicorn_settings)

    def make_protocol(visitor: Visitor) -> asyncio.Protocol:
        return GuardedHttp(
            limits=config.limits,
            visitor=visitor,
            config=uvicorn_settings,
            server_state=server.server_state,
            app_state={},
        )

    gate = Gate(
        listener,
        make_protocol,
        connections=config.limits.connections,
        handshake_s=config.limits.header_s,
        tls=uvicorn_settings.ssl,
    )
    serving_task = asyncio.create_task(server.serve([]))
    gate_task = asyncio.create_task(gate.run())
    try:
        yield gate
    finally:
        gate_task.cancel()
        listener.close()
        server.should_exit = True
        try:
            await asyncio.wait({serving_task}, timeout=CLOSE_LIMIT_S)
        finally:
            gate.close()
        await serving_task


def _bind(config: ServerConfig) -> socket.socket:
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    # With the protocol named, asyncio turns Nagle's delay off for what is accepted: 20 ms a turn.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if sys.platform != "win32":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((config.host, config.port))
        # Listening before the server's own loop runs: an early client waits instead of being
        # refused.
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise SettingsError(
            f"cannot listen on {config.host}:{config.port}: {error.strerror or error}. "
            "Choose another server.port, or 0 for any free one."
        ) from error
    return listener


def uvicorn_config(app: ASGIApp, config: ServerConfig) -> uvicorn.Config:
    """Return how uvicorn serves an app: the one listener that conformance suites test as well."""
    return uvicorn.Config(
        app,
        http=partial(GuardedHttp, limits=config.limits),  # type: ignore[arg-type]
        ws="websockets-sansio",
        ws_max_size=config.limits.frame_bytes,
        ws_per_message_deflate=False,
        ws_ping_interval=20,
        ws_ping_timeout=20,
        h11_max_incomplete_event_size=HEAD_BYTES,
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=STOP_LIMIT_S,
        ssl_certfile=config.tls_cert,
        ssl_keyfile=config.tls_key,
    )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
