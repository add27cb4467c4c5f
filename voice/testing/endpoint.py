"""A realtime endpoint on loopback that says what a script tells it to, and is strict about answers.

A script is an asynchronous function that gets one ``Peer``, the server's end of one connection::

    async def script(peer: Peer) -> None:
        await peer.greet()
        await peer.expect("conversation.item.create")
        await peer.expect("response.create")
        await peer.send(events.response_created("r1"))

    async with ScriptedEndpoint(script) as endpoint:
        async with Session(endpoint=resolve(endpoint.url)) as session: ...

What goes wrong in a script is raised where the endpoint's block ends.
"""

from __future__ import annotations

import asyncio
import http
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self, TypeAlias

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from voice.core.client_config import full_session
from voice.protocol.capabilities import Capabilities
from voice.protocol.client_events import AudioAppend, SessionUpdate
from voice.protocol.codec import ServerCodec
from voice.protocol.dialects import Dialect
from voice.protocol.server_events import ServerEvent
from voice.protocol.session_config import SessionConfig
from voice.protocol.wire_model import ClientEventModel, UnknownEvent
from voice.testing import events
from voice.testing.clock import SequentialIds

EXPECT_LIMIT_S = 5.0
"""How long a script waits for what it expects."""


DEFAULTS = full_session(SessionConfig(), Capabilities()).to_wire()
"""What the endpoint's session is before it is configured."""

ControlEvent: TypeAlias = ClientEventModel | UnknownEvent
"""Everything that a client sends but audio."""


class ScriptBroken(AssertionError):
    """A client did something else than its script says."""


