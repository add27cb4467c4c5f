"""Accepts connections, and keeps their number bounded from the first packet on.

uvicorn's own listener knows a connection only once TLS has shaken hands, for which it gives a
minute; here a stranger who says nothing costs one socket for five seconds.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import ssl
from collections.abc import Callable, Coroutine
from typing import Any

from voice.server.files_left import files_left
from voice.server.guarded import Visitor
from voice.server.limits import RESERVED_FILES

logger = logging.getLogger(__name__)

RETRY_S = 0.2
"""How long to wait with the next connection when the system has no more sockets."""

NO_MORE_SOCKETS = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}


class Gate:
    """Lets connections in; ``run`` is a task, ``close`` ends every connection."""

    def __init__(
        self,
        listener: socket.socket,
        make_protocol: Callable[[Visitor], asyncio.Protocol],
        *,
        connections: int,
        handshake_s: float,
        tls: ssl.SSLContext | None,
    ) -> None:
        self._listener = listener
        self._make_protocol = make_protocol
        self._connections = connections
        self._handshake_s = handshake_s
        self._tls = tls
        self._visits: dict[_Visit, None] = {}  # bounded: connections; oldest first

    async def run(self) -> None:
        """Accept until cancelled."""
        loop = asyncio.get_running_loop()
        self._listener.setblocking(False)
        while True:
            try:
                accepted, _ = await loop.sock_accept(self._listener)
            except OSError as error:
                if error.errno in NO_MORE_SOCKETS:
                    logger.warning("no socket for a new connection: %s", error.strerror)
                    self._make_room()
                    await asyncio.sleep(RETRY_S)
                continue
            self._let_in(accepted)
            # One at a time: a flood at the door must not stop the sessions that run.
            await asyncio.sleep(0)

    def close(self) -> None:
        """End every connection at once."""
        for visit in list(self._visits):
            visit.end()

    def _let_in(self, accepted: socket.socket) -> None:
        is_full = len(self._visits) >= self._connections or files_left() < RESERVED_FILES // 2
        if is_full and not self._make_room():
            accepted.close()
            return
        accepted.setblocking(False)
        visit = _Visit(self._visits)
        visit.greet(self._greet(accepted, visit))

    def _make_room(self) -> bool:
        oldest = next((visit for visit in self._visits if not visit.has_asked), None)
        if oldest is None:
            return False
        oldest.end()
        return True

    async def _greet(self, accepted: socket.socket, visit: _Visit) -> None:
        loop = asyncio.get_running_loop()
        limit_s = None if self._tls is None else self._handshake_s
        try:
            await loop.connect_accepted_socket(
                lambda: self._make_protocol(visit),
                accepted,
                ssl=self._tls,
                ssl_handshake_timeout=limit_s,
            )
        except (OSError, TimeoutError) as error:
            accepted.close()
            logger.debug("a handshake failed: %s", type(error).__name__)
        except asyncio.CancelledError:
            accepted.close()
            raise


class _Visit:
    """One connection from its first packet to its end."""

    def __init__(self, visits: dict[_Visit, None]) -> None:
        self.has_asked = False
        self._visits = visits
        self._abort: Callable[[], None] | None = None
        self._greeting: asyncio.Task[None] | None = None
        visits[self] = None

    def greet(self, work: Coroutine[Any, Any, None]) -> None:
        """Shake hands in a task of its own; without success the visit is over."""
        self._greeting = asyncio.create_task(work)
        self._greeting.add_done_callback(self._greeted)

    def arrived(self, abort: Callable[[], None]) -> None:
        """The connection is open; ``abort`` ends it at once."""
        self._abort = abort

    def asked(self) -> None:
        """The first request is complete."""
        self.has_asked = True

    def left(self) -> None:
        """The connection is gone."""
        self._visits.pop(self, None)

    def end(self) -> None:
        """End the connection, or its handshake, at once."""
        self.left()
        if self._abort is not None:
            self._abort()
        elif self._greeting is not None:
            self._greeting.cancel()

    def _greeted(self, greeting: asyncio.Task[None]) -> None:
        if self._abort is None:
            self.left()
        if not greeting.cancelled() and greeting.exception() is not None:
            logger.error("a handshake failed", exc_info=greeting.exception())
