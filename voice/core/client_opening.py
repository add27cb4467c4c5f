"""Opening a connection, configuring its session, and going on with the conversation in it."""

from __future__ import annotations

from typing import Literal

from voice.core.client_actions import Connect, SendEvent
from voice.core.client_config import merged
from voice.core.client_inputs import DialectDetected, LinkUp
from voice.core.client_recovery import restore, send_kept
from voice.core.client_state import ClientState
from voice.core.endpoint_news import EndpointNews
from voice.core.link import LinkEvent, LinkState
from voice.core.restore import SETTLE_LIMIT_MS, History
from voice.core.standby import Standby
from voice.core.updates import ErrorReported, Reconnected, SessionReady
from voice.core.uplink import Speech
from voice.protocol.client_events import SessionUpdate
from voice.protocol.formats import AudioFormat
from voice.protocol.server_events import SessionCreated, SessionUpdated
from voice.protocol.session_config import SessionConfig


class OpeningHandlers:
    """Dial, take what an endpoint says until there is a session, and tell of it."""

    def __init__(self, state: ClientState) -> None:
        self._state = state
        self._news = EndpointNews(state)
        self._is_lost = False
        self.left_because = ""
        """Why the endpoint that was used before was left."""
        self.tried: set[int] = set()
        """Endpoints that failed since there was a session."""
        self.unix_s = 0
        """Time of day when the socket opened; 0 for unknown."""
        self.expires_at: int | None = None
        """Time of day at which the endpoint says that the session expires."""
        self.ready_at_ms = 0

    def dial(self) -> None:
        """Connect to the endpoint that is in use."""
        state, routes = self._state, self._state.routes
        index = routes.current
        state.link.move(LinkEvent.DIAL, state.now_ms)
        state.attempts.began(state.now_ms)
        state.capabilities = routes.route.capabilities
        state.config = state.config_for(index, is_first=not state.has_been_ready)
        if not state.has_been_ready:
            state.effective = state.config
        state.actions.append(Connect(index, routes.dialect(index)))

    def on_up(self, event: LinkUp) -> None:
        """Wait for the greeting: an open socket proves nothing."""
        if self._state.link.may(LinkEvent.OPENED):
            self.unix_s = event.unix_s
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
        self.expires_at = event.session.expires_at
        state.update_event_id = state.new_id("update")
        update = SessionUpdate(event_id=state.update_event_id, session=state.config)
        state.actions.append(SendEvent(update))

    def on_updated(self, event: SessionUpdated) -> None:
        """Take the endpoint's word for the effective configuration; the first makes us ready."""
        state = self._state
        is_new = state.link.state is LinkState.CONFIGURING
        if isinstance(event.session, SessionConfig):
            before = state.config if is_new else state.effective
            take_effective(state, merged(before, event.session))
        if is_new:
            self.become_ready()

    def become_ready(self) -> None:
        """Go on with the conversation: the endpoint has our configuration."""
        state = self._state
        state.link.move(LinkEvent.CONFIGURED, state.now_ms)
        state.attempts.succeeded(state.now_ms)
        self.ready_at_ms = state.now_ms
        self.tried.clear()
        is_first, state.has_been_ready = not state.has_been_ready, True
        state.publish(SessionReady(state.shown_session, state.dialect))
        self.tell_endpoint()
        if not is_first:
            restore(state)
            self.tell_restored()
        elif not state.push_to_talk:
            send_kept(state)
            if state.turn_detection is None:
                state.uplink.turn_began(0)

    def lost(self) -> None:
        """Note that there was a session, whose conversation the next one is to be told."""
        self._is_lost = True

    def took_over(self, standby: Standby) -> None:
        """Note that another connection, which is ready, is the one that is talked to."""
        state = self._state
        state.attempts.succeeded(state.now_ms)
        self.ready_at_ms, self.unix_s = state.now_ms, standby.unix_s
        self.expires_at = standby.expires_at
        self._is_lost = False

    def tell_endpoint(self, reason: str | None = None) -> None:
        """Tell once that another endpoint is used than before."""
        self._news.tell(self.left_because if reason is None else reason)

    def tell_restored(self) -> None:
        """Tell what became of the history, once the endpoint has answered for all of it."""
        state, history = self._state, self._state.history
        if not self._is_lost or history is None or not state.link.is_ready:
            return
        if not history.is_settled:
            if state.now_ms < self.ready_at_ms + SETTLE_LIMIT_MS:
                return
            history.give_up_waiting()
        self._is_lost = False
        state.publish(Reconnected(*outcome(history)))

    @property
    def deadline_ms(self) -> int | None:
        """When ``tell_restored`` wants to be called at the latest; None for never."""
        state = self._state
        is_told = not self._is_lost or state.history is None or not state.link.is_ready
        return None if is_told else self.ready_at_ms + SETTLE_LIMIT_MS


def take_effective(state: ClientState, effective: SessionConfig) -> None:
    """Go on with the configuration that is in force at the endpoint."""
    heard, said = state.audio_format("input"), state.audio_format("output")
    state.effective = effective
    if state.audio_format("input") != heard:
        if state.uplink.speech is not Speech.NONE:
            message = "this endpoint wants other audio, so your last words are lost; say them again"
            state.publish(ErrorReported("speech_lost", message))
        state.uplink.set_format(state.audio_format("input"))
        _warn_of_format(state, "input", state.audio_format("input"))
    if state.audio_format("output") != said:
        state.playback.set_format(state.audio_format("output"))
        _warn_of_format(state, "output", state.audio_format("output"))


def outcome(history: History) -> tuple[Literal["full", "partial"], int]:
    """Return how much of the history a session was told, and how many items it was not."""
    return "full" if history.is_full else "partial", history.left_out + history.refused


def _warn_of_format(state: ClientState, side: str, audio_format: AudioFormat) -> None:
    message = f"the endpoint's {side} is {audio_format.type} at {audio_format.rate_hz} Hz"
    state.warn("other_audio_format", message)
