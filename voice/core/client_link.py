"""Opening, configuring and ending the session."""

from __future__ import annotations

from collections import deque

from voice.core.client_config import merged
from voice.core.client_state import ClientState
from voice.core.link import LinkEvent, LinkState
from voice.core.messages import (
    CancelTool,
    Close,
    Connect,
    DialectDetected,
    FlushPlayback,
    FrameRefused,
    HangUp,
    LinkDown,
    LinkUp,
    SendAudio,
    Started,
)
from voice.core.updates import Ended, EndKind, SessionReady
from voice.protocol.client_events import SessionUpdate
from voice.protocol.formats import AudioFormat
from voice.protocol.server_events import SessionCreated, SessionUpdated
from voice.protocol.session_config import SessionConfig

MAX_BAD_FRAMES = 20
BAD_FRAMES_WINDOW_MS = 10_000
"""More bad frames than this within the window end the session (FAULTS §2.2)."""

NORMAL_CLOSURE, PROTOCOL_ERROR, INVALID_DATA = 1000, 1002, 1007
"""Close codes that we send."""


class LinkHandlers:
    """Take what happens to the connection."""

    def __init__(self, state: ClientState) -> None:
        self._state = state
        self._bad_frames: deque[int] = deque(maxlen=MAX_BAD_FRAMES + 1)

    def on_started(self, event: Started) -> None:
        """Dial."""
        self._state.link.move(LinkEvent.DIAL, self._state.now_ms)
        self._state.actions.append(Connect())

    def on_up(self, event: LinkUp) -> None:
        """Wait for the greeting: an open socket proves nothing."""
        if self._state.link.may(LinkEvent.OPENED):
            self._state.link.move(LinkEvent.OPENED, self._state.now_ms)

    def on_dialect(self, event: DialectDetected) -> None:
        """Remember how the endpoint spells."""
        self._state.dialect = event.dialect

    def on_created(self, event: SessionCreated) -> None:
        """Answer the greeting with our whole configuration."""
        state = self._state
        if not state.link.may(LinkEvent.GREETED):
            state.warn("unexpected_greeting", "the endpoint sent session.created a second time")
            return
        state.link.move(LinkEvent.GREETED, state.now_ms)
        state.update_event_id = state.new_id("update")
        state.send(SessionUpdate(event_id=state.update_event_id, session=state.config))

    def on_updated(self, event: SessionUpdated) -> None:
        """Take the endpoint's word for the effective configuration; the first makes us ready."""
        state = self._state
        if isinstance(event.session, SessionConfig):
            self._take_effective(event.session)
        if state.link.state is LinkState.CONFIGURING:
            self._become_ready()

    def on_down(self, event: LinkDown) -> None:
        """End the session with the cause that fits how far it had come."""
        state = self._state
        if event.is_auth:
            kind = EndKind.AUTH_FAILED
        elif state.link.is_ready:
            kind = EndKind.LINK_LOST
        else:
            kind = EndKind.CONNECT_FAILED
        reason = event.reason
        if kind is EndKind.CONNECT_FAILED and state.link.state is LinkState.CONFIGURING:
            reason = f"the endpoint closed the connection while it was being configured: {reason}"
        self._stop_work()
        if state.link.may(LinkEvent.LOST):
            state.link.move(LinkEvent.LOST, state.now_ms)
        state.link.move(LinkEvent.GIVE_UP, state.now_ms)
        state.publish(Ended(kind, event.code, reason, retryable=event.retryable))

    def on_hang_up(self, event: HangUp) -> None:
        """Close on our own wish."""
        self.end(EndKind.HUNG_UP, NORMAL_CLOSURE, event.reason)

    def on_refused_frame(self, event: FrameRefused) -> None:
        """Survive a bad frame; many of them in a row end the session."""
        state, frames = self._state, self._bad_frames
        frames.append(state.now_ms)
        state.warn("bad_frame", event.reason)
        is_flood = len(frames) > MAX_BAD_FRAMES
        if is_flood and state.now_ms - frames[0] <= BAD_FRAMES_WINDOW_MS:
            kind = EndKind.LINK_LOST if state.link.is_ready else EndKind.CONNECT_FAILED
            self.end(kind, INVALID_DATA, "the endpoint sent too many frames that are no events")

    def expire(self) -> None:
        """Act on the deadline of the link, if it has passed."""
        state = self._state
        if not state.link.is_late(state.now_ms):
            return
        if state.link.state is LinkState.CONFIGURING:
            message = "the endpoint did not confirm our configuration; going on without"
            state.warn("unconfirmed_configuration", message)
            self._become_ready()
            return
        reason = (
            "the endpoint opened a socket but never sent session.created; "
            "check that the URL is a realtime endpoint"
        )
        self.end(EndKind.CONNECT_FAILED, PROTOCOL_ERROR, reason)

    def end(self, kind: EndKind, code: int, reason: str, *, retryable: bool = False) -> None:
        """Close the session from our side."""
        state = self._state
        self._stop_work()
        if state.link.state is not LinkState.OFFLINE:
            state.actions.append(Close(code, reason))
        state.link.move(LinkEvent.HANG_UP, state.now_ms)
        state.publish(Ended(kind, code, reason, retryable=retryable))

    def _stop_work(self) -> None:
        state = self._state
        if not state.playback.is_empty:
            state.actions.append(FlushPlayback())
        state.actions += [CancelTool(call.call_id) for call in state.calls.running]

    def _become_ready(self) -> None:
        state = self._state
        state.link.move(LinkEvent.CONFIGURED, state.now_ms)
        state.publish(SessionReady(state.effective, state.dialect))
        if not state.push_to_talk:
            send_kept(state)

    def _take_effective(self, session: SessionConfig) -> None:
        state = self._state
        heard, said = state.audio_format("input"), state.audio_format("output")
        state.effective = merged(state.effective, session)
        if state.audio_format("input") != heard:
            state.uplink.set_format(state.audio_format("input"))
            self._warn_of_format("input", state.audio_format("input"))
        if state.audio_format("output") != said:
            state.playback.set_format(state.audio_format("output"))
            self._warn_of_format("output", state.audio_format("output"))

    def _warn_of_format(self, side: str, audio_format: AudioFormat) -> None:
        message = f"the endpoint's {side} is {audio_format.type} at {audio_format.rate_hz} Hz"
        self._state.warn("other_audio_format", message)


def send_kept(state: ClientState) -> None:
    """Send the pre-roll."""
    for audio in state.uplink.take_kept():
        state.uplink.sent(len(audio), state.now_ms)
        state.actions.append(SendAudio(audio))
