"""uvicorn's two protocols with the time limits that uvicorn lacks.

A connection must say what it wants in time (slowloris), must read what it is sent, and is gone a
moment after its last word: ``close`` of a transport waits for ever for a client that reads nothing.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

from voice.server.limits import BODY_S, FRAGMENTS, HEAD_BYTES, Limits

LINGER_S = 3.0
"""What a client has to read the last frames and to answer a close."""


_HEAD_END = re.compile(rb"\n\r?\n")

_BAD_HEAD = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class Visitor(Protocol):
    """What the gate keeps of one connection."""

    def arrived(self, abort: Callable[[], None]) -> None:
        """The connection is open; ``abort`` ends it at once."""

    def asked(self) -> None:
        """The first request is complete."""

    def left(self) -> None:
        """The connection is gone."""


class _Nobody:
    """A visitor of a listener that keeps no count."""

    def arrived(self, abort: Callable[[], None]) -> None:
        """Ignore it."""

    def asked(self) -> None:
        """Ignore it."""

    def left(self) -> None:
        """Ignore it."""


class _Alarm:
    """One timer that is set, kept or called off."""

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._handle: asyncio.TimerHandle | None = None
        self._limit_s = 0.0

    def keep(self, limit_s: float) -> None:
        """Ring after ``limit_s``, counted from when this limit was first asked for."""
        if self._handle is not None and self._limit_s == limit_s:
            return
        self.off()
        self._limit_s = limit_s
        self._handle = asyncio.get_running_loop().call_later(limit_s, self._ring)

    def off(self) -> None:
        """Do not ring."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None


class GuardedHttp(H11Protocol):
    """HTTP whose requests must be complete in time and whose answers must be read."""

    def __init__(self, *, limits: Limits, visitor: Visitor | None = None, **options: Any) -> None:
        super().__init__(**options)
        self._visitor = visitor or _Nobody()
        self._limits = limits
        self._slow = _Alarm(self._abort)
        self._stalled = _Alarm(self._abort)
        self._is_upgraded = False
        self.ws_protocol_class = partial(  # type: ignore[assignment]
            GuardedWebSocket, visitor=self._visitor
        )

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Expect a request."""
        super().connection_made(transport)
        self._visitor.arrived(transport.abort)
        self._slow.keep(self._limits.header_s)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._slow.off()
        self._stalled.off()
        self._visitor.left()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes; a head or a body that has begun must end."""
        if self._is_large_head(data):
            self.send_400_response(f"The head of a request may have {HEAD_BYTES} bytes.")
        else:
            super().data_received(data)
        self._watch_request()

    def on_response_complete(self) -> None:
        """Go on with what was sent ahead of this answer."""
        super().on_response_complete()
        if self.conn.trailing_data[0]:
            self._watch_request()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """Hand the connection over."""
        self._is_upgraded = True
        super().handle_websocket_upgrade(event)

    def pause_writing(self) -> None:
        """The client does not read as fast as it is answered."""
        super().pause_writing()
        self._stalled.keep(self._limits.blocked_s)

    def resume_writing(self) -> None:
        """The client has read."""
        super().resume_writing()
        self._stalled.off()

    def _is_large_head(self, data: bytes) -> bool:
        """Whether these bytes make a head too large; h11 counts only what is not whole yet."""
        if self.conn.their_state is not h11.IDLE:
            return False
        head = self.conn.trailing_data[0] + data
        return len(head) > HEAD_BYTES and _HEAD_END.search(head, 0, HEAD_BYTES) is None

    def _watch_request(self) -> None:
        if self.scope is not None:
            self._visitor.asked()
        their = self.conn.their_state
        if self._is_upgraded or self.transport.is_closing():
            self._slow.off()
        elif their is h11.IDLE:
            self._slow.keep(self._limits.header_s)
        elif their is h11.SEND_BODY:
            self._slow.keep(BODY_S)
        else:
            self._slow.off()

    def _abort(self) -> None:
        self.transport.abort()


class GuardedWebSocket(WebSocketsSansIOProtocol):
    """A WebSocket with few enough fragments that is gone soon after its close."""

    def __init__(self, *, visitor: Visitor, **options: Any) -> None:
        super().__init__(**options)
        self._visitor = visitor
        self._leaving = _Alarm(self._abort)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._leaving.off()
        self._visitor.left()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes; the first are the whole head of the request."""
        super().data_received(data)
        if not self.handshake_initiated:
            # HTTP took this head, WebSocket does not (a line of 8 KiB); uvicorn would say nothing.
            self.transport.write(_BAD_HEAD)
            self.transport.close()
            self._leaving.keep(LINGER_S)

    def handle_cont(self, event: Frame) -> None:
        """Take one more fragment, or end the connection."""
        if self.close_sent:
            return
        if len(self.frames) >= FRAGMENTS:
            self.frames = []
            self.conn.fail(1009, f"A message may have {FRAGMENTS} fragments.")
            self.handle_parser_exception()
            return
        super().handle_cont(event)

    def handle_ping(self) -> None:
        """Answer, unless the client does not read: pongs would pile up."""
        if self.writable.is_set():
            super().handle_ping()
        else:
            self.conn.data_to_send()

    def handle_parser_exception(self) -> None:
        """End a connection that broke the rules of WebSocket."""
        super().handle_parser_exception()
        self._leaving.keep(LINGER_S)

    def keepalive_timeout(self) -> None:
        """End a connection that answers no ping."""
        super().keepalive_timeout()
        self._leaving.keep(LINGER_S)

    def on_task_complete(self, task: asyncio.Task[None]) -> None:
        """Give the client a moment for the last words."""
        super().on_task_complete(task)
        if not self.disconnected:
            self._leaving.keep(LINGER_S)

    async def send(self, message: Any) -> None:
        """Send; a close goes out whether or not the client reads."""
        if message["type"] == "websocket.close":
            self.writable.set()
        await super().send(message)

    def _abort(self) -> None:
        self.transport.abort()
