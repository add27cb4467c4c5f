"""Losing the connection that is talked to, leaving it, and ending the session."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from voice.core.barge_in import silence
from voice.core.causes import SESSION_OVER
from voice.core.client_actions import CancelTool, Close, DropLink
from voice.core.client_hosted import drop_hosted
from voice.core.client_inputs import (
    ClockJumped,
    EndpointsBarred,
    FrameRefused,
    HangUp,
    LinkDown,
    Started,
)
from voice.core.client_opening import OpeningHandlers
from voice.core.client_recovery import drop_session
from voice.core.client_state import ClientState
from voice.core.link import LinkEvent, LinkState
from voice.core.standby import Standby
from voice.core.updates import ConnectionLost, Ended, EndKind
from voice.core.verdicts import Rule, Verdict, of_close, of_end, of_error

MAX_BAD_FRAMES = 20
BAD_FRAMES_WINDOW_MS = 10_000
"""More bad frames than this within the window cost the connection (FAULTS §2.2)."""

LAST_WORD_MS = 2_000
"""An error event explains a close that follows within this."""

NORMAL_CLOSURE, PROTOCOL_ERROR, INVALID_DATA = 1000, 1002, 1007
"""Close codes that we send."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no connection; ``code`` as in ``LinkDown``.

    ``is_open`` says that the socket is still there, and ours to close with ``code``. ``with_all``
    says that any other connection is lost by it too.
    """

    rule: Rule
    code: int
    reason: str
    retryable: bool = True
    retry_after_ms: int = 0
    is_open: bool = False
    with_all: bool = False


class LinkHandlers:
    """Take what happens to the connection."""

    def __init__(self, state: ClientState, opening: OpeningHandlers) -> None:
        self._state = state
        self._opening = opening
        self._bad_frames: deque[int] = deque(maxlen=MAX_BAD_FRAMES + 1)
        self._last_word: tuple[Rule, int] | None = None
        self._barred_because = ""
        self._is_started = False
        self.promote_standby: Callable[[Verdict], bool] = lambda verdict: False
        """Has a second connection take over where one is ready; returns whether it will."""

    def on_started(self, event: Started) -> None:
        """Dial."""
        self._is_started = True
        if not self.leave_barred():
            self._opening.dial()

    def on_down(self, event: LinkDown) -> None:
        """Do what fits the cause: try again, go elsewhere, or end."""
        state = self._state
        if not state.link.may(LinkEvent.LOST):
            return
        rule = of_end(event.code, is_auth=event.is_auth, retryable=event.retryable)
        word = self._last_word
        if word is not None and state.now_ms - word[1] <= LAST_WORD_MS:
            rule = word[0]
        reason = event.reason
        if not event.is_auth and state.link.state is LinkState.CONFIGURING:
            reason = f"the endpoint closed the connection while it was being configured: {reason}"
        self.fail(Failure(rule, event.code, reason, event.retryable, event.retry_after_ms))

    def on_hang_up(self, event: HangUp) -> None:
        """Close on our own wish."""
        self.end(EndKind.HUNG_UP, NORMAL_CLOSURE, event.reason)

    def on_clock_jumped(self, event: ClockJumped) -> None:
        """Trust neither the connection nor the microphone's past after a sleep."""
        state = self._state
        state.uplink.forget()
        state.owes_commit = False
        if state.link.state is LinkState.OFFLINE:
            state.link.wait(state.now_ms)
        elif state.has_been_ready:
            rule = Rule(Verdict.RETRY, "was left alone while this computer slept")
            reason = "the computer slept, or this program was stopped"
            self.fail(Failure(rule, 1006, reason, is_open=True, with_all=True))

    def on_refused_frame(self, event: FrameRefused) -> None:
        """Survive a bad frame; many of them in a row cost the connection."""
        state, frames = self._state, self._bad_frames
        frames.append(state.now_ms)
        state.warn("bad_frame", event.reason)
        is_flood = len(frames) > MAX_BAD_FRAMES
        if is_flood and state.now_ms - frames[0] <= BAD_FRAMES_WINDOW_MS:
            frames.clear()
            reason = "the endpoint sent too many frames that are no events"
            self.fail(Failure(of_close(INVALID_DATA), INVALID_DATA, reason, False, is_open=True))

    def on_barred(self, event: EndpointsBarred) -> None:
        """Note which endpoints must not be used; ``leave_barred`` obeys."""
        self._state.routes.bar(event.endpoints)
        self._barred_because = event.reason

    def leave_barred(self) -> bool:
        """Leave an endpoint that must not be used, once nothing is being said; return whether."""
        state, routes = self._state, self._state.routes
        if not routes.is_barred or not self._is_started:
            return False
        is_talking = not state.slot.is_idle or state.playback.is_sounding
        if state.link.is_ready and is_talking:
            return False
        following = routes.next()
        if following is None:
            self.end(EndKind.CAP_REACHED, NORMAL_CLOSURE, self._barred_because)
            return True
        if state.link.state is not LinkState.OFFLINE:
            rule = Rule(Verdict.NEXT, "must not be used any more")
            self._go_offline(Failure(rule, NORMAL_CLOSURE, self._barred_because, is_open=True))
        routes.current = following
        state.attempts.switched()
        self._opening.left_because = self._barred_because
        self._opening.dial()
        return True

    def expire(self) -> None:
        """Act on the deadline of the link, if it has passed."""
        state = self._state
        self._opening.tell_restored()
        if not state.link.is_late(state.now_ms):
            return
        if state.link.state is LinkState.OFFLINE:
            self._opening.dial()
            return
        if state.link.state is LinkState.CONFIGURING:
            message = "the endpoint did not confirm our configuration; going on without"
            state.warn("unconfirmed_configuration", message)
            self._opening.become_ready()
            return
        reason = (
            "the endpoint opened a socket but never sent session.created; "
            "check that the URL is a realtime endpoint"
        )
        rule = Rule(Verdict.RETRY, "never sent session.created")
        self.fail(Failure(rule, PROTOCOL_ERROR, reason, False, is_open=True))

    @property
    def deadline_ms(self) -> int | None:
        """When ``expire`` wants to be called."""
        told_ms = self._opening.deadline_ms
        return self._state.link.deadline_ms if told_ms is None else told_ms

    def note_error(self, code: str, kind: str | None) -> Rule | None:
        """Remember an error event, which may explain a close; return its rule."""
        rule = of_error(code, kind)
        if rule is not None:
            self._last_word = (rule, self._state.now_ms)
        return rule

    def took_over(self, standby: Standby) -> None:
        """Note that another connection, which is ready, is the one that is talked to."""
        self._last_word = None
        self._opening.took_over(standby)

    # --- failing and ending -----------------------------------------------------------------------

    def fail(self, failure: Failure) -> None:
        """Lose the connection, or give a try up: dial again, go elsewhere, or end."""
        state = self._state
        self._last_word = None
        attempts, routes, verdict = state.attempts, state.routes, failure.rule.verdict
        was_ready = state.link.is_ready
        attempts.failed(state.now_ms)
        if verdict is Verdict.OTHER_DIALECT and routes.turn_dialect(routes.current):
            self._go_offline(failure)
            self._opening.dial()
            return
        if verdict in (Verdict.OTHER_DIALECT, Verdict.NEVER):
            routes.close(routes.current)
        if was_ready and not failure.with_all and self.promote_standby(verdict):
            return
        is_closed = routes.is_closed(routes.current)
        may_stay = not is_closed and (state.has_been_ready or state.persistence.at_start)
        must_leave = not may_stay or verdict is Verdict.NEXT
        following = routes.next()
        has_other = following is not None and (must_leave or attempts.should_switch(state.now_ms))
        if attempts.is_hopeless(state.now_ms) or not (has_other or may_stay):
            self._end_of(failure, was_ready=was_ready)
            return
        self._go_offline(failure)
        self._opening.tried.add(routes.current)
        if has_other and following is not None:
            routes.current = following
            attempts.switched()
            self._opening.left_because = failure.reason
            if following not in self._opening.tried:
                self._opening.dial()
                return
        self._dial_later(failure)

    def end(self, kind: EndKind, code: int, reason: str, *, retryable: bool = False) -> None:
        """Close the session from our side."""
        state = self._state
        self._stop_work()
        if state.link.state is not LinkState.OFFLINE:
            state.actions.append(Close(code, reason))
        state.link.move(LinkEvent.HANG_UP, state.now_ms)
        state.publish(Ended(kind, code, reason, retryable=retryable))

    def _go_offline(self, failure: Failure) -> None:
        state = self._state
        if failure.is_open:
            state.actions.append(DropLink())
        was_ready = state.link.is_ready
        state.link.move(LinkEvent.LOST, state.now_ms)
        if was_ready:
            self._opening.lost()
            drop_session(state)

    def _dial_later(self, failure: Failure) -> None:
        state = self._state
        is_busy = failure.rule.verdict in (Verdict.LATER, Verdict.NEXT)
        wait_ms = state.attempts.wait_ms(is_busy=is_busy, retry_after_ms=failure.retry_after_ms)
        state.publish(ConnectionLost(failure.reason, wait_ms, state.attempts.count))
        if wait_ms:
            state.link.wait(state.now_ms + wait_ms)
        else:
            self._opening.dial()

    def _end_of(self, failure: Failure, *, was_ready: bool) -> None:
        state, rule = self._state, failure.rule
        if rule.is_auth:
            kind = EndKind.AUTH_FAILED
        elif was_ready or state.has_been_ready:
            kind = EndKind.LINK_LOST
        else:
            kind = EndKind.CONNECT_FAILED
        retryable = failure.retryable and rule.verdict is not Verdict.NEVER
        if failure.is_open:
            code = failure.code if failure.code >= 1000 else NORMAL_CLOSURE
            code = PROTOCOL_ERROR if code == 1006 else code
            self.end(kind, code, failure.reason, retryable=retryable)
            return
        self._stop_work()
        state.link.move(LinkEvent.LOST, state.now_ms)
        state.link.move(LinkEvent.GIVE_UP, state.now_ms)
        state.publish(Ended(kind, failure.code, failure.reason, retryable=retryable))

    def _stop_work(self) -> None:
        state = self._state
        silence(state, SESSION_OVER)
        drop_hosted(state, want=False)
        state.actions += [CancelTool(call.call_id) for call in state.calls.running]
