"""ServerCore: the embedded server's side of one conversation, pure.

``handle`` takes a client event or an input of the shell and the current time, and answers with
actions to be performed in order. A client's mistake becomes an ``error`` event that names the
client's event id; it never ends the session (PROTOCOL §2.10, §6).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from voice.core import refusals, session_tools
from voice.core import server_messages as msg
from voice.core.idle_watch import IdleWatch
from voice.core.ledger import Ledger
from voice.core.refusals import Refusal
from voice.core.server_conversation import ServerConversation
from voice.core.server_listening import ServerListening
from voice.core.server_responses import ServerResponses
from voice.core.session_fields import Recogniser
from voice.core.session_state import RECOGNISER, default_session, merge, wire_session
from voice.core.session_view import SessionView
from voice.core.stamp import EventStamp
from voice.core.turn_clock import TurnClock
from voice.protocol import client_events as cl
from voice.protocol import server_events as ev
from voice.protocol.client_events import AudioAppend, ClientEvent

Actions: TypeAlias = list[msg.ServerAction]

IDLE_NOTE = (
    "\n\nThe user has said nothing for a while. Ask in one short sentence whether they are still "
    "there or need anything else."
)


class ServerCore:
    """One conversation of the embedded server: events and inputs in, actions out.

    ``context_tokens`` is how much the brain can read, None where it does not say.
    ``recogniser`` is what sessions show of the engine that transcribes. ``initial`` are
    session fields that hold from the start, such as those of an ephemeral key; the constructor
    raises Refusal where an update with them would be refused. ``expires_at`` is in epoch seconds;
    the shell keeps to it.
    """

    def __init__(
        self,
        *,
        new_id: Callable[[str], str],
        model: str,
        voices: tuple[str, ...],
        expires_at: int = 0,
        context_tokens: int | None = None,
        recogniser: Recogniser = RECOGNISER,
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        self._new_id = new_id
        self._stamp = EventStamp(new_id)
        self._voices = voices
        self._recogniser = recogniser
        self._session = default_session(new_id("sess"), model=model, voice=voices[0])
        self._session["expires_at"] = expires_at
        self._session = self._merged(initial or {}, spoken=False)
        self._idle = IdleWatch()
        self._conversation = ServerConversation(new_id=new_id)
        self._responses = ServerResponses(
            self._conversation, new_id=new_id, voices=voices, context_tokens=context_tokens
        )
        self._clock = TurnClock()
        self._listening = ServerListening(
            self._conversation,
            self._responses,
            self._clock,
            view=lambda: self.view,
            new_id=new_id,
        )
        self._handlers: dict[type, Callable[[Any, int], Actions]] = {
            **self._client_handlers(),
            **self._shell_handlers(),
        }

    def handle(self, event: ClientEvent | AudioAppend | msg.ServerInput, now_ms: int) -> Actions:
        """Take one event and return what to do about it, in order."""
        self._idle.note_asked(event, now_ms)
        handler = self._handlers.get(type(event))
        try:
            if handler is None:
                kind = getattr(event, "type", type(event).__name__)
                raise refusals.invalid_value("type", "the client events of the API", kind)
            actions = handler(event, now_ms)
        except Refusal as refusal:
            actions = [self.refuse(refusal, getattr(event, "event_id", None))]
        if self._listening.owes_answer or self._responses.kept is not None:
            actions += self._answer_turn(now_ms)
        self._idle.note_sent(actions, now_ms)
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
        deadlines = (self._responses.next_deadline_ms(), self._idle_deadline_ms())
        return min((moment for moment in deadlines if moment is not None), default=None)

    @property
    def ledger(self) -> Ledger:
        """The conversation, for tests and for a restored session; not to be changed."""
        return self._conversation.ledger

    @property
    def view(self) -> SessionView:
        """Typed reads of the effective session."""
        return SessionView(self._session)

    def _client_handlers(self) -> dict[type, Callable[[Any, int], Actions]]:
        return {
            AudioAppend: self._listening.append,
            cl.SessionUpdate: self._update,
            cl.InputAudioBufferCommit: lambda _, now_ms: self._listening.commit(now_ms),
            cl.InputAudioBufferClear: lambda _, now_ms: self._listening.clear(now_ms),
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

    def _shell_handlers(self) -> dict[type, Callable[[Any, int], Actions]]:
        return {
            msg.SpeechScored: self._listening.scored,
            msg.SpeechMade: self._progress,
            msg.SpeechBegun: self._progress,
            msg.TextWritten: self._progress,
            msg.CallMade: self._progress,
            msg.AnswerBegun: self._answer_begun,
            msg.AnswerEnded: lambda ended, _: self._responses.ended(ended),
            msg.AnswerFailed: lambda failed, _: self._responses.failed(failed),
            msg.Transcribed: self._listening.heard,
            msg.TranscriptionFailed: self._listening.heard,
            msg.TurnSounded: self._listening.sounded,
            msg.Opened: self._opened,
            msg.Tick: self._tick,
        }

    # --- session ----------------------------------------------------------------------------------

    def _opened(self, _: msg.Opened, now_ms: int) -> Actions:
        actions = self._listening.configure(now_ms)
        created = self._stamp(ev.SessionCreated, session=wire_session(self._session))
        return [*actions, msg.Send(created), *self._prepared([])]

    def _update(self, event: cl.SessionUpdate, now_ms: int) -> Actions:
        old_tools = self._session["tools"]
        spoken = self._responses.has_spoken
        self._session = self._merged(event.session.to_wire(), spoken=spoken)
        actions = [*self._listening.configure(now_ms), *self._prepared(old_tools)]
        updated = self._stamp(ev.SessionUpdated, session=wire_session(self._session))
        left_out = self._left_out("session", event.session.to_wire(), event.event_id)
        return [*actions, msg.Send(updated), *left_out]

    def _left_out(self, where: str, asked: Mapping[str, Any], event_id: str | None) -> Actions:
        """Tell of the servers of tools that the client asks us to connect to."""
        servers = session_tools.hosted_servers(asked)
        if not servers:
            return []
        labels = [label for _, label in servers]
        return [self.refuse(refusals.not_hosted(f"{where}.{servers[0][0]}", labels), event_id)]

    def _merged(self, update: Mapping[str, Any], *, spoken: bool) -> dict[str, Any]:
        return merge(
            self._session,
            update,
            voices=self._voices,
            spoken=spoken,
            recogniser=self._recogniser,
        )

    def _prepared(self, old_tools: list[Any]) -> Actions:
        """Show new tools to the brain before the next turn."""
        tools = self._session["tools"]
        return [msg.PrepareBrain(tuple(tools))] if tools != old_tools else []

    # --- time -------------------------------------------------------------------------------------

    def _tick(self, _: msg.Tick, now_ms: int) -> Actions:
        actions = self._responses.expire(now_ms)
        deadline_ms = self._idle_deadline_ms()
        if deadline_ms is not None and now_ms >= deadline_ms:
            actions += self._idled(now_ms)
        return actions

    def _idle_deadline_ms(self) -> int | None:
        is_busy = self._listening.is_waiting or not self._responses.slot.is_idle
        return None if is_busy else self._idle.deadline_ms(self.view.idle_timeout_ms)

    def _idled(self, now_ms: int) -> Actions:
        """Speak first: the user has said nothing since the last answer sounded."""
        actions = self._listening.time_out(self.view.idle_timeout_ms or 0, now_ms)
        if self.view.answers_turns:
            instructions = f"{self._session['instructions']}{IDLE_NOTE}"
            actions += self._respond({"instructions": instructions}, now_ms)
        return actions

    # --- items and responses ----------------------------------------------------------------------

    def _answer_turn(self, now_ms: int) -> Actions:
        """Answer what waits for it once nobody speaks, no words are missing and the slot is free.

        That is the user's turns, or a response.create that came too early; one answer is for both.
        """
        if self._listening.is_waiting or not self._responses.slot.is_idle:
            return []
        kept, self._responses.kept = self._responses.kept, None
        self._listening.answer_asked()
        if kept is None:
            return self._respond({}, now_ms)
        try:
            return self._respond(kept.overrides, now_ms)
        except Refusal as refusal:
            return [self.refuse(refusal, kept.event_id)]

    def _create_item(self, event: cl.ConversationItemCreate, now_ms: int) -> Actions:
        wanted_id = getattr(event.item, "id", None)
        if wanted_id is not None and wanted_id == self._listening.turns.open_item_id:
            raise refusals.duplicate_item(wanted_id)
        events, item_id, audio = self._conversation.create(event, self.view.input_format)
        actions = _sends(events)
        if event.item.type == "function_call_output":
            self._responses.output_came()
        if audio:
            actions += self._listening.hear_item(item_id, audio, now_ms)
        return actions

    def _delete_item(self, event: cl.ConversationItemDelete, now_ms: int) -> Actions:
        deleted = _sends(self._conversation.delete(event.item_id))
        return [*deleted, *self._listening.forget(event.item_id, now_ms)]

    def _create_response(self, event: cl.ResponseCreate, now_ms: int) -> Actions:
        if self.view.only_transcribes:
            raise refusals.only_transcribes()
        overrides = event.response.to_wire() if event.response is not None else {}
        # Unnamed: clients take an error that names their request for the end of the response.
        left_out = self._left_out("response", overrides, None)
        if self._responses.keep(overrides, self.view, event.event_id):
            self._listening.answer_asked()
            return left_out
        self._clock.asked(now_ms)
        actions = self._respond(overrides, now_ms)
        if overrides.get("conversation") != "none":
            self._listening.answer_asked()
        return [*actions, *left_out]

    def _respond(self, overrides: Mapping[str, Any], now_ms: int) -> Actions:
        wait = self._listening.awaits_words
        return self._responses.begin(overrides, self.view, now_ms, wait=wait)

    def _answer_begun(self, begun: msg.AnswerBegun, now_ms: int) -> Actions:
        if not self._responses.is_running(begun.response_id):
            return []
        return [*self._clock.measured("first_token", now_ms)]

    def _progress(self, step: Any, now_ms: int) -> Actions:
        actions = self._responses.progress(step, now_ms)
        if actions and isinstance(step, msg.SpeechMade):
            actions += self._clock.measured("first_audio", now_ms)
        return actions


def _sends(events: list[Any]) -> Actions:
    return [msg.Send(event) for event in events]
