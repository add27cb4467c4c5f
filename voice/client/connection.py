"""One connection at a time: dials, reads, writes, and says how it ended."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import NoReturn, TypeAlias

from voice.client.outbox import Outbox
from voice.client.transport import Transport
from voice.core.messages import DialectDetected, FrameRefused, Input, LinkDown, LinkUp
from voice.errors import AuthError, ConnectError, LinkLost, RemoteProtocolError
from voice.protocol.client_events import ClientEvent
from voice.protocol.codec import ClientCodec
from voice.protocol.dialects import Dialect
from voice.protocol.formats import PCM16, AudioFormat
from voice.protocol.server_events import ServerEvent, SessionCreated

log = logging.getLogger(__name__)

Dial: TypeAlias = Callable[[], Awaitable[Transport]]
Feed: TypeAlias = Callable[[ServerEvent | Input], None]


class Connection:
    """The socket of a session; ``open`` may be called again when it has ended.

    ``dial`` opens a transport, ``new_codec`` makes its codec. Everything that arrives, and the end,
    goes to ``feed``; of each ``open`` exactly one ``LinkDown`` comes.
    """

    def __init__(
        self,
        group: asyncio.TaskGroup,
        *,
        dial: Dial,
        new_codec: Callable[[], ClientCodec],
        feed: Feed,
    ) -> None:
        self._group = group
        self._dial = dial
        self._new_codec = new_codec
        self._feed = feed
        self._codec = new_codec()
        self._outbox = Outbox()
        self._input_format = PCM16
        self._close: tuple[int, str] | None = None
        self._patience: asyncio.Timeout | None = None
        self._task: asyncio.Task[None] | None = None
        self.dropped_ms = 0
        """Audio of the microphone that was dropped because the network was too slow."""

    def open(self) -> None:
        """Begin to dial."""
        self._codec, self._outbox, self._close = self._new_codec(), Outbox(), None
        self._outbox.set_format(self._input_format)
        self._task = self._group.create_task(self._live(), name="connection")

    def close(self, code: int, reason: str) -> None:
        """Close once everything sent before is out; a dial is given up at once."""
        self._close = self._close or (code, reason)
        self._outbox.close()
        if self._patience is not None:
            self._patience.reschedule(asyncio.get_running_loop().time())

    def cancel(self) -> None:
        """Give the connection up without waiting for anything."""
        if self._task is not None:
            self._task.cancel()

    def set_input_format(self, audio_format: AudioFormat) -> None:
        """Measure the microphone's audio in this format."""
        self._input_format = audio_format
        self._outbox.set_format(audio_format)

    @property
    def waiting_ms(self) -> int:
        """How much of the microphone's audio waits to be sent."""
        return self._outbox.waiting_ms

    def send(self, event: ClientEvent) -> bool:
        """Queue an event; return False where the endpoint has long stopped to take any."""
        return all(self._outbox.put(frame) for frame in self._codec.encode(event))

    def send_audio(self, audio: bytes) -> bool:
        """Queue microphone audio; return whether older audio was dropped for it."""
        outbox = self._outbox
        is_behind = outbox.put_audio(self._codec.encode_append(audio), len(audio))
        if is_behind:
            self.dropped_ms = outbox.dropped_ms
        return is_behind

    async def _live(self) -> None:
        """Dial, then read and write until the connection ends; feed how it ended."""
        try:
            transport = await self._dial_patiently()
            if transport is None:
                down = LinkDown(*(self._close or (1000, "")))
            else:
                down = await self._converse(transport)
        except ConnectError as error:
            is_auth, retryable = isinstance(error, AuthError), error.retryable
            down = LinkDown(error.status or 0, str(error), is_auth=is_auth, retryable=retryable)
        log.info("connection ended with %d", down.code)
        self._feed(down)

    async def _dial_patiently(self) -> Transport | None:
        """Return an open transport, or None where we closed before there was one."""
        if self._close is not None:
            return None
        try:
            # ``close`` moves this deadline to now.
            async with asyncio.timeout(None) as self._patience:
                return await self._dial()
        except TimeoutError:
            return None
        finally:
            self._patience = None

    async def _converse(self, transport: Transport) -> LinkDown:
        """Read and write until the connection ends; return how."""
        writing = self._group.create_task(self._write(transport), name="connection writer")
        try:
            self._feed(LinkUp())
            await self._read(transport)
        except LinkLost as error:
            return LinkDown(error.code, str(error))
        finally:
            writing.cancel()
            await transport.close(*(self._close or (1001, "")))

    async def _write(self, transport: Transport) -> None:
        """Send until we close; whatever goes wrong here, reading tells."""
        with contextlib.suppress(LinkLost):
            await self._outbox.run(transport)
        await transport.close(*(self._close or (1001, "")))

    async def _read(self, transport: Transport) -> NoReturn:
        """Feed what arrives; raises LinkLost at the end."""
        feed, codec = self._feed, self._codec
        is_greeted = False

        def take(frame: str | bytes) -> None:
            nonlocal is_greeted
            try:
                event = codec.decode(frame)
            except RemoteProtocolError as error:
                feed(FrameRefused(str(error)))
                return
            if not is_greeted and isinstance(event, SessionCreated):
                is_greeted = True
                feed(DialectDetected(codec.dialect or Dialect.GA))
            feed(event)

        await transport.read(take)
