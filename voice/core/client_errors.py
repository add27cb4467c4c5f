"""What an ``error`` event means to a client: a refusal, a lost race, or news for the person.

An error is an event, not an exception. It is matched by the id of our event that caused it, where
the endpoint says so, then by its code, then, for servers that send neither, by its words
(PROTOCOL §2.10).
"""

from __future__ import annotations

from voice.core.client_link import NORMAL_CLOSURE, Failure, LinkHandlers
from voice.core.client_opening import OpeningHandlers
from voice.core.client_state import ClientState
from voice.core.link import LinkState
from voice.core.responses import SlotState
from voice.core.updates import ErrorReported
from voice.core.verdicts import Rule, Verdict
from voice.core.wishes import RETRY_MS
from voice.protocol.response_object import ErrorDetails
from voice.protocol.server_events import ErrorEvent

ACTIVE_RESPONSE = "conversation_already_has_active_response"

RACE_CODES = frozenset(
    {
        ACTIVE_RESPONSE,
        "input_audio_buffer_commit_empty",
        "item_delete_invalid_item_id",
        "item_retrieve_invalid_item_id",
        "item_truncate_invalid_item_id",
        "response_cancel_not_active",
    }
)
"""Two sides acted at once; nobody needs to be told (PROTOCOL §2.7)."""

EXPIRED = "session_expired"

SPELLING_CODES = frozenset({"unknown_parameter", "missing_required_parameter", "invalid_type"})
"""How an endpoint refuses a configuration in the other dialect."""

_DIALECTS_OWN = (
    "session.audio", "session.output_modalities", "session.type",
    "session.modalities", "session.input_audio", "session.output_audio", "session.voice",
)  # fmt: skip

ASK = "ask"
"""Kind of the event ids of our ``response.create``."""

RACE_REQUESTS = ("cancel", "delete", "retrieve", "truncate")
"""Kinds of event ids of ours whose refusal is a lost race, whatever the code."""

NEVER_FREE = "the endpoint was busy with another answer each time this one was asked for"

MAX_REASON = 300
"""Characters of a server's message that are passed on."""


class ErrorHandlers:
    """Take the endpoint's errors."""

    def __init__(self, state: ClientState, link: LinkHandlers, opening: OpeningHandlers) -> None:
        self._state = state
        self._link = link
        self._opening = opening

    def on_error(self, event: ErrorEvent) -> None:
        """Free what the error refuses, then tell whoever should know."""
        state, error = self._state, event.error
        code = code_of(error)
        rule = self._link.note_error(code, error.type)
        if not state.link.is_ready:
            self._refuse_session(error, code, rule)
            return
        if state.history is not None and state.history.refuse(error.event_id):
            self._opening.tell_restored()
            return
        if rule is not None and (rule.is_auth or code == EXPIRED):
            self._link.fail(Failure(rule, NORMAL_CLOSURE, named(rule, code), is_open=True))
            return
        request_id = self._refused_request(error, code)
        if request_id is not None:
            retry_at_ms = state.now_ms + RETRY_MS if code == ACTIVE_RESPONSE else None
            is_lost = state.wishes.refused(request_id, retry_at_ms=retry_at_ms)
            if code == ACTIVE_RESPONSE:
                if is_lost:
                    state.publish(ErrorReported("answer_refused", NEVER_FREE))
                return
        elif code in RACE_CODES or (error.event_id or "").startswith(RACE_REQUESTS):
            state.warn(code, "the endpoint and we acted at once; nothing is lost")
            return
        elif error.event_id is None:
            # Some endpoints tell of a broken response so, and never end it.
            state.slot.doubt(state.now_ms)
        self._forget_refused_item(error)
        state.publish(ErrorReported(code, (error.message or code)[:MAX_REASON]))

    def _refuse_session(self, error: ErrorDetails, code: str, rule: Rule | None) -> None:
        """Give up a session that has not begun: its first frame, or its set-up, was an error."""
        state = self._state
        message = (error.message or "no reason given")[:MAX_REASON]
        if rule is not None and rule.is_auth:
            # The message of such an error may repeat the key, so it is not shown.
            reason = named(rule, code)
        elif state.link.state is LinkState.CONFIGURING:
            if error.event_id not in (None, state.update_event_id):
                state.publish(ErrorReported(code, message))
                return
            reason = f"the endpoint refused our session configuration ({code}): {message}"
            if rule is None:
                is_spelling = code in SPELLING_CODES and is_dialects_own(error.param)
                verdict = Verdict.OTHER_DIALECT if is_spelling else Verdict.NEVER
                rule = Rule(verdict, "refused our session configuration")
        else:
            reason = f"the endpoint refused to open a session ({code}): {message}"
            rule = rule or Rule(Verdict.RETRY, "refused to open a session")
        self._link.fail(Failure(rule, NORMAL_CLOSURE, reason, is_open=True))

    def _refused_request(self, error: ErrorDetails, code: str) -> str | None:
        """Return the id of our ``response.create`` that was refused, and free the slot."""
        slot, event_id = self._state.slot, error.event_id
        is_unnamed = event_id is None and code == ACTIVE_RESPONSE
        if is_unnamed and slot.state is SlotState.REQUESTED:
            # Some servers do not say which event they refuse; only this one can be meant.
            event_id = slot.request_event_id
        if event_id is None or not event_id.startswith(ASK):
            return None
        slot.refused(event_id)
        return event_id

    def _forget_refused_item(self, error: ErrorDetails) -> None:
        """Take an item of ours out of the ledger that the endpoint did not take."""
        item_id = self._state.own_items.pop(error.event_id or "", None)
        if item_id is not None and item_id in self._state.ledger:
            self._state.ledger.delete(item_id)


def code_of(error: ErrorDetails) -> str:
    """Return a stable code for an error, from its words where it has none."""
    if error.code:
        return error.code
    words = error.message.lower()
    if "active response" in words and "already" in words:
        return ACTIVE_RESPONSE
    if "cancellation failed" in words or "no active response" in words:
        return "response_cancel_not_active"
    if "buffer" in words and ("too small" in words or "empty" in words):
        return "input_audio_buffer_commit_empty"
    return error.type or "error"


def named(rule: Rule, code: str) -> str:
    """Return a fatal error for people; the endpoint's own words may hold the key."""
    return f"the endpoint {rule.sentence} ({code})"


def is_dialects_own(param: str | None) -> bool:
    """Return whether a refused setting is one that only one of the dialects has."""
    return param is not None and param.startswith(_DIALECTS_OWN)
