"""ServerCore: the embedded server's side of one conversation, pure.

``handle`` takes a client event or an input of the shell and the current time, and answers with
actions to be performed in order. A client's mistake becomes an ``error`` event that names the
client's event id; it never ends the session (PROTOCOL §2.10, §6).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeAlias

from voice.core import refusals
from voice.core import server_messages as msg
from voice.core.ledger import Entry, Ledger
from voice.core.refusals import Refusal
from voice.core.server_conversation import ServerConversation
from voice.core.server_responses import ServerResponses
from voice.core.session_state import SessionView, default_session, merge
from voice.core.stamp import EventStamp
from voice.core.user_turns import Signal, TurnTranscribed, UserBegan, UserEnded, UserTurns
from voice.protocol import client_events as cl
from voice.protocol import server_events as ev
from voice.protocol.client_events import AudioAppend, ClientEvent

Actions: TypeAlias = list[msg.ServerAction]


class ServerCore:
    """One conversation of the embedded server: events and inputs in, actions out."""

    def __init__(
        self,
        *,
        new_id: Callable[[str], str],
        model: str,
        voices: tuple[str, ...],
        expires_at: int = 0,
    ) -> None:
        self._new_id = new_id
        self._stamp = EventStamp(new_id)
        self._voices = voices
        self._session = default_session(new_id("sess"), model=model, voice=voices[0])
        self._session["expires_at"] = expires_at
        self._turns = UserTurns(self.view.input_format, self.view.turn_rules, new_id=new_id)
        self._conversation = ServerConversation(new_id=new_id)
        self._responses = ServerResponses(self._conversation, new_id=new_id, voices=voices)
        self._turn_ended_ms: int | None = None
        self._unanswered: set[str] = set()  # bounded: by the transcriptions on their way
        self._owes_answer = False
        self._handlers: dict[type, Callable[[Any, int], Actions]] = {
            AudioAppend: self._append,
            msg.SpeechScored: self._scored,
            msg.SpeechMade: self._progress,
            msg.SpeechBegun: self._progress,
            msg.TextWritten: self._progress,
            msg.CallMade: self._progress,
            msg.AnswerBegun: self._answer_begun,
            msg.AnswerEnded: lambda ended, _: self._responses.ended(ended),
            msg.AnswerFailed: lambda failed, _: self._responses.failed(failed),
            msg.Transcribed: self._heard,
            msg.TranscriptionFailed: self._heard,
            msg.Opened: self._opened,
            msg.Tick: lambda _, now_ms: self._responses.expire(now_ms),
            cl.SessionUpdate: self._update,
            cl.InputAudioBufferCommit: self._commit,
            cl.InputAudioBufferClear: self._clear,
            cl.OutputAudioBufferClear: lambda _event, _now: [],
            cl.ConversationItemCreate: self._create_item,
            cl.ConversationItemRetrieve: lambda event, _: _sends(
                self._conversation.retrieve(event)
            ),
            cl.ConversationItemTruncate: lambda event, _: _sends(
                self._conversation.truncate(event)
            ),
            cl.ConversationItemDelete: self._delete_item,
            cl.ResponseCreate: self._create_response,
            cl.ResponseCancel: lambda event, _: self._responses.cancel(event.response_id),
        }

    def handle(self, event: ClientEvent | AudioAppend | msg.ServerInput, now_ms: int) -> Actions:
        """Take one event and return what to do about it, in order."""
        handler = self._handlers.get(type(event))
        try:
            if handler is None:
                kind = getattr(event, "type", type(event).__name__)
                raise refusals.invalid_value("type", "the client events of the API", kind)
            actions = handler(event, now_ms)
        except Refusal as refusal:
            actions = [self.refuse(refusal, getattr(event, "event_id", None))]
        if self._owes_answer:
            actions += self._answer_turn(now_ms)
        return actions

    def refuse(self, refusal: Refusal, event_id: str | None) -> msg.Send:
        """Return the ``error`` event for a refusal of the client event ``event_id``."""
        error = {
            "type": refusal.kind,
            "code": refusal.code,
            "message": refusal.message,
            "param": refusal.param,
            "event_id": event_id,
        }
        return msg.Send(self._stamp(ev.ErrorEvent, error=error))

    def next_deadline_ms(self) -> int | None:
        """When the core wants a Tick; None for never."""
        return self._responses.slot.deadline_ms

    @property
    def ledger(self) -> Ledger:
        """The conversation, for tests and for a restored session; not to be changed."""
        return self._conversation.ledger

    @property
    def view(self) -> SessionView:
        """Typed reads of the effective session."""
        return SessionView(self._session)

    # --- session ----------------------------------------------------------------------------------

    def _opened(self, _: msg.Opened, now_ms: int) -> Actions:
        created = self._stamp(ev.SessionCreated, session=self._session)
        return [msg.Send(created)]

    def _update(self, event: cl.SessionUpdate, now_ms: int) -> Actions:
        old_tools = self._session["tools"]
        self._session = merge(
            self._session,
            event.session.to_wire(),
            voices=self._voices,
            spoken=self._responses.has_spoken,
        )
        transcription = self.view.transcription
        self._turns.language = transcription["language"] if transcription else None
        signals = self._turns.configure(self.view.input_format, self.view.turn_rules)
        actions = self._follow(signals, now_ms)
        if self._session["tools"] != old_tools:
            actions.append(msg.PrepareBrain(tuple(self._session["tools"])))
        updated = self._stamp(ev.SessionUpdated, session=self._session)
        return [*actions, msg.Send(updated)]

    # --- user turns -------------------------------------------------------------------------------

    def _append(self, event: AudioAppend, now_ms: int) -> Actions:
        return self._follow(self._turns.append(event.audio), now_ms)

    def _scored(self, score: msg.SpeechScored, now_ms: int) -> Actions:
        return self._follow(self._turns.scored(score), now_ms)

    def _heard(self, heard: msg.Transcribed | msg.TranscriptionFailed, now_ms: int) -> Actions:
        return self._follow(self._turns.transcribed(heard), now_ms)

    def _follow(self, signals: list[Signal], now_ms: int) -> Actions:
        actions: Actions = []
        for signal in signals:
            match signal:
                case UserBegan():
                    actions += self._user_began(signal)
                case UserEnded():
                    actions += self._user_ended(signal, now_ms)
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
        block = self.view.turn_detection
        interrupts = block is not None and block["interrupt_response"]
        return [msg.Send(started), *(self._responses.interrupt() if interrupts else [])]

    def _user_ended(self, ended: UserEnded, now_ms: int) -> Actions:
        self._turn_ended_ms = now_ms - ended.silence_ms
        self._unanswered.add(ended.item_id)
        audio_end_ms = ended.audio_end_ms
        block = self.view.turn_detection
        if block is not None and block["type"] == "semantic_vad":
            # Documented to include the configured silence. Here none is configured, so a client
            # could not take it off again to know when the user fell silent.
            audio_end_ms -= ended.silence_ms
        stopped = self._stamp(
            ev.InputAudioBufferSpeechStopped,
            audio_end_ms=audio_end_ms,
            item_id=ended.item_id,
        )
        return [msg.Send(stopped), *self._commit_audio(ended.item_id, ended.audio_ms)]

    def _commit(self, _: cl.InputAudioBufferCommit, now_ms: int) -> Actions:
        item_id, audio_ms, signals = self._turns.commit()
        self._turn_ended_ms = now_ms
        return [*self._commit_audio(item_id, audio_ms), *self._follow(signals, now_ms)]

    def _clear(self, _: cl.InputAudioBufferClear, now_ms: int) -> Actions:
        actions = self._follow(self._turns.clear(), now_ms)
        cleared = self._stamp(ev.InputAudioBufferCleared)
        return [*actions, msg.Send(cleared)]

    def _commit_audio(self, item_id: str, audio_ms: int) -> Actions:
        committed = self._stamp(
            ev.InputAudioBufferCommitted,
            item_id=item_id,
            previous_item_id=self.ledger.last_id,
        )
        self._conversation.note_audio(item_id, audio_ms)
        entry = Entry(item_id, "message", role="user", spoken=True)
        return [msg.Send(committed), *_sends(self._conversation.add(entry))]

    def _turn_transcribed(self, turn: TurnTranscribed, now_ms: int) -> Actions:
        is_unanswered = turn.item_id in self._unanswered
        self._unanswered.discard(turn.item_id)
        entry = self.ledger.get(turn.item_id)
        if entry is None:
            return []
        entry.text = turn.text
        actions = self._measured("transcript", now_ms)
        if self.view.transcription is not None:
            actions += _sends(self._transcription_events(turn))
        if not self._turns.pending:
            actions += self._responses.release()
        block = self.view.turn_detection
        # Only what the detector ended is answered unasked: a client that commits by hand, or brings
        # an item of its own, asks. A turn without words gets no answer: it was noise (FIELD 21).
        if is_unanswered and block is not None and block["create_response"] and turn.text:
            self._owes_answer = True
        return actions

    def _answer_turn(self, now_ms: int) -> Actions:
        """Answer the user's turns once nobody speaks, no words are missing and the slot is free."""
        is_busy = not self._responses.slot.is_idle or self._turns.pending
        if is_busy or self._turns.is_user_speaking:
            return []
        self._owes_answer = False
        return self._respond({}, now_ms)

    def _transcription_events(self, turn: TurnTranscribed) -> list[Any]:
        ids: dict[str, Any] = {"item_id": turn.item_id, "content_index": 0}
        if turn.error is not None:
            error = {"type": "server_error", "code": None, "message": turn.error}
            return [
                self._stamp(ev.ConversationItemInputAudioTranscriptionFailed, **ids, error=error)
            ]
        events: list[Any] = []
        if turn.text:
            events.append(
                self._stamp(ev.ConversationItemInputAudioTranscriptionDelta, **ids, delta=turn.text)
            )
        seconds = self._conversation.audio_ms(turn.item_id) / 1_000
        events.append(
            self._stamp(
                ev.ConversationItemInputAudioTranscriptionCompleted,
                **ids,
                transcript=turn.text,
                usage={"type": "duration", "seconds": seconds},
            )
        )
        return events

    # --- items and responses ----------------------------------------------------------------------

    def _create_item(self, event: cl.ConversationItemCreate, now_ms: int) -> Actions:
        wanted_id = getattr(event.item, "id", None)
        if wanted_id is not None and wanted_id == self._turns.open_item_id:
            raise refusals.duplicate_item(wanted_id)
        events, item_id, audio = self._conversation.create(event)
        actions = _sends(events)
        if audio:
            audio_ms = self.view.input_format.bytes_to_ms(len(audio))
            self._conversation.note_audio(item_id, audio_ms)
            actions += self._follow(self._turns.hear_item(item_id, audio), now_ms)
        return actions

    def _delete_item(self, event: cl.ConversationItemDelete, now_ms: int) -> Actions:
        actions = _sends(self._conversation.delete(event.item_id))
        self._unanswered.discard(event.item_id)
        actions += self._follow(self._turns.forget(event.item_id), now_ms)
        return actions if self._turns.pending else [*actions, *self._responses.release()]

    def _create_response(self, event: cl.ResponseCreate, now_ms: int) -> Actions:
        overrides = event.response.to_wire() if event.response is not None else {}
        if self._turn_ended_ms is None:
            self._turn_ended_ms = now_ms
        actions = self._respond(overrides, now_ms)
        if overrides.get("conversation") != "none":
            self._unanswered.clear()
            self._owes_answer = False
        return actions

    def _respond(self, overrides: dict[str, Any], now_ms: int) -> Actions:
        wait = bool(self._turns.pending)
        return self._responses.begin(overrides, self.view, now_ms, wait=wait)

    def _answer_begun(self, begun: msg.AnswerBegun, now_ms: int) -> Actions:
        if not self._responses.is_running(begun.response_id):
            return []
        return self._measured("first_token", now_ms)

    def _progress(self, step: Any, now_ms: int) -> Actions:
        actions = self._responses.progress(step, now_ms)
        if actions and isinstance(step, msg.SpeechMade) and self._turn_ended_ms is not None:
            actions += self._measured("first_audio", now_ms)
            self._turn_ended_ms = None
        return actions

    def _measured(
        self, stage: Literal["transcript", "first_token", "first_audio"], now_ms: int
    ) -> Actions:
        if self._turn_ended_ms is None:
            return []
        return [msg.TurnMeasured(stage, max(0, now_ms - self._turn_ended_ms))]


def _sends(events: list[Any]) -> Actions:
    return [msg.Send(event) for event in events]
