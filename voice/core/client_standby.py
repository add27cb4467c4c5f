"""Make before break: opening a second session beside the first, loading it, and taking over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from voice.core.client_actions import CloseStandby, ConnectStandby, SendStandby, TakeOver
from voice.core.client_config import merged
from voice.core.client_hosted import drop_hosted
from voice.core.client_inputs import DialectDetected, LinkDown, LinkUp, StandbyEvent
from voice.core.client_link import LinkHandlers
from voice.core.client_opening import OpeningHandlers, outcome, take_effective
from voice.core.client_recovery import drop_session, resend_speech
from voice.core.client_state import ClientState
from voice.core.link import LinkEvent, LinkState
from voice.core.restore import History
from voice.core.standby import Standby
from voice.core.standby_plan import Purpose, StandbyPlan, life_ms
from voice.core.updates import SessionReady, SessionRenewed
from voice.core.uplink import Speech
from voice.core.verdicts import Rule, Verdict, of_end, of_error
from voice.protocol.client_events import SessionUpdate
from voice.protocol.server_events import (
    ConversationItemAdded,
    ConversationItemCreated,
    ErrorEvent,
    SessionCreated,
    SessionUpdated,
)
from voice.protocol.session_config import SessionConfig


class StandbyHandlers:
    """Decide when a second connection is wanted, take what it says, and let it take over."""

    def __init__(self, state: ClientState, link: LinkHandlers, opening: OpeningHandlers) -> None:
        self._state = state
        self._link = link
        self._opening = opening
        link.promote_standby = self._promote
        self._standby: Standby | None = None
        self._plan = StandbyPlan()
        self._is_first_lost = False
        self._seen_ready_ms: int | None = None
        self._is_forced = False
        self._handlers: dict[type, Callable[[Any], None]] = {
            LinkUp: self._on_up,
            LinkDown: self._on_down,
            DialectDetected: self._on_dialect,
            SessionCreated: self._on_created,
            SessionUpdated: self._on_updated,
            ConversationItemAdded: self._on_item,
            ConversationItemCreated: self._on_item,
            ErrorEvent: self._on_error,
        }

    @property
    def deadline_ms(self) -> int | None:
        """When ``expire`` wants to be called."""
        state, standby = self._state, self._standby
        if not state.link.is_ready:
            return None
        if standby is None:
            return self._plan.deadline_ms
        # What has come already was looked at; a deadline in the past would ring without end.
        ahead = [self._plan.force_at_ms, standby.deadline_ms]
        return min((due for due in ahead if due is not None and due > state.now_ms), default=None)

    def on_event(self, event: StandbyEvent) -> None:
        """Take what happened on the second connection; most of it means nothing yet."""
        handler = self._handlers.get(type(event.event))
        if self._standby is not None and handler is not None:
            handler(event.event)

    def on_barred(self) -> None:
        """Look soon whether a better endpoint may be used again; drop one that may not."""
        state, standby = self._state, self._standby
        if standby is not None and state.routes.is_closed(standby.endpoint):
            self._close()
        if state.link.is_ready and self._standby is None:
            self._plan_probe()

    def expire(self) -> None:
        """Open a second connection where one is due, and give one up that does not come."""
        state, standby, now_ms = self._state, self._standby, self._state.now_ms
        if not state.link.is_ready:
            return
        if standby is None:
            self._open_if_due()
            return
        if standby.link.is_late(now_ms):
            if standby.link.state is LinkState.CONFIGURING:
                self._load()
            else:
                self._give_up(Rule(Verdict.RETRY, "does not answer"))

    def settle(self) -> None:
        """Look at the joint state: drop what lost its purpose, take over where now is the moment.

        Called after every step.
        """
        state, now_ms = self._state, self._state.now_ms
        if not state.link.is_ready:
            self._close()
            self._seen_ready_ms = None
            return
        if self._seen_ready_ms != self._opening.ready_at_ms:
            self._begin()
        standby = self._standby
        if standby is None or not (self._is_first_lost or standby.is_loaded(now_ms)):
            return
        is_due = self._is_forced or self._is_first_lost
        if is_due or self._plan.must_take_over(now_ms):
            self._force(standby)
        elif self._is_boundary:
            self._take_over(standby)

    @property
    def is_switching(self) -> bool:
        """Whether the first session is let go of, and the second waits for the speaker's report."""
        return self._is_forced

    @property
    def _is_boundary(self) -> bool:
        """Whether nobody waits for anything: no turn, no answer on its way, none wanted."""
        state = self._state
        is_quiet = state.turn.is_silent and state.uplink.speech is not Speech.ENDED
        is_quiet = is_quiet and not state.near.is_paused
        is_quiet = is_quiet and not state.hosted.is_busy
        return is_quiet and state.slot.is_idle and state.wishes.pending is None

    # --- when -------------------------------------------------------------------------------------

    def _begin(self) -> None:
        """Plan for the session that has just begun."""
        state, opening = self._state, self._opening
        self._close()
        self._seen_ready_ms = opening.ready_at_ms
        limit_s = state.capabilities.session_limit_s
        life = life_ms(limit_s, opening.expires_at, opening.unix_s)
        self._plan.begin(opening.ready_at_ms, life)
        self._plan_probe()

    def _plan_probe(self, *, again: bool = False) -> None:
        plan, now_ms = self._plan, self._state.now_ms
        if self._state.routes.better() is None:
            plan.never_probe()
        elif again:
            plan.probe_again(now_ms)
        else:
            plan.probe(now_ms)

    def _open_if_due(self) -> None:
        state = self._state
        purpose = self._plan.due(state.now_ms)
        better = state.routes.better()
        if purpose is Purpose.RENEW:
            self._open(purpose, state.routes.current)
        elif purpose is Purpose.RETURN and better is not None:
            self._open(purpose, better)
        elif purpose is Purpose.RETURN:
            self._plan.never_probe()

    def _open(self, purpose: Purpose, endpoint: int) -> None:
        state = self._state
        config = state.config_for(endpoint, is_first=False)
        takes_pictures = state.routes.at(endpoint).capabilities.takes_pictures
        history = History(state.new_id, with_pictures=takes_pictures)
        self._standby = Standby(purpose, endpoint, config, history)
        self._standby.link.move(LinkEvent.DIAL, state.now_ms)
        state.actions.append(ConnectStandby(endpoint, state.routes.dialect(endpoint)))

    def _close(self) -> None:
        if self._standby is not None:
            self._standby = None
            self._is_forced = self._is_first_lost = False
            self._state.actions.append(CloseStandby())

    def _give_up(self, rule: Rule) -> None:
        """Drop the second connection, and plan the next; the first never notices."""
        state, standby = self._state, self._standby
        assert standby is not None
        self._close()
        is_other = rule.verdict is Verdict.OTHER_DIALECT
        if is_other and state.routes.turn_dialect(standby.endpoint):
            self._open(standby.purpose, standby.endpoint)
            return
        is_hopeless = is_other or rule.verdict is Verdict.NEVER
        if standby.purpose is Purpose.RETURN:
            if is_hopeless:
                state.routes.close(standby.endpoint)
            self._plan_probe(again=True)
        elif is_hopeless:
            self._plan.never_renew()
        else:
            self._plan.renew_again(state.now_ms)

    # --- what it says -----------------------------------------------------------------------------

    def _on_up(self, event: LinkUp) -> None:
        standby = self._standby
        assert standby is not None
        if standby.link.may(LinkEvent.OPENED):
            standby.unix_s = event.unix_s
            standby.link.move(LinkEvent.OPENED, self._state.now_ms)

    def _on_down(self, event: LinkDown) -> None:
        self._give_up(of_end(event.code, is_auth=event.is_auth, retryable=event.retryable))

    def _on_dialect(self, event: DialectDetected) -> None:
        assert self._standby is not None
        self._standby.dialect = event.dialect

    def _on_created(self, event: SessionCreated) -> None:
        state, standby = self._state, self._standby
        assert standby is not None
        if not standby.link.may(LinkEvent.GREETED):
            return
        standby.link.move(LinkEvent.GREETED, state.now_ms)
        standby.expires_at = event.session.expires_at
        standby.update_event_id = state.new_id("update")
        update = SessionUpdate(event_id=standby.update_event_id, session=standby.config)
        state.actions.append(SendStandby(update))

    def _on_updated(self, event: SessionUpdated) -> None:
        standby = self._standby
        assert standby is not None
        if isinstance(event.session, SessionConfig):
            standby.effective = merged(standby.effective or standby.config, event.session)
        if standby.link.state is LinkState.CONFIGURING:
            self._load()

    def _on_item(self, event: ConversationItemAdded | ConversationItemCreated) -> None:
        assert self._standby is not None
        self._standby.history.acknowledged(getattr(event.item, "id", None) or "")

    def _on_error(self, event: ErrorEvent) -> None:
        standby, error = self._standby, event.error
        assert standby is not None
        if standby.history.refuse(error.event_id):
            return
        rule = of_error(error.code, error.type)
        if standby.link.is_ready:
            if rule is not None and rule.is_auth:
                self._give_up(rule)
            return
        self._give_up(rule or Rule(Verdict.RETRY, "refused the session"))

    def _load(self) -> None:
        """Tell the second session the conversation so far."""
        state, standby = self._state, self._standby
        assert standby is not None
        standby.link.move(LinkEvent.CONFIGURED, state.now_ms)
        standby.loaded_at_ms = state.now_ms
        events = standby.history.load(state.ledger, state.wordless)
        state.actions += [SendStandby(event) for event in events]

    # --- the take-over ----------------------------------------------------------------------------

    def _force(self, standby: Standby) -> None:
        """Take over in the middle of a turn: the session is about to expire.

        The speaker's report of what was heard comes first, so that the new session is told it.
        """
        if not self._is_forced:
            self._is_forced = True
            if drop_session(self._state):
                return
        self._take_over(standby)

    def _promote(self, verdict: Verdict) -> bool:
        """Let the second connection take over although the first is lost; return whether it will.

        What it was told already stands, and ``settle`` tells it the rest: what waits for that is
        the speaker's report alone.
        """
        standby, routes = self._standby, self._state.routes
        if standby is None or not standby.link.is_ready or routes.is_closed(standby.endpoint):
            return False
        if verdict is Verdict.NEXT and standby.endpoint == routes.current:
            return False
        self._is_first_lost = True
        return True

    def _take_over(self, standby: Standby) -> None:
        """Talk on the second connection from here on, in one step."""
        state, opening = self._state, self._opening
        was_forced, self._is_forced = self._is_forced, False
        self._is_first_lost = False
        standby.history.give_up_waiting()
        events = standby.history.catch_up(state.ledger)
        state.actions += [SendStandby(event) for event in events]
        state.actions.append(TakeOver())
        self._standby = None
        if not was_forced:
            state.uplink.rewind(with_moment=state.turn_detection is not None)
            state.forget_session()
            drop_hosted(state)
        is_renewed = standby.endpoint == state.routes.current
        state.routes.current = standby.endpoint
        state.capabilities = state.routes.route.capabilities
        state.config, state.dialect = standby.config, standby.dialect
        state.link = standby.link
        state.adopt(standby.history)
        take_effective(state, standby.effective or standby.config)
        self._link.took_over(standby)
        state.publish(SessionReady(state.shown_session, state.dialect))
        if is_renewed:
            state.publish(SessionRenewed(*outcome(standby.history)))
        else:
            opening.tell_endpoint("")
        resend_speech(state)
        self._begin()
