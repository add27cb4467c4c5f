"""What an ``error`` event means to a client: a refusal, a lost race, or news for the person.

An error is an event, not an exception. It is matched by the id of our event that caused it, where
the endpoint says so, then by its code, then, for servers that send neither, by its words
(PROTOCOL §2.10).
"""

from __future__ import annotations

from voice.core.client_link import NORMAL_CLOSURE, LinkHandlers
from voice.core.client_state import ClientState
from voice.core.link import LinkState
from voice.core.responses import SlotState
from voice.core.updates import EndKind, ErrorReported
from voice.core.wishes import RETRY_MS
from voice.protocol.response_object import ErrorDetails
from voice.protocol.server_events import ErrorEvent

AUTH_CODES = frozenset(
    {
        "account_deactivated",
        "authentication_error",
        "billing_hard_limit_reached",
        "credit_balance_exhausted",
        "insufficient_quota",
        "invalid_api_key",
        "permission_denied",
        "unauthorized",
    }
)
"""The key or the account was refused; another try cannot help."""

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

ASK = "ask"
"""Kind of the event ids of our ``response.create``."""

RACE_REQUESTS = ("cancel", "delete", "retrieve", "truncate")
"""Kinds of event ids of ours whose refusal is a lost race, whatever the code."""

MAX_REASON = 300
"""Characters of a server's message that are passed on."""


class ErrorHandlers:
    """Take the endpoint's errors."""

    def __init__(self, state: ClientState, link: LinkHandlers) -> None:
        self._state = state
        self._link = link

    def on_error(self, event: ErrorEvent) -> None:
        """Free what the error refuses, then tell whoever should know."""
        state, error = self._state, event.error
        if not state.link.is_ready:
            self._refuse_session(error)
            return
        code = code_of(error)
        request_id = self._refused_request(error, code)
        if request_id is not None:
            retry_at_ms = state.now_ms + RETRY_MS if code == ACTIVE_RESPONSE else None
            is_lost = state.wishes.refused(request_id, retry_at_ms=retry_at_ms)
            if code == ACTIVE_RESPONSE and not is_lost:
                return
        elif code in RACE_CODES or (error.event_id or "").startswith(RACE_REQUESTS):
            state.warn(code, "the endpoint and we acted at once; nothing is lost")
            return
        self._forget_refused_item(error)
        state.publish(ErrorReported(code, (error.message or code)[:MAX_REASON]))

    def _refuse_session(self, error: ErrorDetails) -> None:
        """End a session that has not begun: its first frame, or its configuration, was an error."""
        state, code = self._state, code_of(error)
        message = (error.message or "no reason given")[:MAX_REASON]
        if code in AUTH_CODES or error.type in AUTH_CODES:
            # The message of such an error may repeat the key, so it is not shown.
            reason = f"the endpoint refused the key or the account ({code}); check the API key"
            self._link.end(EndKind.AUTH_FAILED, NORMAL_CLOSURE, reason)
        elif state.link.state is LinkState.CONFIGURING:
            if error.event_id not in (None, state.update_event_id):
                state.publish(ErrorReported(code, message))
                return
            reason = f"the endpoint refused our session configuration ({code}): {message}"
            self._link.end(EndKind.CONNECT_FAILED, NORMAL_CLOSURE, reason)
        else:
            reason = f"the endpoint refused to open a session ({code}): {message}"
            self._link.end(EndKind.CONNECT_FAILED, NORMAL_CLOSURE, reason, retryable=True)

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
