"""One client of the embedded server: a socket, a pure core, and engines at work.

``feed`` is the only way into the core; it is synchronous and performs the actions at once, in
order. Tasks (socket reader, ears, transcriptions, responses) only ever call ``feed`` (DESIGN §5).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from voice.core import server_messages as msg
from voice.core.refusals import Refusal
from voice.core.server import ServerCore
from voice.engines.ports import Engines
from voice.engines.threads import work_for
from voice.errors import LinkLost, RemoteProtocolError
from voice.log_lines import SESSION
from voice.protocol import client_events as cl
from voice.protocol.client_events import AudioAppend, ClientEvent
from voice.protocol.codec import ServerCodec
from voice.protocol.server_events import AudioDelta
from voice.server.ears import Ears, transcribe
from voice.server.fillers import Fillers, FillerTexts
from voice.server.limits import BAD_FRAMES, BAD_FRAMES_S, EVENT_BYTES, USUAL, Limits
from voice.server.outbox import Outbox, PacedTts
from voice.server.patience import OVER_CODE, Patience
from voice.server.pipeline import Voices, prepare_brain, run_response
from voice.server.prompts import brain_tools
from voice.server.response_spans import ResponseSpans
from voice.tracing import Span

logger = logging.getLogger(__name__)

GOING_AWAY = "The server is going away."

CLOSE_LIMIT_S = 1.0
"""How long a close may wait for a client that reads nothing; the socket goes a moment later."""


_LARGE = (AudioAppend, cl.ConversationItemCreate, cl.ResponseCreate)
"""Events that may carry audio or images."""


class _ClientGone(Exception):
    """The socket is closed; ends the connection's task group."""


