"""A TCP proxy that breaks connections on purpose: between any client and any server.

Every fault is a plain attribute or method, so that a test can change it while bytes flow. Chance is
seeded. Counting cut points is the test's business: with a reset, bytes on their way are lost, so
count what the victim has parsed and then call ``reset`` (FAULTS §3.1).
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Side: TypeAlias = Literal["up", "down"]
"""``up`` is from the client to the server."""

_READ_BYTES = 1 << 16
_RATE_STEP_S = 0.05
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


@dataclass(slots=True)
class Faults:
    """What happens to one direction; the defaults break nothing.

    ``latency_ms`` and ``jitter_ms`` delay each stretch, ``rate_bps`` are bytes per second,
    ``slice_bytes`` cuts what is sent into pieces, ``corrupt`` is the share of bytes that are
    flipped, ``is_black_hole`` swallows everything, the end of the stream too.
    """

    latency_ms: float = 0.0
    jitter_ms: float = 0.0
    rate_bps: float | None = None
    slice_bytes: int | None = None
    corrupt: float = 0.0
    is_black_hole: bool = False


@dataclass(slots=True, eq=False)
class _Pair:
    """One proxied connection."""

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter
    tasks: list[asyncio.Task[None]] = field(default_factory=list)


class FaultProxy:
    """Listens on a free port of this machine and forwards to ``host``:``port``; ``proxying``.

    ``refuse`` accepts nothing: new connections are reset at once. ``is_deaf`` accepts and then
    answers nothing, so that a handshake hangs. ``buffer_bytes`` is about what it holds of a client
    that sends faster than ``rate_bps``; the usual buffers hold half a minute of speech, as no slow
    network does.
    """

    def __init__(
        self, host: str, port: int, *, seed: int = 0, buffer_bytes: int | None = None
    ) -> None:
        self.target = (host, port)
        self.buffer_bytes = buffer_bytes
        self.up = Faults()
        self.down = Faults()
        self.refuse = False
        self.is_deaf = False
        self.accepted = 0
        """Connections that clients have made, refused ones too."""
        self.forwarded: dict[Side, int] = {"up": 0, "down": 0}
        self._healed = asyncio.Event()
        self._random = random.Random(seed)
        self._pairs: set[_Pair] = set()  # bounded: by the test's clients
        self._listener: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()  # bounded: one for each connection
        self.port = 0

    @property
    def open_connections(self) -> int:
        """Connections that are being forwarded now."""
        return len(self._pairs)

    async def start(self, port: int = 0) -> None:
        """Listen, on a given port where a restarted server must be found again."""
        listening = socket.create_server(("127.0.0.1", port))
        if self.buffer_bytes is not None:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.buffer_bytes)
        limit = self.buffer_bytes or _READ_BYTES
        self._listener = await asyncio.start_server(self._accept, sock=listening, limit=limit)
        self.port = listening.getsockname()[1]

    async def stop_listening(self) -> None:
        """Refuse by not being there: the port is closed, what is open goes on."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    async def close(self) -> None:
        """End everything and wait for it."""
        await self.stop_listening()
        tasks = [*self._tasks, *(task for pair in self._pairs for task in pair.tasks)]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for pair in list(self._pairs):
            self._drop(pair)

    def reset(self) -> None:
        """Reset every open connection on both sides; what is on its way is lost."""
        for pair in list(self._pairs):
            for writer in (pair.client, pair.server):
                _reset(writer)
            self._drop(pair)

    def finish(self) -> None:
        """Close every open connection without a close frame: a FIN, nothing more."""
        for pair in list(self._pairs):
            self._drop(pair)

    def half_close(self, side: Side) -> None:
        """End one direction of every open connection; the other goes on."""
        for pair in self._pairs:
            writer = pair.server if side == "up" else pair.client
            if writer.can_write_eof():
                writer.write_eof()

    def black_hole(self, *, both: bool = True) -> None:
        """Swallow everything from now on, ends of streams too; nobody is told."""
        self.down.is_black_hole = True
        self.up.is_black_hole = both or self.up.is_black_hole

    def heal(self) -> None:
        """Break nothing any more; what was swallowed stays lost."""
        self.up, self.down = Faults(), Faults()
        self.refuse = self.is_deaf = False
        healed, self._healed = self._healed, asyncio.Event()
        healed.set()

    # --- forwarding -------------------------------------------------------------------------------

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        if self.refuse:
            _reset(writer)
            return
        if self.is_deaf:
            await self._swallow(reader, writer)
            return
        try:
            server_reader, server_writer = await asyncio.open_connection(*self.target)
        except OSError:
            _reset(writer)
            return
        pair = _Pair(writer, server_writer)
        self._pairs.add(pair)
        pair.tasks = [
            asyncio.create_task(self._forward(pair, reader, server_writer, "up")),
            asyncio.create_task(self._forward(pair, server_reader, writer, "down")),
        ]
        await asyncio.gather(*pair.tasks, return_exceptions=True)
        self._drop(pair)

    async def _swallow(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while await reader.read(_READ_BYTES):
                pass
        except OSError:
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _forward(
        self, pair: _Pair, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, side: Side
    ) -> None:
        try:
            while data := await reader.read(_READ_BYTES):
                await self._pass(data, writer, side)
            while self._faults(side).is_black_hole:
                # The end of the stream is swallowed too, or the peer would learn of the fault.
                await self._healed.wait()
            if writer.can_write_eof():
                writer.write_eof()
        except (OSError, RuntimeError):
            if not self._faults(side).is_black_hole:
                for end in (pair.client, pair.server):
                    _reset(end)

    async def _pass(self, data: bytes, writer: asyncio.StreamWriter, side: Side) -> None:
        faults = self._faults(side)
        if faults.latency_ms or faults.jitter_ms:
            wait_ms = faults.latency_ms + self._random.uniform(-1, 1) * faults.jitter_ms
            await asyncio.sleep(max(0.0, wait_ms) / 1_000)
        size = faults.slice_bytes
        if faults.rate_bps is not None and size is None:
            size = max(1, int(faults.rate_bps * _RATE_STEP_S))  # a stream, not one late lump
        for piece in _pieces(data, size):
            faults = self._faults(side)
            if faults.is_black_hole:
                return
            if faults.rate_bps is not None:
                await asyncio.sleep(len(piece) / faults.rate_bps)
            writer.write(self._damaged(piece, faults.corrupt))
            self.forwarded[side] += len(piece)
            await writer.drain()

    def _damaged(self, data: bytes, share: float) -> bytes:
        if share <= 0:
            return data
        damaged = bytearray(data)
        for index in range(len(damaged)):
            if self._random.random() < share:
                damaged[index] ^= 1 << self._random.randrange(8)
        return bytes(damaged)

    def _faults(self, side: Side) -> Faults:
        return self.up if side == "up" else self.down

    def _drop(self, pair: _Pair) -> None:
        self._pairs.discard(pair)
        for writer in (pair.client, pair.server):
            writer.close()


@contextlib.asynccontextmanager
async def proxying(host: str, port: int, *, seed: int = 0) -> AsyncIterator[FaultProxy]:
    """Forward as long as the block lasts."""
    proxy = FaultProxy(host, port, seed=seed)
    await proxy.start()
    try:
        yield proxy
    finally:
        await proxy.close()


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close with a reset instead of a FIN."""
    connection = writer.get_extra_info("socket")
    if connection is not None:
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    writer.transport.abort()


def _pieces(data: bytes, size: int | None) -> list[bytes]:
    if size is None:
        return [data]
    return [data[at : at + size] for at in range(0, len(data), size)]