class Peer:
    """The server's end of one connection, as a script sees it."""

    def __init__(self, connection: ServerConnection, dialect: Dialect) -> None:
        self._connection = connection
        ids = SequentialIds()
        self._codec = ServerCodec(dialect, new_event_id=lambda: ids("event"))
        self._tolerated: set[str] = set()
        self.received: list[ControlEvent] = []
        """Every event that came, audio left out."""
        self.audio = bytearray()
        """All audio that was appended."""

    async def greet(self, **session: Any) -> SessionUpdate:
        """Greet, take the configuration, confirm it as it is, and return it."""
        await self.send(events.session_created(**{**DEFAULTS, **session}))
        update = await self.expect("session.update")
        assert isinstance(update, SessionUpdate)
        # What is only between us and our own server is shown to nobody.
        taken = {key: value for key, value in update.session.to_wire().items() if key[:2] != "x-"}
        await self.send(events.session_updated(taken))
        return update

    async def send(self, *server_events: ServerEvent) -> None:
        """Send events in the endpoint's dialect."""
        for event in server_events:
            for frame in self._codec.encode(event):
                await self._connection.send(frame)

    async def send_raw(self, frame: str | bytes) -> None:
        """Send a frame as it is: garbage, or an event that no model would make."""
        await self._connection.send(frame)

    async def expect(self, kind: str, **fields: Any) -> ControlEvent:
        """Return the next event, which must be of this type and have these fields.

        Audio is collected, and tolerated events are noted, on the way. Raises ScriptBroken.
        """
        try:
            async with asyncio.timeout(EXPECT_LIMIT_S):
                event = await self._next(kind)
        except TimeoutError:
            raise ScriptBroken(f"expected {kind}, got nothing for {EXPECT_LIMIT_S:g} s") from None
        for name, wanted in fields.items():
            found = getattr(event, name, None)
            if found != wanted:
                raise ScriptBroken(f"expected {kind} with {name} {wanted!r}, got {found!r}")
        return event

    async def expect_any(self, *kinds: str) -> ControlEvent:
        """Return the next event, which must be of one of these types. Raises ScriptBroken."""
        try:
            async with asyncio.timeout(EXPECT_LIMIT_S):
                return await self._next(*kinds)
        except TimeoutError:
            wanted = " or ".join(kinds)
            raise ScriptBroken(f"expected {wanted}, got nothing for {EXPECT_LIMIT_S:g} s") from None

    async def hear(self, size: int) -> bytes:
        """Return all audio once at least ``size`` bytes of it came. Raises ScriptBroken."""
        try:
            async with asyncio.timeout(EXPECT_LIMIT_S):
                while len(self.audio) < size:
                    event = await self._receive()
                    if event is not None:
                        raise ScriptBroken(f"expected audio, got {event.type}")
        except TimeoutError:
            raise ScriptBroken(f"expected {size} bytes of audio, got {len(self.audio)}") from None
        return bytes(self.audio)

    def tolerate(self, *kinds: str) -> None:
        """Accept events of these types at any time, without expecting them."""
        self._tolerated.update(kinds)

    async def until_closed(self) -> int:
        """Wait until the client closes, and return its close code.

        Raises ScriptBroken for any event but audio and what is tolerated.
        """
        try:
            while True:
                event = await self._receive()
                if event is not None and event.type not in self._tolerated:
                    raise ScriptBroken(f"expected nothing more, got {event.type}")
        except ConnectionClosed:
            return self._connection.close_code or 1006

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close the connection."""
        await self._connection.close(code, reason)

    def drop(self) -> None:
        """Break the connection off without a word."""
        self._connection.transport.abort()

    async def _next(self, *kinds: str) -> ControlEvent:
        wanted = " or ".join(kinds)
        while True:
            try:
                event = await self._receive()
            except ConnectionClosed:
                raise ScriptBroken(f"expected {wanted}, got the end of the connection") from None
            if event is None:
                continue
            if event.type in kinds:
                return event
            if event.type not in self._tolerated:
                raise ScriptBroken(f"expected {wanted}, got {event.type}")

    async def next_event(self) -> ControlEvent | AudioAppend:
        """Return the next event, whatever it is, without a limit.

        For endpoints that react instead of following a script. Raises websockets' ConnectionClosed.
        """
        return self._codec.decode(await self._connection.recv())

    async def _receive(self) -> ControlEvent | None:
        """Return the next event; None for audio, which is collected."""
        event = await self.next_event()
        if isinstance(event, AudioAppend):
            self.audio += event.audio
            return None
        self.received.append(event)
        return event


Script: TypeAlias = Callable[[Peer], Awaitable[None]]


class ScriptedEndpoint:
    """Serves one script to every connection, on a free port of this machine.

    Of a list of scripts each serves one connection, and the last one all that come after.
    ``refuse`` answers every handshake with this HTTP status instead, ``headers`` and ``body`` with
    it; ``tls`` serves it encrypted. When a script returns, its connection stays until the client
    closes it, and nothing more may come from the client.
    """

    def __init__(
        self,
        script: Script | Sequence[Script] | None = None,
        *,
        dialect: Dialect = Dialect.GA,
        refuse: int | None = None,
        headers: Mapping[str, str] | None = None,
        body: str = "",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._scripts = list(script) if isinstance(script, Sequence) else [script]
        self._dialect = dialect
        self._refuse = refuse
        self._refuses_once = False
        self._headers = dict(headers or {})
        self._body = body
        self._tls = tls
        self._server: Server | None = None
        self.requests: list[Request] = []
        """Every handshake that came."""
        self.peers: list[Peer] = []
        """Every connection that was opened."""
        self.failures: list[Exception] = []
        """What went wrong in scripts; the first is raised at the end of the block."""

    async def __aenter__(self) -> Self:
        """Begin to serve."""
        self._server = await serve(
            self._serve,
            "127.0.0.1",
            0,
            process_request=self._answer,
            compression=None,
            ssl=self._tls,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop, and raise what went wrong in a script unless something else did."""
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()
        if not self.failures:
            return
        if error is None:
            raise self.failures[0]
        error.add_note(f"the script broke before: {self.failures[0]!r}")

    @property
    def port(self) -> int:
        """The port that is served."""
        assert self._server is not None
        port: int = next(iter(self._server.sockets)).getsockname()[1]
        return port

    @property
    def url(self) -> str:
        """The URL to connect to."""
        scheme = "ws" if self._tls is None else "wss"
        return f"{scheme}://127.0.0.1:{self.port}/v1/realtime"

    def refuse_next(
        self, status: int, headers: Mapping[str, str] | None = None, *, for_ever: bool = False
    ) -> None:
        """Answer the next handshake, or all of them from now on, with this HTTP status."""
        self._refuse, self._headers = status, dict(headers or {})
        self._refuses_once = not for_ever

    async def _answer(self, connection: ServerConnection, request: Request) -> Response | None:
        self.requests.append(request)
        status = self._refuse
        if status is None:
            return None
        if self._refuses_once:
            self._refuse, self._refuses_once = None, False
        body = self._body.encode()
        headers = Headers(self._headers)
        headers["Content-Length"] = str(len(body))
        return Response(status, http.HTTPStatus(status).phrase, headers, body)

    async def _serve(self, connection: ServerConnection) -> None:
        peer = Peer(connection, self._dialect)
        self.peers.append(peer)
        script = self._scripts[min(len(self.peers), len(self._scripts)) - 1]
        if script is None:
            await peer.until_closed()
            return
        try:
            await script(peer)
            await peer.until_closed()
        except ConnectionClosed:
            self.failures.append(ScriptBroken("the client left in the middle of the script"))
        except Exception as error:
            self.failures.append(error)
            await peer.close(1011, "the script broke")
