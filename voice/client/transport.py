"""The socket: frames of text in and out, and one sentence for every way in which it can fail."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import sys
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any, NoReturn, Protocol
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, SecurityError, WebSocketException
from websockets.protocol import State

from voice.client.connect_errors import connect_error
from voice.errors import LinkLost
from voice.protocol.typed_url import is_loopback

log = logging.getLogger(__name__)

OPEN_LIMIT_S = 10.0
OPEN_AGAIN_LIMIT_S = 4.0
"""Shorter where a conversation was connected before: a try that began while the cable was out
notices late that it is in again, a new one at once (FAULTS N15)."""

PING_EVERY_S = 5.0
PING_LIMIT_S = 5.0
"""A black hole is noticed after both together; without pings of ours, never (FAULTS §1.4)."""

UNSENT_BYTES = 16_384
"""What the kernel may hold unsent, a quarter of a second of audio. Usually it takes megabytes: on
a slow network our pings would wait behind half a minute of speech, and nobody would know."""

CHECK_EVERY_S = 0.5
STALL_S = 1.5
"""A check that comes later than this found our own loop blocked."""

# TCP_NOTSENT_LOWAT, which Python names from 3.12 on.
_NOT_SENT_LOW_WATER = {"linux": 25, "darwin": 0x201}

CLOSE_LIMIT_S = 1.0

LEAST_SECRET = 8
"""Shorter words of our headers, such as ``Bearer``, are no keys."""

MAX_FRAME_BYTES = 16 * 1024 * 1024
"""No endpoint sends more at once; the protocol allows 15 MiB of audio in one event."""


class Transport(Protocol):
    """An open connection. One task reads, one writes; closing is for either."""

    async def send(self, frame: str) -> None:
        """Send a text frame; waits while the network is behind. Raises LinkLost."""
        ...

    def send_now(self, frame: str) -> bool:
        """Send a text frame if that needs no waiting; return whether it was sent.

        Only while no ``send`` is under way. Saves a task switch for each chunk of audio.
        """
        ...

    async def read(self, take: Callable[[str | bytes], None]) -> NoReturn:
        """Give every frame that arrives to ``take``, in order, as soon as it is here.

        Raises LinkLost once the connection is closed, and what ``take`` raises. A callback, because
        a coroutine for each delta would cost as much as decoding it.
        """
        ...

    async def close(self, code: int, reason: str) -> None:
        """Close within a second or so. Idempotent."""
        ...


class WebSocketTransport:
    """A Transport on a WebSocket; ``open`` makes one."""

    def __init__(self, connection: _Listening) -> None:
        self._connection = connection
        self._is_given_up = False

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        headers: Mapping[str, str],
        safe_url: str,
        limit_s: float = OPEN_LIMIT_S,
    ) -> WebSocketTransport:
        """Open a connection.

        ``safe_url`` is what messages show of ``url``. Raises ConnectError or AuthError with one
        sentence that holds neither key nor query.
        """
        # A proxy knows nothing of this machine's own servers.
        is_here = is_loopback(urlsplit(url).hostname or "")
        try:
            # Deflate costs more than it saves on base64 (DESIGN §8).
            connection = await _Connect(
                url,
                additional_headers=dict(headers),
                compression=None,
                proxy=None if is_here else True,
                open_timeout=limit_s,
                ping_interval=None,
                create_connection=_Listening,
                close_timeout=CLOSE_LIMIT_S,
                max_size=MAX_FRAME_BYTES,
                write_limit=UNSENT_BYTES // 4,
                logger=_NoDebug(logging.getLogger(__name__)),
            )
        except (OSError, EOFError, ImportError, WebSocketException) as error:
            # The cause is not chained: some causes repeat the whole URL.
            sent = [word for value in headers.values() for word in value.split()]
            secrets = [word for word in sent if len(word) >= LEAST_SECRET]
            raise connect_error(error, safe_url, limit_s=limit_s, secrets=secrets) from None
        assert isinstance(connection, _Listening)
        return cls(connection)

    @property
    def response_headers(self) -> Mapping[str, str]:
        """What the endpoint's answer to the handshake said."""
        response = self._connection.response
        return {} if response is None else dict(response.headers.raw_items())

    async def send(self, frame: str) -> None:
        """Send a text frame."""
        try:
            await self._connection.send(frame)
        except ConnectionClosed as error:
            raise _lost(error) from None

    def send_now(self, frame: str) -> bool:
        """Send a text frame if the connection is open and nothing waits to be written."""
        protocol, writer = self._connection.protocol, self._connection.transport
        if protocol.state is not State.OPEN or writer.get_write_buffer_size():
            return False
        # What ``connection.send`` does, without its coroutines: a third of the cost of a chunk.
        protocol.send_text(frame.encode())
        for data in protocol.data_to_send():
            writer.write(data)
        return True

    async def read(self, take: Callable[[str | bytes], None]) -> NoReturn:
        """Give every frame to ``take``, and see to it that the other side is still there."""
        receive = self._connection.recv
        watching = asyncio.create_task(self._watch(), name="liveness")
        try:
            while True:
                take(await receive())
        except ConnectionClosed as error:
            raise _gone() if self._is_given_up else _lost(error) from None
        finally:
            watching.cancel()
            await asyncio.wait({watching})

    async def _watch(self) -> None:
        """Ping, and break the connection off when not a byte has come for too long.

        Any byte is a sign of life: on a slow network a pong waits behind seconds of speech.
        """
        connection, time_s = self._connection, asyncio.get_running_loop().time
        checked_s = pinged_s = time_s()
        while True:
            await asyncio.sleep(CHECK_EVERY_S)
            now_s = time_s()
            if now_s - checked_s > CHECK_EVERY_S + STALL_S:
                # We were not there to listen ourselves; that says nothing of the other side.
                log.warning("the event loop stood still for %.1f s", now_s - checked_s)
                connection.heard_s = now_s
            checked_s = now_s
            if now_s - connection.heard_s >= PING_EVERY_S + PING_LIMIT_S:
                self._is_given_up = True
                connection.transport.abort()
                return
            if now_s - pinged_s >= PING_EVERY_S and connection.protocol.state is State.OPEN:
                pinged_s = now_s
                # Not ``connection.ping``, which waits where the network takes nothing.
                connection.protocol.send_ping(b"")
                for data in connection.protocol.data_to_send():
                    connection.transport.write(data)

    async def close(self, code: int, reason: str) -> None:
        """Close; a reason longer than a close frame holds is cut."""
        short = reason.encode()[:120].decode(errors="ignore")
        await self._connection.close(code, short)


