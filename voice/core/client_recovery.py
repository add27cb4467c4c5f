"""What a lost connection takes with it, and how the next one gets the conversation back.

The conversation is the ledger, the user's turn in the air, the wish for an answer and the tools
that run: all of that stays. What belonged to the session of the endpoint goes.
"""

from __future__ import annotations

from voice.core.barge_in import silence
from voice.core.causes import LINK_LOST
from voice.core.client_actions import SendAudio, SendEvent
from voice.core.client_hosted import drop_hosted
from voice.core.client_state import ClientState
from voice.core.near_state import NearEvent
from voice.core.responses import SlotState
from voice.core.restore import History
from voice.core.turn_state import TurnEvent, TurnState
from voice.core.updates import ErrorReported, UserSpeechStopped
from voice.core.uplink import Speech
from voice.protocol.client_events import InputAudioBufferCommit

TAIL_MS = 800
"""Silence after a whole turn that is sent again: the endpoint is to hear its end at once."""

COMMIT = "commit"
"""Stands for the item of a commit of ours until the endpoint has named it."""


def drop_session(state: ClientState) -> bool:
    """Let go of what the endpoint did for us; the connection is gone, or is being left.

    An answer that was not complete falls silent, keeps what was heard of it, and is wanted again.
    One that was complete plays on. Returns whether the speaker was told to fall silent.
    """
    slot, was_owed = state.slot, state.turn.state is TurnState.OWED
    is_silenced = False
    is_wanted = slot.state in (SlotState.REQUESTED, SlotState.ACTIVE)
    if slot.response_id is not None:
        state.calls.response_over(slot.response_id)
        is_wanted = is_wanted and not state.calls.has_called(slot.response_id)
        if slot.state is SlotState.ACTIVE:
            is_silenced = silence(state, LINK_LOST)
    if state.wishes.connection_lost(ask_again=is_wanted):
        message = "the connection was lost at every try to answer this; given up"
        state.publish(ErrorReported("answer_lost", message))
    if state.turn.state is TurnState.SPEAKING:
        state.publish(UserSpeechStopped(LINK_LOST))
    state.turn.move(TurnEvent.LOST, state.now_ms)
    state.near.move(NearEvent.LOST, state.now_ms)
    state.cause = LINK_LOST
    if was_owed and state.uplink.speech is Speech.NONE:
        state.wishes.want()
    _forget_unheard(state)
    _take_speech_back(state)
    drop_hosted(state)
    state.forget_session()
    return is_silenced


def restore(state: ClientState) -> None:
    """Tell a new session the conversation, and send again what it has yet to answer."""
    history = History(state.new_id, with_pictures=state.capabilities.takes_pictures)
    events = history.load(state.ledger, state.wordless)
    state.adopt(history)
    state.actions += [SendEvent(event) for event in events]
    resend_speech(state)


def resend_speech(state: ClientState) -> None:
    """Send the turn in the air again, and whatever was said since."""
    uplink = state.uplink
    may_send = not state.push_to_talk or state.turn.is_speaking or state.owes_commit
    if not may_send:
        return
    send_kept(state)
    has_turns = state.turn_detection is not None
    if has_turns and uplink.speech is Speech.ENDED:
        tail = uplink.silence_ms(TAIL_MS)
        uplink.sent(tail, state.now_ms)
        state.actions.append(SendAudio(tail, kept=True))
    uplink.resent()
    if has_turns and uplink.speech is not Speech.NONE and state.endpoint_answers:
        state.turn.move(TurnEvent.RESENT, state.now_ms)
    if state.owes_commit:
        state.owes_commit = False
        commit(state)


def commit(state: ClientState) -> None:
    """End the user's turn, and want an answer; where there is no session, as soon as there is."""
    uplink = state.uplink
    if not state.link.is_ready:
        state.owes_commit = state.has_been_ready
        return
    if not uplink.is_committable:
        state.warn("turn_too_short", "less than 100 ms of audio in this turn; nothing to answer")
        return
    uplink.turn_ended()
    uplink.committed()
    state.calls.turn_began()
    state.send(InputAudioBufferCommit(event_id=state.new_id("commit")))
    state.timeline.turn_ended("", speech_end_ms=state.now_ms, now_ms=state.now_ms)
    if not state.question.is_asked:
        state.wishes.want([COMMIT])
    if not state.push_to_talk:
        # The microphone stays open: what it hears from now on is the next turn.
        uplink.turn_began()


def send_kept(state: ClientState) -> None:
    """Send the pre-roll."""
    for audio in state.uplink.take_kept():
        state.uplink.sent(audio, state.now_ms)
        state.actions.append(SendAudio(audio, kept=True))


def _forget_unheard(state: ClientState) -> None:
    """Take out what the assistant was about to say or call, and the turn that is sent again."""
    answered = {entry.call_id for entry in state.ledger if entry.kind == "function_call_output"}
    for entry in tuple(state.ledger):
        call_id = entry.call_id or ""
        if entry.kind == "function_call" and call_id not in answered:
            # One that never was whole was not begun: nobody will answer it, nor tell of it.
            if not state.calls.is_known(call_id):
                state.ledger.delete(entry.item_id)
            continue
        is_new = entry.status == "in_progress" and entry.role == "assistant"
        if is_new and entry.kind == "message":
            if not entry.text or (
                entry.spoken and not state.playback.has_received(state.tag(entry.item_id))
            ):
                state.ledger.delete(entry.item_id)
            else:
                entry.status = "incomplete"
    spoken = state.ledger.get(state.spoken_item)
    if spoken is not None and not spoken.text and state.uplink.speech is not Speech.NONE:
        state.ledger.delete(state.spoken_item)


def _take_speech_back(state: ClientState) -> None:
    uplink, has_turns = state.uplink, state.turn_detection is not None
    if not has_turns and uplink.holds_whole_turn and not state.turn.is_speaking:
        state.owes_commit = True
    uplink.rewind(with_moment=has_turns)
