"""The life of one session: one task group, from the first dial to the last release."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import replace

from voice.audio.ports import Microphone, Speaker
from voice.blackbox.recorded_core import RecordedCodec
from voice.blackbox.recorder import Recorder
from voice.client.shell import Shell
from voice.client.tool_runner import ToolCaller
from voice.client.transport import Transport, WebSocketTransport
from voice.client.update_streams import UpdateStreams
from voice.core import messages as m
from voice.core.client import ClientCore
from voice.core.updates import (
    Ended,
    EndKind,
    ErrorReported,
    MicrophoneEnded,
    SessionReady,
    Update,
    WarningIssued,
)
from voice.errors import AuthError, ConnectError, DeviceError, LinkLost, VoiceError
from voice.protocol.codec import ClientCodec
from voice.protocol.endpoints import Endpoint

log = logging.getLogger(__name__)


class SessionRun:
    """Runs one session; ``live`` is its task, and everything else is called from the same loop.

    Raises SettingsError for an endpoint that needs a model, or a key that no header can carry.
    """

    def __init__(
        self,
        core: ClientCore,
        endpoint: Endpoint,
        *,
        key: str | None,
        microphone: Microphone | None,
        speaker: Speaker,
        tools: ToolCaller | None,
        recorder: Recorder | None = None,
    ) -> None:
        self.streams = UpdateStreams()
        self.ready = asyncio.Event()
        """Set once the conversation can begin."""
        self._core = core
        self._endpoint = endpoint
        self._key = key
        self._url = endpoint.url()
        self._headers = endpoint.headers(key)
        self._microphone = microphone
        self._speaker = speaker
        self._tools = tools
        self._recorder = recorder
        self._shell: Shell | None = None
        self._over = asyncio.Event()
        self._broken_by: Exception | None = None
        self._is_hung_up = False
        self._ended: Ended | None = None

    @property
    def waiting_audio_ms(self) -> int:
        """How much of the microphone's audio waits to be sent."""
        return 0 if self._shell is None else self._shell.waiting_audio_ms

    @property
    def dropped_audio_ms(self) -> int:
        """Audio of the microphone that was dropped because the network was too slow."""
        return 0 if self._shell is None else self._shell.dropped_audio_ms

    def feed(self, event: m.Input) -> None:
        """Let the core take what a person or a program did."""
        if self._shell is None:
            raise RuntimeError("the session was not entered")
        self._shell.feed(event)

    def hang_up(self) -> None:
        """Begin to end; ``live`` returns soon after. Idempotent."""
        self._is_hung_up = True
        if self._shell is not None:
            self._shell.feed_safely(m.HangUp())

    def raise_end(self) -> None:
        """Raise the error that the end of the session stands for, if nobody wanted it."""
        if self._ended is not None and self._ended.kind is not EndKind.HUNG_UP:
            raise error_of(self._ended)

    async def live(self) -> None:
        """Live until the end and release everything; raises what our own code broke with."""
        try:
            async with asyncio.TaskGroup() as group:
                await self._live(group)
        except ExceptionGroup as errors:
            error = _first(errors)
            self.streams.end(error)
            raise error from None
        finally:
            self.streams.end()
            await self._speaker.close()
            if self._microphone is not None:
                await self._microphone.close()
            if self._recorder is not None:
                await asyncio.to_thread(self._recorder.close)

    async def _live(self, group: asyncio.TaskGroup) -> None:
        shell = self._shell = Shell(
            self._core,
            group,
            dial=self._dial,
            new_codec=self._new_codec,
            speaker=self._speaker,
            tools=self._tools,
            publish=self._publish,
            closed=self._over.set,
            broke=self._break,
        )
        listening = None
        if self._recorder is not None:
            self._tell_of_recording(self._recorder)
        try:
            self._speaker.start(lambda: shell.feed_safely(m.PlaybackDrained()))
            if self._microphone is not None:
                listening = group.create_task(
                    self._listen(self._microphone, shell), name="microphone"
                )
            shell.feed(m.HangUp() if self._is_hung_up else m.Started())
            await self._over.wait()
            if self._broken_by is not None:
                raise self._broken_by
        finally:
            shell.stop()
            if listening is not None:
                listening.cancel()

    async def _listen(self, microphone: Microphone, shell: Shell) -> None:
        hear = shell.hear
        try:
            async for pcm in microphone.frames():
                hear(pcm)
        except DeviceError as error:
            self._publish(WarningIssued("microphone_lost", str(error)))
        self._publish(MicrophoneEnded())

    async def _dial(self) -> Transport:
        return await WebSocketTransport.open(
            self._url, headers=self._headers, safe_url=self._endpoint.safe_url
        )

    def _tell_of_recording(self, recorder: Recorder) -> None:
        loop = asyncio.get_running_loop()

        def stopped(reason: str) -> None:
            warning = WarningIssued("recording_stopped", f"the recording ends here: {reason}")
            # The disk may fail in the recorder's thread, after the last turn of this loop.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(self._publish, warning)

        recorder.on_stopped = stopped

    def _new_codec(self) -> ClientCodec:
        if self._recorder is not None:
            time_s = asyncio.get_running_loop().time
            return RecordedCodec(
                self._recorder,
                lambda: int(time_s() * 1_000),
                self._endpoint.dialect,
                self._endpoint.capabilities,
            )
        return ClientCodec(self._endpoint.dialect, self._endpoint.capabilities)

    def _break(self, error: Exception) -> None:
        self._broken_by = self._broken_by or error
        self._over.set()

    def _publish(self, update: Update) -> None:
        update = self._without_key(update)
        match update:
            case SessionReady():
                log.info("session open at %s, %s", self._endpoint.name, update.dialect.value)
                self.ready.set()
            case Ended():
                log.info("session ended: %s", update.kind.value)
                self._ended = update
        self.streams.publish(update)
        if self._ended is not None:
            self.streams.end()

    def _without_key(self, update: Update) -> Update:
        """Return an update without our key, which an endpoint's message may repeat."""
        key = self._key
        if not key:
            return update
        if isinstance(update, Ended) and key in update.reason:
            return replace(update, reason=update.reason.replace(key, "***"))
        if isinstance(update, ErrorReported) and key in update.message:
            return replace(update, message=update.message.replace(key, "***"))
        return update


def error_of(ended: Ended) -> VoiceError:
    """Return the error that an end stands for."""
    match ended.kind:
        case EndKind.AUTH_FAILED:
            return AuthError(ended.reason, status=ended.code or None)
        case EndKind.CONNECT_FAILED:
            status = ended.code or None
            return ConnectError(ended.reason, status=status, retryable=ended.retryable)
        case _:
            return LinkLost(ended.reason, code=ended.code)


def _first(errors: ExceptionGroup[Exception]) -> Exception:
    """Return the first error of a group: the one that made the others end."""
    error: Exception = errors
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error
