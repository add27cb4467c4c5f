"""One connection at a time: dials, reads, writes, and says how it ended."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from typing import NoReturn, TypeAlias

from voice.client.outbox import Outbox
from voice.client.transport import Transport
from voice.core.client_inputs import DialectDetected, FrameRefused, Input, LinkDown, LinkUp
from voice.errors import AuthError, ConnectError, LinkLost, RemoteProtocolError, VoiceError
from voice.protocol.client_events import ClientEvent
from voice.protocol.codec import ClientCodec
from voice.protocol.dialects import Dialect
from voice.protocol.formats import AudioFormat
from voice.protocol.server_events import ServerEvent, SessionCreated

log = logging.getLogger(__name__)

Dial: TypeAlias = Callable[[], Awaitable[Transport]]
Feed: TypeAlias = Callable[[ServerEvent | Input], None]


class Connection:
    """One socket of a session, from its dial to its end; ``open`` is called once.

    ``dial`` opens a transport for ``codec``. Everything that arrives, and the end, goes to ``feed``
    until it is dropped or retired; exactly one ``LinkDown`` comes, the last of all.
    """

    def __init__(
        self,
        group: asyncio.TaskGroup,
        *,
        dial: Dial,
        codec: ClientCodec,
        feed: Feed,
    ) -> None:
        self.feed = feed
        """Where its news goes; may be changed at any time."""
        self._group = group
        self._dial = dial
        self._codec = codec
        self._outbox = Outbox()
        self._close: tuple[int, str] | None = None
        self._patience: asyncio.Timeout | None = None
        self._task: asyncio.Task[None] | None = None

    def open(self) -> asyncio.Task[None]:
        """Begin to dial; return the task, which ends with the connection."""
        self._task = self._group.create_task(self._live(), name="connection")
        return self._task

    def close(self, code: int, reason: str) -> None:
        """Close once everything sent before is out; a dial is given up at once."""
        self._close = self._close or (code, reason)
        self._outbox.close()
        if self._patience is not None:
            self._patience.reschedule(asyncio.get_running_loop().time())

    def cancel(self) -> None:
        """Give the connection up without waiting for anything that is still to be sent."""
        if self._task is not None:
            self._task.cancel()

    def drop(self) -> None:
        """Give the connection up, and hear no more of it."""
        self.feed = _nobody
        self.cancel()

    def retire(self, code: int, reason: str) -> None:
        """Close once everything sent before is out, and hear no more of it."""
        self.feed = _nobody
        self.close(code, reason)

    def set_input_format(self, audio_format: AudioFormat) -> None:
        """Measure the microphone's audio in this format."""
        self._outbox.set_format(audio_format)

    @property
    def waiting_ms(self) -> int:
        """How much of the microphone's audio waits to be sent."""
        return self._outbox.waiting_ms

    @property
    def dropped_ms(self) -> int:
        """Audio of the microphone that was dropped because the network was too slow."""
        return self._outbox.dropped_ms

    def send(self, event: ClientEvent) -> bool:
        """Queue an event; return False where the endpoint has long stopped to take any."""
        return all(self._outbox.put(frame) for frame in self._codec.encode(event))

    def send_kept_audio(self, audio: bytes) -> None:
        """Queue audio that was held back until now; it is not dropped, and the core bounds it."""
        self._outbox.put(self._codec.encode_append(audio))

    def send_audio(self, audio: bytes) -> bool:
        """Queue microphone audio; return whether older audio was dropped for it."""
        return self._outbox.put_audio(self._codec.encode_append(audio), len(audio))

    async def _live(self) -> None:
        """Dial, then read and write until the connection ends; feed how it ended."""
        try:
            transport = await self._dial_patiently()
            if transport is None:
                down = LinkDown(*(self._close or (1000, "")))
            else:
                down = await self._converse(transport)
        except ConnectError as error:
            down = LinkDown(
                error.status or 0,
                str(error),
                is_auth=isinstance(error, AuthError),
                retryable=error.retryable,
                retry_after_ms=int(error.retry_after_s * 1_000),
            )
        except VoiceError as error:
            # An endpoint of our own that could not be started.
            down = LinkDown(0, str(error), retryable=False)
        log.info("connection ended with %d", down.code)
        self.feed(down)

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
            self.feed(LinkUp(int(time.time())))
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
        codec = self._codec
        is_greeted = False

        def take(frame: str | bytes) -> None:
            nonlocal is_greeted
            try:
                event = codec.decode(frame)
            except RemoteProtocolError as error:
                self.feed(FrameRefused(str(error)))
                return
            if not is_greeted and isinstance(event, SessionCreated):
                is_greeted = True
                self.feed(DialectDetected(codec.dialect or Dialect.GA))
            self.feed(event)

        await transport.read(take)


def _nobody(event: ServerEvent | Input) -> None:
    """Take what a connection says that nobody listens to any more."""
