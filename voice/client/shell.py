"""The shell around a ClientCore: feeds it, performs what it asks for, wakes it in time.

Everything here runs on the session's event loop and never waits; ``feed`` is never entered twice.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias, cast

from voice.audio.ports import Speaker
from voice.client.connection import Connection, Feed
from voice.client.tool_runner import ToolCaller, ToolRunner
from voice.client.transport import Transport
from voice.client.wire_sound import WireSound
from voice.core import client_actions as act
from voice.core import client_inputs as inp
from voice.core.client import ClientCore
from voice.core.feeding import feed
from voice.core.updates import ResponseFinished, SessionReady, Update, WarningIssued
from voice.protocol.codec import ClientCodec
from voice.protocol.dialects import Dialect
from voice.protocol.server_events import AudioDelta, ServerEvent

Event: TypeAlias = ServerEvent | inp.Input

DialAt: TypeAlias = Callable[[int, Dialect | None], Awaitable[Transport]]
"""Opens a transport to one endpoint of the list, in a dialect if the core chooses one."""

_HOT = frozenset({inp.MicFrame, AudioDelta})
"""Audio: no act of it answers with an input, the sound itself is the last act, and no deadline
comes nearer, so that it needs none of the care that other events get."""


class Shell:
    """Joins one core to a connection, a speaker and tools, whose tasks live in ``group``.

    ``publish`` gets every update, ``closed`` is called when nothing more will happen, and ``broke``
    with what our own code raised where nobody else would see it.
    """

    def __init__(
        self,
        core: ClientCore,
        group: asyncio.TaskGroup,
        *,
        dial: DialAt,
        new_codec: Callable[[int, Dialect | None], ClientCodec],
        speaker: Speaker,
        tools: ToolCaller | None,
        publish: Callable[[Update], None],
        closed: Callable[[], None],
        broke: Callable[[Exception], None],
    ) -> None:
        self._core = core
        self._handle = core.handle
        self._group = group
        self._dial = dial
        self._new_codec = new_codec
        self._connection: Connection | None = None
        self._standby: Connection | None = None
        self._open: set[Connection] = set()
        self._dropped_ms = 0
        self._tools = ToolRunner(tools, group, finished=self.feed)
        self._speaker = speaker
        self._publish = publish
        self._closed = closed
        self._broke = broke
        self._loop = asyncio.get_running_loop()
        self._time_s = self._loop.time
        self._sound = WireSound()
        self._is_feeding = False
        self._waiting: deque[Event] = deque()  # bounded: what one step's own devices answer
        self._timer: asyncio.TimerHandle | None = None
        self._timer_ms = 0
        self._is_dropping = False
        self._acts = self._all_acts()
        self._set_formats()

    def feed(self, event: Event) -> None:
        """Let the core take an event and perform what it asks for.

        An event that a device raises while another is being taken waits for the end of that one.
        """
        if self._is_feeding:
            self._waiting.append(event)
            return
        if type(event) in _HOT:
            for action in self._handle(event, int(self._time_s() * 1000)):
                self._acts[type(action)](action)
            return
        self._is_feeding = True
        try:
            feed(self._core, event, int(self._time_s() * 1000), self._acts)
            while self._waiting:
                feed(self._core, self._waiting.popleft(), int(self._time_s() * 1000), self._acts)
        finally:
            self._is_feeding = False
        self._look_ahead()

    def feed_safely(self, event: Event) -> None:
        """Feed from a callback of the loop, where nobody would see an exception."""
        try:
            self.feed(event)
        except Exception as error:
            self._broke(error)

    def hear(self, pcm: bytes) -> None:
        """Take one frame of the microphone."""
        audio = self._sound.to_wire(pcm)
        if audio:
            self.feed(inp.MicFrame(audio))

    def stop(self) -> None:
        """End the tasks and the alarm."""
        self._silence_alarm()
        self._tools.stop()
        for connection in tuple(self._open):
            connection.cancel()

    @property
    def waiting_audio_ms(self) -> int:
        """How much of the microphone's audio waits to be sent."""
        return 0 if self._connection is None else self._connection.waiting_ms

    @property
    def dropped_audio_ms(self) -> int:
        """Audio of the microphone that was dropped because the network was too slow."""
        now = 0 if self._connection is None else self._connection.dropped_ms
        return self._dropped_ms + now

    def _look_ahead(self) -> None:
        """Set the alarm to the core's next deadline; an alarm that rings early does no harm."""
        if self._core.is_closed:
            self._silence_alarm()
            self._closed()
            return
        due_ms = self._core.next_deadline_ms()
        if due_ms is None or (self._timer is not None and self._timer_ms <= due_ms):
            return
        self._silence_alarm()
        self._timer_ms = due_ms
        # One more millisecond, as the core's clock is floored to whole ones.
        self._timer = self._loop.call_at((due_ms + 1) / 1000, self._ring)

    def _silence_alarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _ring(self) -> None:
        self._timer = None
        self.feed_safely(inp.Tick())

    def _set_formats(self) -> None:
        self._sound.set_formats(self._core.input_format, self._core.output_format)
        if self._connection is not None:
            self._connection.set_input_format(self._core.input_format)

    # --- actions ----------------------------------------------------------------------------------

    def _all_acts(self) -> dict[type, Callable[[Any], inp.Input | None]]:
        return {
            act.SendAudio: self._send_audio,
            act.PlayAudio: self._play,
            act.SendEvent: self._send_event,
            act.Publish: self._show,
            act.FlushPlayback: self._flush,
            act.PausePlayback: self._pause,
            act.ResumePlayback: self._resume,
            act.StartTool: self._start_tool,
            act.CancelTool: self._cancel_tool,
            act.Connect: self._connect,
            act.DropLink: self._drop_link,
            act.ConnectStandby: self._connect_standby,
            act.SendStandby: self._send_standby,
            act.TakeOver: self._take_over,
            act.CloseStandby: self._close_standby,
            act.Close: self._close,
        }

    def _send_audio(self, action: act.SendAudio) -> None:
        assert self._connection is not None
        if action.kept:
            self._connection.send_kept_audio(action.audio)
            return
        is_behind = self._connection.send_audio(action.audio)
        if is_behind and not self._is_dropping:
            message = "the network is slower than speech; the oldest audio is dropped"
            self._publish(WarningIssued("audio_dropped", message))
        self._is_dropping = is_behind

    def _play(self, action: act.PlayAudio) -> None:
        item_id, index, audio = action.item_id, action.content_index, action.audio
        if not self._sound.is_plain:
            audio = self._sound.to_speaker(item_id, index, audio)
        self._speaker.play(item_id, index, audio)

    def _send_event(self, action: act.SendEvent) -> inp.Input | None:
        assert self._connection is not None
        if self._connection.send(action.event):
            return None
        return inp.LinkDown(1006, "the endpoint has stopped to take anything; given up")

    def _show(self, action: act.Publish) -> None:
        update = action.update
        if isinstance(update, SessionReady):
            self._set_formats()
        elif isinstance(update, ResponseFinished):
            tail = self._sound.finish()
            if tail is not None:
                self._speaker.play(*tail)
        self._publish(update)

    def _flush(self, action: act.FlushPlayback) -> inp.Input:
        self._sound.drop()
        return inp.PlaybackStopped(tuple(self._speaker.flush()))

    def _pause(self, action: act.PausePlayback) -> None:
        self._speaker.pause()

    def _resume(self, action: act.ResumePlayback) -> None:
        self._speaker.resume()

    def _start_tool(self, action: act.StartTool) -> None:
        self._tools.start(action.call_id, action.name, action.arguments)

    def _cancel_tool(self, action: act.CancelTool) -> None:
        self._tools.cancel(action.call_id)

    def _connect(self, action: act.Connect) -> None:
        self._let_go()
        self._connection = self._opened(action.endpoint, action.dialect, self.feed)
        self._connection.set_input_format(self._core.input_format)

    def _drop_link(self, action: act.DropLink) -> None:
        self._let_go()

    def _connect_standby(self, action: act.ConnectStandby) -> None:
        self._standby = self._opened(
            action.endpoint, action.dialect, lambda event: self.feed(_from_standby(event))
        )

    def _send_standby(self, action: act.SendStandby) -> inp.Input | None:
        assert self._standby is not None
        if self._standby.send(action.event):
            return None
        return inp.StandbyEvent(inp.LinkDown(1006, "the endpoint has stopped to take anything"))

    def _take_over(self, action: act.TakeOver) -> None:
        former, self._connection, self._standby = self._connection, self._standby, None
        if former is not None:
            self._dropped_ms += former.dropped_ms
            former.retire(1000, "another session took over")
        assert self._connection is not None
        self._connection.feed = self.feed

    def _close_standby(self, action: act.CloseStandby) -> None:
        if self._standby is not None:
            self._standby.drop()
            self._standby = None

    def _close(self, action: act.Close) -> None:
        if self._standby is not None:
            self._standby.drop()
        if self._connection is not None:
            self._connection.close(action.code, action.reason)

    def _opened(self, endpoint: int, dialect: Dialect | None, feed: Feed) -> Connection:
        connection = Connection(
            self._group,
            dial=lambda: self._dial(endpoint, dialect),
            codec=self._new_codec(endpoint, dialect),
            feed=feed,
        )
        self._open.add(connection)
        connection.open().add_done_callback(lambda _: self._open.discard(connection))
        return connection

    def _let_go(self) -> None:
        """Drop the connection; what was sent before and is not out yet is lost."""
        if self._connection is not None:
            self._dropped_ms += self._connection.dropped_ms
            self._connection.drop()
            self._connection = None


def _from_standby(event: Event) -> inp.StandbyEvent:
    """Wrap what a connection says; it says nothing else than this kind."""
    return inp.StandbyEvent(cast(inp.StandbyNews, event))