class _Listening(ClientConnection):
    """A connection that knows when it last heard anything."""

    heard_s = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to listen."""
        self.heard_s = asyncio.get_running_loop().time()
        _hold_little(transport.get_extra_info("socket"))
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Note the time; on the hot path."""
        self.heard_s = self.loop.time()
        super().data_received(data)


def _hold_little(connection: socket.socket | None) -> None:
    """Have the kernel take no more than it can send soon, where it knows how."""
    option = _NOT_SENT_LOW_WATER.get(sys.platform)
    if connection is None or option is None:
        return
    with contextlib.suppress(OSError):  # an old kernel: the outbox is then blind, as it was
        connection.setsockopt(socket.IPPROTO_TCP, option, UNSENT_BYTES)


class _Connect(connect):
    """Follows a redirect only within one origin, since headers of any name may hold the key."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        """Return the new URI, or the error to raise."""
        before = self.ws_uri
        found = super().process_redirect(exc)
        if isinstance(found, str):
            after = urlsplit(found)
            default_port = 443 if after.scheme == "wss" else 80
            if (after.hostname, after.port or default_port) != (before.host, before.port):
                return SecurityError("redirected to another origin")
        return found


class _NoDebug(logging.LoggerAdapter[logging.Logger]):
    """Keeps the library from DEBUG, where it prints headers, URL and bodies (FAULTS §1.7)."""

    def __init__(self, logger: logging.Logger) -> None:
        super().__init__(logger, {})

    def isEnabledFor(self, level: int) -> bool:  # noqa: N802
        """Return whether a record would be kept; never for DEBUG."""
        return level > logging.DEBUG and super().isEnabledFor(level)

    def process(
        self, msg: Any, kwargs: MutableMapping[str, Any]
    ) -> tuple[Any, MutableMapping[str, Any]]:
        """Leave a record as it is."""
        return msg, kwargs


def _gone() -> LinkLost:
    return LinkLost("the endpoint no longer answers; the connection was given up")


def _lost(error: ConnectionClosed) -> LinkLost:
    """Return how a connection ended, as the other side said it; 1006 where it said nothing."""
    if error.rcvd is None:
        return LinkLost("the connection broke off without a word")
    reason = f": {error.rcvd.reason}" if error.rcvd.reason else ""
    code = int(error.rcvd.code)
    return LinkLost(f"the endpoint closed the connection ({code}{reason})", code=code)
