"""The user's leave for calls that the endpoint makes itself.

Whoever runs the session asks the user and says what they said. Without an answer it is no.
"""

from __future__ import annotations

from voice.core.client_inputs import ApprovalAnswered
from voice.core.client_state import ClientState
from voice.core.hosted_tools import APPROVAL_LIMIT_MS, GRANT_LIMIT_MS, MAX_APPROVALS
from voice.core.ledger import Entry
from voice.core.updates import ApprovalOver, ApprovalRequested, ApprovalVerdict
from voice.protocol.client_events import ConversationItemCreate
from voice.protocol.items import McpApprovalRequest, McpApprovalResponse


class ApprovalHandlers:
    """Take the endpoint's requests for leave, and the user's answers."""

    def __init__(self, state: ClientState) -> None:
        self._state = state

    def request(self, item: McpApprovalRequest, request_id: str, response_id: str) -> None:
        """Ask the user for leave, unless nobody wants the call any more or too many wait."""
        state, hosted = self._state, self._state.hosted
        if request_id in hosted.approvals or request_id in hosted.answered:
            return
        hosted.approvals[request_id] = state.now_ms + APPROVAL_LIMIT_MS
        asked_by = response_id or state.slot.response_id or ""
        if asked_by and state.is_dead(asked_by):
            # The user interrupted: nobody wants it any more.
            self._answer(request_id, "refused", is_wanted=False)
        elif len(hosted.approvals) > MAX_APPROVALS:
            state.warn("endless_calls", "the endpoint asks leave for too many calls at once")
            self._answer(request_id, "refused")
        else:
            update = ApprovalRequested(request_id, item.server_label, item.name, item.arguments)
            state.publish(update)

    def on_answered(self, event: ApprovalAnswered) -> None:
        """Tell the endpoint what the user said; a request that is over already stays so."""
        self._answer(event.request_id, "approved" if event.approve else "refused")

    def expire(self) -> None:
        """Say no where nobody answers, and ask again where leave was given and nothing came."""
        state, hosted = self._state, self._state.hosted
        late = [name for name, at_ms in hosted.approvals.items() if state.now_ms >= at_ms]
        for request_id in late:
            self._answer(request_id, "expired")
        for request_id in [name for name, at in hosted.granted.items() if state.now_ms >= at]:
            del hosted.granted[request_id]
            state.wishes.want()

    def _answer(self, request_id: str, verdict: ApprovalVerdict, *, is_wanted: bool = True) -> None:
        state, hosted = self._state, self._state.hosted
        if hosted.approvals.pop(request_id, None) is None:
            return
        hosted.answered[request_id] = True
        item_id, event_id = state.new_id("item"), state.new_id("add")
        approve = verdict == "approved"
        item = McpApprovalResponse(id=item_id, approval_request_id=request_id, approve=approve)
        state.send(ConversationItemCreate(event_id=event_id, item=item))
        state.own_items[event_id] = item_id
        state.ledger.add(Entry(item_id, "other", name=item.type))
        state.publish(ApprovalOver(request_id, verdict))
        if approve:
            hosted.granted[request_id] = state.now_ms + GRANT_LIMIT_MS
        elif is_wanted:
            state.wishes.want([item_id])
