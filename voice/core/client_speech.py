"""The user's side: microphone, turns, buttons, typed words, announcements."""

from __future__ import annotations

from voice.core.barge_in import interrupt
from voice.core.causes import (
    END_UNKNOWN,
    ENDPOINT_COMMITTED,
    ENDPOINT_HEARD,
    NOT_HEARD,
    STOP_KEY,
    TALK_KEY,
    TALK_KEY_UP,
    TURN_BY_HAND,
    TYPED,
    turn_end_cause,
)
from voice.core.client_actions import SendAudio
from voice.core.client_inputs import (
    Announce,
    Button,
    CommitTurn,
    MicFrame,
    UserPressed,
    UserTyped,
    Withdraw,
)
from voice.core.client_recovery import COMMIT, commit, send_kept
from voice.core.client_state import ClientState
from voice.core.ledger import Entry
from voice.core.link import LinkState
from voice.core.near_speech import play_on
from voice.core.near_state import NearState
from voice.core.turn_state import TurnEvent, TurnState
from voice.core.updates import UserSpeechStarted, UserSpeechStopped
from voice.core.uplink import PRE_ROLL_MS, Speech
from voice.protocol.client_events import (
    ConversationItemCreate,
    InputAudioBufferClear,
)
from voice.protocol.items import ANNOUNCE_PREFIX, InputText, SystemMessage, UserMessage
from voice.protocol.server_events import (
    InputAudioBufferCommitted,
    InputAudioBufferSpeechStarted,
    InputAudioBufferSpeechStopped,
)
from voice.protocol.session_config import ServerVad
from voice.protocol.turn_causes import cause_of


