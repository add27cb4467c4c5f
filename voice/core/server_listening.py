"""What the server tells the client about the user's turns: heard, ended, committed, in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from voice.core import server_messages as msg
from voice.core.ledger import Entry
from voice.core.server_conversation import ServerConversation
from voice.core.server_responses import ServerResponses
from voice.core.server_transcripts import ServerTranscripts
from voice.core.session_view import SessionView
from voice.core.stamp import EventStamp
from voice.core.turn_clock import TurnClock
from voice.core.turn_signals import (
    Signal,
    TurnDropped,
    TurnReadSoFar,
    TurnTranscribed,
    UserBegan,
    UserEnded,
)
from voice.core.user_turns import UserTurns
from voice.protocol import server_events as ev
from voice.protocol.client_events import AudioAppend
from voice.protocol.turn_causes import CAUSE_KEY

Actions: TypeAlias = list[msg.ServerAction]


class ServerListening:
    """Follows the user's turns; ``owes_answer`` says that one of them waits for its response.

    ``view`` reads the session as it is now.
    """

    def __init__(
        self,
        conversation: ServerConversation,
        responses: ServerResponses,
        clock: TurnClock,
        *,
        view: Callable[[], SessionView],
        new_id: Callable[[str], str],
    ) -> None:
        self.turns = UserTurns(view().input_format, view().turn_rules, new_id=new_id)
        self.owes_answer = False
        self._conversation = conversation
        self._responses = responses
        self._clock = clock
        self._view = view
        self._stamp = EventStamp(new_id)
        self._transcripts = ServerTranscripts(new_id=new_id)
        self._unanswered: set[str] = set()  # bounded: by the transcriptions on their way

    @property
    def is_waiting(self) -> bool:
        """Whether the user speaks or words of a finished turn are on their way."""
        return self.turns.is_user_speaking or self.awaits_words

    @property
    def awaits_words(self) -> bool:
        """Whether words of a turn that is over are on their way."""
        return bool(self.turns.transcriptions.pending)

    def configure(self, now_ms: int) -> Actions:
        """Take a changed session."""
        view = self._view()
        transcription = view.transcription
        self.turns.transcriptions.language = transcription["language"] if transcription else None
        self.turns.reads_along = transcription is not None
        return self._follow(self.turns.configure(view.input_format, view.turn_rules), now_ms)

    def append(self, event: AudioAppend, now_ms: int) -> Actions:
        """Take audio from the client; raises Refusal."""
        return self._follow(self.turns.append(event.audio), now_ms)

    def scored(self, score: msg.SpeechScored, now_ms: int) -> Actions:
        """Take one frame's speech probability."""
        return self._follow(self.turns.scored(score), now_ms)

    def heard(self, heard: msg.Transcribed | msg.TranscriptionFailed, now_ms: int) -> Actions:
        """Take a recogniser's answer."""
        return self._follow(self.turns.transcribed(heard), now_ms)

    def sounded(self, heard: msg.TurnSounded, now_ms: int) -> Actions:
        """Take how the voice of a turn sounded that may be over."""
        return self._follow(self.turns.sounded(heard), now_ms)

    def commit(self, now_ms: int) -> Actions:
        """Close the turn by hand; raises Refusal for too little audio."""
        item_id, audio_ms, signals = self.turns.commit()
        self._clock.turn_ended(now_ms)
        return [*self._commit_audio(item_id, audio_ms), *self._follow(signals, now_ms)]

    def clear(self, now_ms: int) -> Actions:
        """Throw the buffer away."""
        actions = self._follow(self.turns.clear(), now_ms)
        return [*actions, msg.Send(self._stamp(ev.InputAudioBufferCleared))]

    def time_out(self, timeout_ms: int, now_ms: int) -> Actions:
        """Nobody spoke for so long: the silence becomes an item, as upstream makes one."""
        item_id, start_ms, end_ms = self.turns.commit_silence(timeout_ms)
        self._clock.turn_ended(now_ms)
        triggered = self._stamp(
            ev.InputAudioBufferTimeoutTriggered,
            audio_start_ms=start_ms,
            audio_end_ms=end_ms,
            item_id=item_id,
        )
        committed = self._commit_audio(item_id, end_ms - start_ms)
        return [msg.Send(triggered), *committed, *self._told(TurnTranscribed(item_id, ""))]

    def hear_item(self, item_id: str, audio: bytes, now_ms: int) -> Actions:
        """Recognise audio that came inside an item."""
        return self._follow(self.turns.hear_item(item_id, audio), now_ms)

    def forget(self, item_id: str, now_ms: int) -> Actions:
        """Nobody wants the words or the answer of a deleted item."""
        self._unanswered.discard(item_id)
        actions = self._follow(self.turns.transcriptions.forget(item_id), now_ms)
        return actions if self.awaits_words else [*actions, *self._responses.release()]

    def answer_asked(self) -> None:
        """The client asked for the answer itself: none is owed any more."""
        self._unanswered.clear()
        self.owes_answer = False

    def _follow(self, signals: list[Signal], now_ms: int) -> Actions:
        actions: Actions = []
        for signal in signals:
            match signal:
                case UserBegan():
                    actions += self._user_began(signal)
                case UserEnded():
                    actions += self._user_ended(signal, now_ms)
                case TurnReadSoFar(item_id, text):
                    actions += map(msg.Send, self._transcripts.so_far(item_id, text))
                case TurnDropped(item_id):
                    self._transcripts.forget(item_id)
                case TurnTranscribed():
                    actions += self._turn_transcribed(signal, now_ms)
                case _:
                    actions.append(signal)
        return actions

    def _user_began(self, began: UserBegan) -> Actions:
        started = self._stamp(
            ev.InputAudioBufferSpeechStarted,
            audio_start_ms=began.audio_start_ms,
            item_id=began.item_id,
        )
        interrupts = self._view().interrupts_answers
        return [msg.Send(started), *(self._responses.interrupt() if interrupts else [])]

    def _user_ended(self, ended: UserEnded, now_ms: int) -> Actions:
        self._clock.turn_ended(now_ms - ended.silence_ms)
        self._unanswered.add(ended.item_id)
        audio_end_ms = ended.audio_end_ms
        block = self._view().turn_detection
        if block is not None and block["type"] == "semantic_vad":
            # Documented to include the configured silence. Here none is configured, so a client
            # could not take it off again to know when the user fell silent.
            audio_end_ms -= ended.silence_ms
        told = {CAUSE_KEY: ended.cause} if self._view().reads_causes else {}
        stopped = self._stamp(
            ev.InputAudioBufferSpeechStopped,
            audio_end_ms=audio_end_ms,
            item_id=ended.item_id,
            **told,
        )
        return [msg.Send(stopped), *self._commit_audio(ended.item_id, ended.audio_ms)]

    def _commit_audio(self, item_id: str, audio_ms: int) -> Actions:
        committed = self._stamp(
            ev.InputAudioBufferCommitted,
            item_id=item_id,
            previous_item_id=self._conversation.ledger.last_id,
        )
        self._conversation.note_audio(item_id, audio_ms)
        entry = Entry(item_id, "message", role="user", spoken=True)
        added = [msg.Send(event) for event in self._conversation.add(entry)]
        return [msg.Send(committed), *added]

    def _turn_transcribed(self, turn: TurnTranscribed, now_ms: int) -> Actions:
        is_unanswered = turn.item_id in self._unanswered
        self._unanswered.discard(turn.item_id)
        if not self._conversation.transcribed(turn.item_id, turn.text):
            return []
        actions: Actions = [*self._clock.measured("transcript", now_ms), *self._told(turn)]
        if not self.awaits_words:
            actions += self._responses.release()
        # Only what the detector ended is answered unasked: a client that commits by hand, or brings
        # an item of its own, asks. A turn without words gets no answer: it was noise (FIELD 21).
        if is_unanswered and turn.text and self._view().answers_turns:
            self.owes_answer = True
        return actions

    def _told(self, turn: TurnTranscribed) -> Actions:
        """Send the words of a turn, if the client wants to read them."""
        if self._view().transcription is None:
            self._transcripts.forget(turn.item_id)
            return []
        audio_ms = self._conversation.audio_ms(turn.item_id)
        return [msg.Send(event) for event in self._transcripts.finished(turn, audio_ms)]
