"""The life of one session: one task group, from the first dial to the last release."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from voice.audio.ports import Microphone, Speaker
from voice.blackbox.recorded_core import RecordedCodec
from voice.blackbox.recorder import Recorder
from voice.client.bookkeeper import Bookkeeper, Budget
from voice.client.place import Place, spoken
from voice.client.session_log import SessionLog
from voice.client.shell import Shell
from voice.client.tool_runner import ToolCaller
from voice.client.transport import OPEN_AGAIN_LIMIT_S, OPEN_LIMIT_S, Transport, WebSocketTransport
from voice.client.update_streams import UpdateStreams
from voice.core import client_inputs as inp
from voice.core.client import ClientCore
from voice.core.cost import CostUpdated
from voice.core.updates import (
    ConnectionLost,
    Ended,
    EndKind,
    EndpointChanged,
    ErrorReported,
    MicrophoneEnded,
    SessionReady,
    Update,
    WarningIssued,
)
from voice.errors import AuthError, CapReached, ConnectError, DeviceError, LinkLost, VoiceError
from voice.log_lines import SESSION
from voice.logs import LEAST_SECRET
from voice.protocol.codec import ClientCodec
from voice.protocol.dialects import Dialect

log = logging.getLogger(__name__)

CLOCK_EVERY_S = 1.0
CLOCK_JUMP_S = 5.0
"""A step of the clock beyond this is a sleep: connections and audio are of before it."""


class SessionRun:
    """Runs one session; ``live`` is its task, and everything else is called from the same loop.

    Raises SettingsError for an endpoint that needs a model, or a key that no header can carry.
    """

    def __init__(
        self,
        core: ClientCore,
        places: Sequence[Place],
        *,
        microphone: Microphone | None,
        speaker: Speaker,
        tools: ToolCaller | None,
        recorder: Recorder | None = None,
        budget: Budget | None = None,
        observers: Sequence[Callable[[Update], None]] = (),
        hidden: Iterable[str] = (),
    ) -> None:
        self.streams = UpdateStreams()
        self.ready = asyncio.Event()
        """Set once the conversation can begin."""
        self._core = core
        self._places = tuple(places)
        self._keys = {*hidden, *(place.key for place in places if place.key)}
        for place in places:
            if place.start is None:
                # What is wrong with a place is said at once, not when it is needed.
                place.endpoint.url()
                place.endpoint.headers(place.key)
        self._microphone = microphone
        self._speaker = speaker
        self._tools = tools
        self._recorder = recorder
        self._keeper = Bookkeeper(budget or Budget())
        self._barred: frozenset[int] = frozenset()
        log_of_session = SessionLog(places[0].endpoint.name, time.monotonic)
        self._observers = (log_of_session.take, *observers)
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

    def feed(self, event: inp.Input) -> None:
        """Let the core take what a person or a program did."""
        if self._shell is None:
            raise RuntimeError("the session was not entered")
        if isinstance(event, inp.UserTyped):
            self._keeper.turn_began()
        self._shell.feed(event)

    def hang_up(self, reason: str = "hung up") -> None:
        """Begin to end; ``live`` returns soon after. Idempotent."""
        self._is_hung_up = True
        if self._shell is not None:
            self._shell.feed_safely(inp.HangUp(reason))

    def heard_texts(self) -> dict[str, str]:
        """Return for each item that sounds which of its words were heard so far."""
        return self._core.heard_texts(self._speaker.heard())

    def raise_end(self) -> None:
        """Raise the error that the end of the session stands for, if nobody wanted it."""
        if self._ended is not None and self._ended.kind is not EndKind.HUNG_UP:
            raise error_of(self._ended)

    async def live(self) -> None:
        """Live until the end and release everything; raises what our own code broke with."""
        SESSION.set(secrets.token_hex(4))  # every task of this session inherits it
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
        watching = group.create_task(self._watch_clock(shell), name="clock")
        if self._recorder is not None:
            self._tell_of_recording(self._recorder)
        try:
            self._speaker.start(lambda: shell.feed_safely(inp.PlaybackDrained()))
            if self._microphone is not None:
                listening = group.create_task(
                    self._listen(self._microphone, shell), name="microphone"
                )
            self._obey_caps()
            shell.feed(inp.HangUp() if self._is_hung_up else inp.Started())
            await self._over.wait()
            if self._broken_by is not None:
                raise self._broken_by
        finally:
            shell.stop()
            watching.cancel()
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

    async def _watch_clock(self, shell: Shell) -> None:
        """Tell the core of time that passed without us: a sleep of the computer, or a stop."""
        loop = asyncio.get_running_loop()
        seen = time.time(), loop.time()
        while True:
            await asyncio.sleep(CLOCK_EVERY_S)
            self._obey_caps()
            # The loop's clock stands still while the computer sleeps, the time of day does not.
            now = time.time(), loop.time()
            gap_s = max(now[0] - seen[0], now[1] - seen[1])
            seen = now
            if gap_s > CLOCK_EVERY_S + CLOCK_JUMP_S:
                log.info("the clock jumped by %.0f s", gap_s)
                shell.feed(inp.ClockJumped())

    async def _dial(self, index: int, dialect: Dialect | None) -> Transport:
        place = self._places[index]
        endpoint, key = place.endpoint, place.key
        if place.start is not None:
            endpoint, secret = await place.start()
            key = None if secret is None else secret.get_secret_value()
            if key:
                self._keys.add(key)
        endpoint = spoken(endpoint, dialect)
        return await WebSocketTransport.open(
            endpoint.url(),
            headers=endpoint.headers(key),
            safe_url=endpoint.safe_url,
            limit_s=OPEN_AGAIN_LIMIT_S if self.ready.is_set() else OPEN_LIMIT_S,
        )

    def _tell_of_recording(self, recorder: Recorder) -> None:
        loop = asyncio.get_running_loop()

        def stopped(reason: str) -> None:
            warning = WarningIssued("recording_stopped", f"the recording ends here: {reason}")
            # The disk may fail in the recorder's thread, after the last turn of this loop.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(self._publish, warning)

        recorder.on_stopped = stopped
        if recorder.stopped_because is not None:
            stopped(recorder.stopped_because)

    def _new_codec(self, index: int, dialect: Dialect | None) -> ClientCodec:
        endpoint = spoken(self._places[index].endpoint, dialect)
        if self._recorder is not None:
            time_s = asyncio.get_running_loop().time
            return RecordedCodec(
                self._recorder,
                lambda: int(time_s() * 1_000),
                endpoint.dialect,
                endpoint.capabilities,
            )
        return ClientCodec(endpoint.dialect, endpoint.capabilities)

    def _break(self, error: Exception) -> None:
        self._broken_by = self._broken_by or error
        self._over.set()

    def _obey_caps(self) -> None:
        """Tell the core which places are out of reach by now, or within it again."""
        barred = self._keeper.barred
        if barred != self._barred and self._shell is not None:
            self._barred = barred
            self._shell.feed(inp.EndpointsBarred(barred, self._keeper.reason))

    def _publish(self, update: Update) -> None:
        update = self._without_key(update)
        match update:
            case SessionReady():
                self.ready.set()
            case Ended():
                self._ended = update
        for observe in self._observers:
            observe(update)
        self.streams.publish(update)
        if self._ended is not None:
            self.streams.end()
        for told in self._keeper.take(update):
            self._publish(told)
            if isinstance(told, CostUpdated):
                self._obey_caps()

    def _without_key(self, update: Update) -> Update:
        """Return an update without our keys, which an endpoint's message may repeat."""
        for key in self._keys:
            if len(key) < LEAST_SECRET:
                continue
            match update:
                case Ended() | ConnectionLost() | EndpointChanged() if key in update.reason:
                    update = replace(update, reason=update.reason.replace(key, "***"))
                case ErrorReported() if key in update.message:
                    update = replace(update, message=update.message.replace(key, "***"))
        return update


def error_of(ended: Ended) -> VoiceError:
    """Return the error that an end stands for."""
    match ended.kind:
        case EndKind.AUTH_FAILED:
            return AuthError(ended.reason, status=ended.code or None)
        case EndKind.CAP_REACHED:
            return CapReached(ended.reason)
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