class SpeechHandlers:
    """Take what the user does."""

    def __init__(self, state: ClientState) -> None:
        self._state = state

    def on_mic_frame(self, event: MicFrame) -> None:
        """Send a frame, or keep it until frames may be sent. On the hot path."""
        state, audio = self._state, event.audio
        uplink = state.uplink
        if uplink.is_muted:
            if state.turn_detection is None or state.link.state is not LinkState.READY:
                return
            audio = uplink.silence(len(audio))
        elif state.link.state is not LinkState.READY or (
            state.push_to_talk
            and state.turn.state is not TurnState.HELD
            and state.turn.state is not TurnState.RELEASING
        ):
            if not state.owes_commit or not state.push_to_talk:
                uplink.keep(audio)
            return
        uplink.sent(audio, state.now_ms)
        state.actions.append(SendAudio(audio))

    def on_speech_started(self, event: InputAudioBufferSpeechStarted) -> None:
        """The endpoint hears the user: everything else falls silent."""
        state = self._state
        state.uplink.turn_began(event.audio_start_ms)
        cause = ENDPOINT_HEARD
        if state.turn.state is TurnState.EXPECTED:
            cause = f"{cause}, as the ear did: {state.cut_cause}"
        has_begun = state.turn.move(TurnEvent.STARTED, state.now_ms)
        if has_begun:
            self._begin_turn(event.item_id, cause)
        if not self._is_disputed(is_new=has_begun):
            interrupt(state, by_speech=True, cause=cause)

    def on_speech_stopped(self, event: InputAudioBufferSpeechStopped) -> None:
        """The endpoint hears the end of the turn; it dates it by its offset in our audio."""
        state = self._state
        end_ms = event.audio_end_ms
        state.uplink.turn_ended(end_ms or None)
        rules = state.turn_detection
        if isinstance(rules, ServerVad):
            # It reports where its silence window ended (PROTOCOL A.2), we want where speech did.
            end_ms = max(0, end_ms - rules.silence_duration_ms)
        speech_end_ms = state.uplink.sent_at_ms(end_ms)
        self._end_turn(event.item_id, speech_end_ms, cause_of(event) or turn_end_cause(rules))

    def on_committed(self, event: InputAudioBufferCommitted) -> None:
        """The turn became an item; where speech_stopped was left out, this is the end of it."""
        state = self._state
        state.wishes.acknowledged(COMMIT)
        state.timeline.turn_named(event.item_id)
        state.spoken_item = event.item_id
        if state.turn.state in (TurnState.SPEAKING, TurnState.EXPECTED):
            self._end_turn(event.item_id, None, ENDPOINT_COMMITTED)

    def on_pressed(self, event: UserPressed) -> None:
        """A button."""
        state = self._state
        match event.button:
            case Button.INTERRUPT:
                state.wishes.drop()
                self._let_turn_go()
                interrupt(state, by_speech=False, cause=STOP_KEY)
            case Button.MUTE:
                state.uplink.is_muted = True
                state.uplink.drop_kept()
            case Button.UNMUTE:
                state.uplink.is_muted = False
            case Button.TALK_DOWN:
                self._press_to_talk()
            case Button.TALK_UP:
                state.turn.move(TurnEvent.RELEASED, state.now_ms)

    def on_typed(self, event: UserTyped) -> None:
        """Typed words interrupt like spoken ones, and want an answer."""
        state = self._state
        if not state.has_been_ready:
            state.warn("not_ready", "typed words came before the session was ready; dropped")
            return
        state.calls.turn_began()
        self._let_turn_go()
        interrupt(state, by_speech=False, cause=TYPED)
        state.timeline.turn_ended("", speech_end_ms=None, now_ms=state.now_ms)
        item = UserMessage(id=state.new_id("item"), content=[InputText(text=event.text)])
        item_id = send_item(state, item, event.text)
        if not state.question.is_asked:
            state.wishes.want([item_id])

    def on_commit_turn(self, event: CommitTurn) -> None:
        """The user's turn is over, says whoever leads this session."""
        state = self._state
        if not state.has_been_ready:
            state.warn("not_ready", "a turn ended before the session was ready; dropped")
        elif state.endpoint_answers:
            state.warn("turn_not_ours", "the endpoint ends and answers turns itself; nothing to do")
        elif state.turn_detection is None:
            interrupt(state, by_speech=False, cause=TURN_BY_HAND)
            commit(state)
        else:
            state.wishes.want()

    def on_announce(self, event: Announce) -> None:
        """Queue what is to be told when it is quiet."""
        if self._state.wishes.announce(event.text):
            self._state.warn("announcement_dropped", "too many announcements wait; one was dropped")

    def on_withdraw(self, event: Withdraw) -> None:
        """Forget what waits to be told and need not be."""
        self._state.wishes.withdraw(event.text)

    def expire(self) -> None:
        """Act on the deadline of the user's turn, if it has passed."""
        state = self._state
        left = state.turn.expire(state.now_ms)
        if left is TurnState.RELEASING:
            state.cause = TALK_KEY_UP
            state.publish(UserSpeechStopped(TALK_KEY_UP))
            commit(state)
        elif left is TurnState.OWED:
            # Nothing to answer: what was heard was no words.
            state.uplink.settle()
        elif left is TurnState.EXPECTED:
            state.cause = NOT_HEARD
        elif left is TurnState.SPEAKING:
            state.warn("endless_turn", "the endpoint never reported the end of the user's speech")
            state.cause = END_UNKNOWN
            state.publish(UserSpeechStopped(END_UNKNOWN))

    def announce_next(self) -> bool:
        """Tell the next announcement if there is one; the caller knows that it is quiet."""
        state = self._state
        text = state.wishes.next_announcement()
        if text is None:
            return False
        tell_unasked(state, text)
        return True

    def _let_turn_go(self) -> None:
        """Want no answer to the turn before any more, on whichever connection."""
        if self._state.uplink.speech is Speech.ENDED:
            self._state.uplink.settle()
            self._state.owes_commit = False

    def _is_disputed(self, *, is_new: bool) -> bool:
        """Return whether the ear has not judged yet what the endpoint hears, or judged otherwise.

        The answer then goes on, or stays paused until the verdict.
        """
        state, near = self._state, self._state.near
        if not (state.playback.is_sounding or near.is_paused):
            return False
        if near.dispute(state.slot.response_id, state.now_ms):
            if near.state is NearState.OVERRULED:
                play_on(state)
            return True
        return near.is_overruling and not is_new

    def _begin_turn(self, item_id: str, cause: str) -> None:
        self._state.calls.turn_began()
        self._state.question.turn_began()
        self._state.cause = cause
        self._state.publish(UserSpeechStarted(item_id, cause))

    def _end_turn(self, item_id: str, speech_end_ms: int | None, cause: str) -> None:
        state = self._state
        owes = state.endpoint_answers
        stopped = TurnEvent.STOPPED_OWING if owes else TurnEvent.STOPPED
        if not state.turn.move(stopped, state.now_ms):
            return
        state.uplink.turn_ended()
        state.uplink.committed()
        state.spoken_item = item_id
        state.timeline.turn_ended(item_id, speech_end_ms=speech_end_ms, now_ms=state.now_ms)
        state.cause = cause
        state.publish(UserSpeechStopped(cause))

    def _press_to_talk(self) -> None:
        state = self._state
        if state.turn_detection is not None and not state.push_to_talk:
            # The endpoint ends the turns; the button can only make room for one.
            interrupt(state, by_speech=False, cause=TALK_KEY)
            return
        was_open = state.turn.is_speaking
        if not state.turn.move(TurnEvent.PRESSED, state.now_ms):
            return
        if not was_open:
            self._begin_turn("", TALK_KEY)
        interrupt(state, by_speech=False, cause=TALK_KEY)
        state.owes_commit = False
        if state.push_to_talk:
            state.uplink.turn_began()
            if state.link.is_ready:
                send_kept(state)
            else:
                state.uplink.hold()
        elif state.link.is_ready and not was_open:
            # The open microphone filled the endpoint's buffer with whatever came before.
            state.send(InputAudioBufferClear(event_id=state.new_id("clear")))
            before = state.uplink.newest(PRE_ROLL_MS)
            state.uplink.settle()
            state.uplink.turn_began()
            for audio in before:
                # People begin to speak while they press.
                state.uplink.sent(audio, state.now_ms)
                state.actions.append(SendAudio(audio))
            state.uplink.committed()


def tell_unasked(state: ClientState, text: str) -> None:
    """Have the assistant say what nobody asked for: an announcement, a tool's question."""
    text = ANNOUNCE_PREFIX + text
    state.timeline.unprompted()
    item = SystemMessage(id=state.new_id("item"), content=[InputText(text=text)])
    state.wishes.want([send_item(state, item, text)])


def send_item(state: ClientState, item: UserMessage | SystemMessage, text: str) -> str:
    """Send an item of ours, note it in the ledger, and return its id."""
    item_id = item.id or ""
    event_id = state.new_id("add")
    state.send(ConversationItemCreate(event_id=event_id, item=item))
    state.own_items[event_id] = item_id
    state.ledger.add(Entry(item_id, "message", role=item.role, text=text))
    return item_id
