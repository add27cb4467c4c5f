"""The interruption: speech, a button and typed text all come here (DESIGN §6).

Two steps: the decision, which makes old answers dead and silences the speaker, and the account,
taken when the speaker has said what was heard.
"""

from __future__ import annotations

from voice.core.client_actions import CancelTool, FlushPlayback
from voice.core.client_inputs import PlaybackDrained, PlaybackStopped
from voice.core.client_state import UNNAMED, ClientState
from voice.core.near_state import NearEvent
from voice.core.playback import Cut
from voice.core.responses import SlotState
from voice.core.updates import Interrupted
from voice.protocol.client_events import (
    ConversationItemDelete,
    ConversationItemTruncate,
    ResponseCancel,
)


def interrupt(state: ClientState, *, by_speech: bool, cause: str) -> None:
    """Stop the assistant: make its answers dead, cancel what is active, silence the speaker.

    ``by_speech`` says that the endpoint heard the user itself. It may then have cancelled its
    response already, and a request on its way will be answered while the user speaks, or, if
    later, for the new turn as well. ``cause`` is told with what was cut.
    """
    slot = state.slot
    if slot.state is SlotState.ACTIVE:
        if not (by_speech and state.endpoint_interrupts):
            send_cancel(state)
        slot.cancel(state.now_ms)
        if not state.capabilities.done_after_cancel:
            slot.done(slot.response_id)
    elif slot.state is SlotState.REQUESTED and not by_speech:
        slot.cancel(state.now_ms)
    state.epoch += 1
    state.cause = cause
    silence(state, cause)
    for call in state.calls.running:
        # What is said while a tool asks is its answer.
        if call.name in state.cancellable_tools and not state.question.is_open:
            state.actions.append(CancelTool(call.call_id))


def silence(state: ClientState, cause: str) -> bool:
    """Have the speaker drop what it holds, paused or not; return whether there was anything."""
    if state.playback.is_empty and not state.near.is_paused:
        state.near.move(NearEvent.CUT, state.now_ms)
        return False
    state.near.move(NearEvent.CUT, state.now_ms)
    state.cut_cause = cause
    state.actions.append(FlushPlayback())
    return True


def send_cancel(state: ClientState) -> None:
    """Cancel the response in the slot by its id, where it has one, so that no other is hit."""
    response_id = state.slot.response_id
    if response_id is not None and response_id.startswith(UNNAMED):
        response_id = None
    if state.capabilities.can_cancel:
        state.send(ResponseCancel(event_id=state.new_id("cancel"), response_id=response_id))


GAPS_TOLD = 3
"""Gaps within one answer before a person is told, once: a thinking model makes one or two."""


class PlaybackHandlers:
    """Take what the speaker reports."""

    def __init__(self, state: ClientState) -> None:
        self._state = state
        self._gap_in: str | None = None
        self._gaps = 0
        self._gap_at_ms = 0
        self._sounded_ms = 0

    def on_drained(self, event: PlaybackDrained) -> None:
        """Everything sounded; in the middle of a part that means that more came too late."""
        state = self._state
        if state.slot.state is SlotState.ACTIVE and state.playback.is_unfinished:
            self._note_gap(state.slot.response_id)
        state.playback.drained()

    def _note_gap(self, response_id: str | None) -> None:
        state, sounded_ms = self._state, self._state.playback.unfinished_ms
        if response_id != self._gap_in:
            self._gap_in, self._gaps = response_id, 0
            self._gap_at_ms, self._sounded_ms = state.now_ms, sounded_ms
        elif state.now_ms - self._gap_at_ms < sounded_ms - self._sounded_ms:
            # A speaker that plays faster than time, such as a file, runs dry in any case.
            return
        self._gaps += 1
        if self._gaps != GAPS_TOLD:
            return
        if state.capabilities.crosses_network:
            why = "comes slower than it is spoken: the connection is weak, or the model is slow"
            state.warn("weak_connection", f"the answer {why}")
        else:
            why = "is made slower than it is spoken: the model is slow, or this machine is busy"
            state.warn("slow_answer", f"the answer {why}")

    def on_stopped(self, event: PlaybackStopped) -> None:
        """Take back what was not heard: one truncate or delete for each item that was cut."""
        self._state.cause = self._state.cut_cause
        for cut in self._state.playback.stopped(event.heard):
            self._take_back(cut)

    def _take_back(self, cut: Cut) -> None:
        state = self._state
        item_id = state.item_of(cut.item_id)
        if item_id is None:
            item_id = cut.item_id
        elif cut.is_unheard:
            delete_unheard(state, item_id)
        elif item_id in state.retold:
            self._tell_anew(item_id, cut)
        else:
            self._truncate(item_id, cut)
        cause = state.cut_cause
        state.publish(
            Interrupted(item_id, cut.audio_end_ms, cut.heard_text, cut.unheard_text, cause)
        )

    def _truncate(self, item_id: str, cut: Cut) -> None:
        state = self._state
        state.cut_items[item_id] = False
        if state.capabilities.can_truncate:
            state.send(
                ConversationItemTruncate(
                    event_id=state.new_id("truncate"),
                    item_id=item_id,
                    content_index=cut.content_index,
                    audio_end_ms=cut.audio_end_ms,
                )
            )
        if item_id in state.ledger:
            state.ledger.truncate(item_id, cut.audio_end_ms, cut.heard_text)

    def _tell_anew(self, item_id: str, cut: Cut) -> None:
        """Cut an answer of an earlier session, which this one has as text without sound."""
        state = self._state
        if item_id not in state.ledger or state.history is None:
            return
        state.ledger.truncate(item_id, cut.audio_end_ms, cut.heard_text)
        events, new_id = state.history.retell(state.ledger, item_id)
        for event in events:
            state.send(event)
        state.rename(item_id, new_id)


def delete_unheard(state: ClientState, item_id: str) -> None:
    """Take an item out of the conversation of which nothing was heard."""
    state.cut_items[item_id] = True
    state.send(ConversationItemDelete(event_id=state.new_id("delete"), item_id=item_id))
    if item_id in state.ledger:
        state.ledger.delete(item_id)