class Connection:
    """Serves one WebSocket from ``session.created`` to the close."""

    def __init__(
        self,
        socket: WebSocket,
        core: ServerCore,
        codec: ServerCodec,
        engines: Engines,
        *,
        now_ms: Callable[[], int],
        on_measured: Callable[[msg.TurnMeasured], None],
        limits: Limits = USUAL,
        fillers: FillerTexts | None = None,
        network: str = "",
        send_span: Callable[[Span], None] | None = None,
    ) -> None:
        self.network = network
        self.ended = asyncio.Event()
        self._limits = limits
        self._patience = Patience(limits, now_ms() / 1_000)
        self._spoken_until_s = 0.0
        self._socket = socket
        self._core = core
        self._codec = codec
        self._engines = engines
        self._now_ms = now_ms
        self.outbox = Outbox(socket.send_text, blocked_s=limits.blocked_s)
        tts = PacedTts(engines.tts, self.outbox)
        filled = Fillers(fillers) if fillers else None
        self._voices = Voices(engines.brain, tts, filled, self.outbox.catch_up)
        self._ears = Ears(engines.vad, core.view.input_format, self.feed)
        self._tasks: asyncio.TaskGroup
        self._responses: dict[str, asyncio.Task[None]] = {}  # bounded: by the core
        self._transcriptions: dict[tuple[str, int], asyncio.Task[None]] = {}  # bounded: as items
        self._preparations: dict[Any, asyncio.Task[None]] = {}  # bounded: by the brain's threads
        self._bad_frames: deque[float] = deque(maxlen=BAD_FRAMES + 1)
        self._alarm = asyncio.Event()
        self._armed_ms: int | None = None
        self._performers: dict[type, Callable[[Any], None]] = {
            msg.Send: self._send,
            msg.ScoreSpeech: self._ears.hear,
            msg.ResetSpeech: self._ears.hear,
            msg.Transcribe: self._transcribe,
            msg.DropTranscription: self._drop_transcription,
            msg.StartResponse: self._start_response,
            msg.StopResponse: self._stop_response,
            msg.PrepareBrain: self._prepare_brain,
            msg.TurnMeasured: on_measured,
        }
        if send_span is not None:
            spans = ResponseSpans(send_span, time.time)
            self._performers = spans.watching(self._performers)

    async def run(self) -> None:
        """Serve until either side closes. The socket must have been accepted."""
        SESSION.set(self._core.view.session["id"])
        work_for(object())  # engines take sessions in turn; every task below inherits this
        try:
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                tasks.create_task(self._ears.run())
                tasks.create_task(self._run_outbox())
                tasks.create_task(self._run_alarm())
                tasks.create_task(self._run_patience())
                self.feed(msg.Opened())
                await self._read()
        except* _ClientGone:
            pass
        finally:
            self.ended.set()

    def close(self, code: int, reason: str) -> None:
        """Close after everything that is queued."""
        self.outbox.close_with(code, reason)

    async def drain(self) -> None:
        """Close as soon as nothing is being said any more; the caller sets the limit.

        Audio is sent faster than it is played: the last word sent is not yet the last word heard.
        """
        while self._responses:
            await asyncio.wait(list(self._responses.values()))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._spoken_until_s - self._now_ms() / 1_000):
                await self.ended.wait()
        self.close(1001, GOING_AWAY)

    def feed(self, event: ClientEvent | AudioAppend | msg.ServerInput) -> None:
        """Give the core an event and perform what it orders."""
        for action in self._core.handle(event, self._now_ms()):
            self._performers[type(action)](action)
        deadline_ms = self._core.next_deadline_ms()
        if deadline_ms is not None and (self._armed_ms is None or deadline_ms < self._armed_ms):
            self._alarm.set()

    # --- socket -----------------------------------------------------------------------------------

    async def _read(self) -> None:
        try:
            while True:
                message = await self._socket.receive()
                if message["type"] == "websocket.disconnect":
                    raise _ClientGone
                text = message.get("text")
                self._patience.heard(self._now_ms() / 1_000)
                self._take_frame(text if text is not None else message.get("bytes"))
                await self._ears.catch_up()
                await self.outbox.catch_up()
                # What came in one packet is at hand without waiting: others get their turn too.
                await asyncio.sleep(0)
        except (WebSocketDisconnect, RuntimeError) as error:
            raise _ClientGone from error

    def _take_frame(self, frame: str | bytes | None) -> None:
        try:
            event = self._codec.decode(frame if frame is not None else b"")
        except RemoteProtocolError as error:
            refusal = Refusal(error.code, str(error), param=error.param)
            self._send(self._core.refuse(refusal, error.event_id))
            self._count_bad_frame()
            return
        if frame is not None and len(frame) > EVENT_BYTES and not isinstance(event, _LARGE):
            self._send(self._core.refuse(_too_large(event.type, len(frame)), event.event_id))
            return
        if isinstance(event, cl.ConversationItemTruncate):
            self._spoken_until_s = 0.0  # the client has stopped playing
        self.feed(event)

    def _count_bad_frame(self) -> None:
        now_s = asyncio.get_running_loop().time()
        self._bad_frames.append(now_s)
        if len(self._bad_frames) > BAD_FRAMES and now_s - self._bad_frames[0] < BAD_FRAMES_S:
            self.close(1008, "Too many malformed events.")

    async def _run_outbox(self) -> None:
        try:
            code, reason = await self.outbox.run()
            async with asyncio.timeout(CLOSE_LIMIT_S):
                await self._socket.close(code, reason)
        except (LinkLost, OSError, RuntimeError, WebSocketDisconnect) as error:
            raise _ClientGone from error
        raise _ClientGone

    async def _run_patience(self) -> None:
        """End the session when its time is over, or its client says nothing for too long."""
        while (ending := self._patience.ending()) is not None:
            wait_s = ending.at_s - self._now_ms() / 1_000
            if wait_s > 0:
                await asyncio.sleep(wait_s)
                continue
            if ending.code == OVER_CODE:
                self._send(self._core.refuse(Refusal("session_expired", ending.reason), None))
            self.close(ending.code, ending.reason)
            return

    async def _run_alarm(self) -> None:
        """Give the core a Tick when it wants one."""
        while True:
            self._alarm.clear()
            self._armed_ms = deadline_ms = self._core.next_deadline_ms()
            wait_s = None if deadline_ms is None else max(0, deadline_ms - self._now_ms()) / 1_000
            try:
                async with asyncio.timeout(wait_s):
                    await self._alarm.wait()
            except TimeoutError:
                self.feed(msg.Tick())

    # --- actions ----------------------------------------------------------------------------------

    def _send(self, action: msg.Send) -> None:
        if isinstance(action.event, AudioDelta):
            audio_s = self._core.view.output_format.bytes_to_ms(len(action.event.audio)) / 1_000
            self._spoken_until_s = max(self._spoken_until_s, self._now_ms() / 1_000) + audio_s
        for frame in self._codec.encode(action.event):
            self.outbox.put(frame)

    def _transcribe(self, action: msg.Transcribe) -> None:
        key = (action.item_id, action.generation)
        engines = self._engines
        work = transcribe(action, engines.stt, engines.turn_end, self.feed, engines.turn_sound)
        self._keep(self._transcriptions, key, self._tasks.create_task(work))

    def _drop_transcription(self, action: msg.DropTranscription) -> None:
        task = self._transcriptions.get((action.item_id, action.generation))
        if task is not None:
            task.cancel()

    def _start_response(self, action: msg.StartResponse) -> None:
        work = run_response(action, self._voices, self.feed)
        self._keep(self._responses, action.response_id, self._tasks.create_task(work))

    def _prepare_brain(self, action: msg.PrepareBrain) -> None:
        work = prepare_brain(self._engines.brain, brain_tools(action.tools))
        self._keep(self._preparations, object(), self._tasks.create_task(work))

    def _stop_response(self, action: msg.StopResponse) -> None:
        task = self._responses.get(action.response_id)
        if task is not None and task is not asyncio.current_task():
            task.cancel()
            self._spoken_until_s = 0.0

    @staticmethod
    def _keep(tasks: dict[Any, asyncio.Task[None]], key: Any, task: asyncio.Task[None]) -> None:
        tasks[key] = task
        task.add_done_callback(partial(_forget, tasks, key))


def _too_large(kind: str, size: int) -> Refusal:
    return Refusal(
        "string_above_max_length",
        f"Invalid '{kind}': expected an event of at most {EVENT_BYTES} bytes, got {size}.",
    )


def _forget(tasks: dict[Any, asyncio.Task[None]], key: Any, _: asyncio.Task[None]) -> None:
    tasks.pop(key, None)
