"""Watches a client core from outside and says at once when a property of it breaks (DESIGN §4).

The watcher knows nothing of the core's machines: it sees what goes in and what comes out, and keeps
its own account of what is asked for, who speaks, and what was heard.
"""

from __future__ import annotations

from voice.core import client_actions as act
from voice.core import client_inputs as inp
from voice.core.client_errors import ACTIVE_RESPONSE, code_of
from voice.core.near_state import DISPUTE_DEADLINE_MS, PAUSE_DEADLINE_MS
from voice.core.responses import (
    ASK_DEADLINE_MS,
    CANCEL_DEADLINE_MS,
    DOUBT_DEADLINE_MS,
    IDLE_STREAM_DEADLINE_MS,
)
from voice.core.turn_state import SPEECH_DEADLINE_MS, TALK_TAIL_MS
from voice.core.updates import Ended, WarningIssued
from voice.protocol import client_events as said
from voice.protocol import server_events as wire
from voice.protocol.items import FunctionCall, FunctionCallOutput
from voice.testing.sound import BYTES_PER_MS, RecordingSpeaker


class PropertyBroken(AssertionError):
    """A core did what it must never do; the message names the property."""


class Watcher:
    """Sees every event and every action of one conversation, in order."""

    def __init__(self, speaker: RecordingSpeaker, *, endpoint_interrupts: bool) -> None:
        self._speaker = speaker
        self._endpoint_interrupts = endpoint_interrupts
        self._now_ms = 0
        self._has_ended = False
        # Property 1: the request on its way, and the response that is active.
        self._request: tuple[str, int] | None = None
        self._active: str | None = None
        self._active_until_ms = 0
        self._is_cancelled = False
        self._known: set[str] = set()
        self._over: set[str] = set()
        # Who speaks.
        self._speech_until_ms = 0
        self._held = False
        self._tail_until_ms = 0
        # Property 2: what had begun before the last flush.
        self._begun: set[str] = set()
        self._flushed: set[str] = set()
        self._handled: wire.ServerEvent | inp.Input = inp.Tick()
        # Property 3: what went to the speaker.
        self._received_bytes: dict[tuple[str, int], int] = {}
        # Property 10: the speaker, paused since when.
        self._paused_at_ms: int | None = None
        # Property 4: calls and their answers, in all and in this session of the endpoint.
        self.calls: set[str] = set()
        self.started: set[str] = set()
        self.answers: dict[str, int] = {}
        self._asked_here: dict[str, int] = {}
        self._answered_here: dict[str, int] = {}
        self._called_here: set[str] = set()
        # Sessions of the endpoint.
        self._is_up = True
        self._tags: dict[str, str] = {}
        self._created: set[str] = set()
        self._standby: list[said.ClientEvent] = []

    def event(self, event: wire.ServerEvent | inp.Input, now_ms: int) -> None:
        """See an event just before the core takes it."""
        if self._paused_at_ms is not None and not self._has_ended:
            is_due = now_ms - self._paused_at_ms > PAUSE_DEADLINE_MS + DISPUTE_DEADLINE_MS
            self._demand(not is_due, 10, "left the speaker paused")
        self._now_ms, self._handled = now_ms, event
        key = getattr(event, "response_id", None) or getattr(event, "item_id", None)
        if isinstance(event, wire.AudioDelta) and key:
            self._begun.add(key)
        match event:
            case inp.LinkDown():
                self._is_up, self._speech_until_ms = False, 0
            case inp.LinkUp():
                self._begin_session()
            case wire.InputAudioBufferSpeechStarted():
                self._see_speech()
            case wire.InputAudioBufferSpeechStopped() | wire.InputAudioBufferCommitted():
                self._speech_until_ms = 0
            case inp.UserPressed(button=inp.Button.TALK_DOWN):
                self._held, self._speech_until_ms = True, 0
            case inp.UserPressed(button=inp.Button.TALK_UP) if self._held:
                self._held, self._tail_until_ms = False, now_ms + TALK_TAIL_MS
            case wire.ResponseCreated():
                self._see_birth(event.response.id)
            case wire.ResponseDone():
                self._see_end(event.response)
            case wire.ErrorEvent():
                self._see_error(event)
            case wire.ResponseOutputItemDone(item=FunctionCall() as call):
                if call.status in (None, "completed"):
                    self._see_call(call)
        is_alive = not self._is_cancelled and now_ms < self._active_until_ms
        if key is not None and key == self._active and is_alive:
            self._active_until_ms = now_ms + IDLE_STREAM_DEADLINE_MS

    def action(self, action: act.Action) -> None:
        """See an action just before it is performed; raises PropertyBroken."""
        if self._has_ended:
            self._demand(isinstance(action, act.CancelTool | act.Close), 5, "acted after the end")
        match action:
            case act.Connect() | act.DropLink():
                self._is_up, self._speech_until_ms = False, 0
            case act.ConnectStandby():
                self._standby = []
            case act.SendStandby(event=event):
                self._standby.append(event)
            case act.TakeOver():
                self._begin_session()
                for told in self._standby:
                    self._see_sent(told)
            case act.SendAudio():
                self._demand(self._is_up, 8, "sent audio to nobody")
            case act.SendEvent(event=event):
                self._demand(self._is_up, 8, "sent an event to nobody")
                self._see_sent(event)
            case act.PlayAudio():
                self._see_played(action)
            case act.PausePlayback():
                self._demand(self._paused_at_ms is None, 10, "paused twice")
                self._paused_at_ms = self._now_ms
            case act.ResumePlayback():
                self._demand(self._paused_at_ms is not None, 10, "resumed what was not paused")
                self._paused_at_ms = None
            case act.FlushPlayback():
                self._paused_at_ms = None
                self._flushed |= self._begun
            case act.StartTool(call_id=call_id):
                self._demand(call_id not in self.started, 4, "ran a call twice")
                self.started.add(call_id)
            case act.Publish(update=Ended()):
                self._has_ended = True
            case act.Publish(update=WarningIssued(code="event_ignored", message=message)):
                self._demand(False, 0, f"tripped over an event: {message}")

    def finish(self) -> None:
        """Check, at the end of a conversation whose tools have all ended, that none is open."""
        self._demand(self._paused_at_ms is None, 10, "left the speaker paused in the end")
        for call_id in self.calls:
            self._demand(self.answers.get(call_id, 0) > 0, 4, "never answered a call")

    @property
    def is_user_speaking(self) -> bool:
        """Whether the user speaks, as far as anybody told the core."""
        is_in_tail = self._now_ms < self._tail_until_ms
        return self._now_ms < self._speech_until_ms or self._held or is_in_tail

    def _begin_session(self) -> None:
        """A new session knows nothing; its endpoint may use ids again."""
        self._is_up, self._speech_until_ms = True, 0
        self._request = self._active = None
        self._is_cancelled = False
        for seen in (self._known, self._over, self._begun, self._flushed, self._called_here):
            seen.clear()
        self._asked_here, self._answered_here, self._tags = {}, {}, {}

    def _see_speech(self) -> None:
        if not self._held and self._now_ms >= self._speech_until_ms:
            self._speech_until_ms = self._now_ms + SPEECH_DEADLINE_MS
        if self._active is not None and self._endpoint_interrupts:
            self._cancel()

    def _cancel(self) -> None:
        self._is_cancelled = True
        self._active_until_ms = self._now_ms + CANCEL_DEADLINE_MS

    def _see_birth(self, response_id: str) -> None:
        if response_id in self._known:
            return
        self._known.add(response_id)
        self._request, self._active, self._is_cancelled = None, response_id, False
        self._active_until_ms = self._now_ms + IDLE_STREAM_DEADLINE_MS

    def _see_end(self, response: wire.Response) -> None:
        if response.id in self._over:
            return
        self._over.add(response.id)
        if response.id == self._active:
            self._active = None
        elif response.id not in self._known and self._active is None:
            self._request = None
        self._known.add(response.id)
        if response.status == "completed":
            for item in response.output:
                if isinstance(item, FunctionCall):
                    self._see_call(item)

    def _see_error(self, event: wire.ErrorEvent) -> None:
        if event.error.event_id is None:
            until_ms = self._now_ms + DOUBT_DEADLINE_MS
            self._active_until_ms = min(self._active_until_ms, until_ms)
        if self._request is None:
            return
        is_unnamed = event.error.event_id is None and code_of(event.error) == ACTIVE_RESPONSE
        if is_unnamed or event.error.event_id == self._request[0]:
            self._request = None

    def _see_call(self, call: FunctionCall) -> None:
        if call.call_id and call.name and not self._has_ended:
            self.calls.add(call.call_id)
            if call.call_id not in self._called_here:
                self._called_here.add(call.call_id)
                self._ask(call.call_id)

    def _ask(self, call_id: str) -> None:
        self._asked_here[call_id] = self._asked_here.get(call_id, 0) + 1

    def _see_sent(self, event: said.ClientEvent) -> None:
        match event:
            case said.ResponseCreate():
                self._check_request(event)
            case said.ResponseCancel():
                if event.response_id == self._active:
                    self._cancel()
            case said.ConversationItemTruncate():
                self._check_cut(event)
            case said.ConversationItemCreate(item=item):
                if isinstance(item, FunctionCall) and item.call_id:
                    self.calls.add(item.call_id)
                    self._ask(item.call_id)
                elif isinstance(item, FunctionCallOutput):
                    self._see_answer(item.call_id)
                self._demand(item.id not in self._created, 9, "used the id of an item twice")
                self._created.add(item.id or "")

    def _see_answer(self, call_id: str) -> None:
        self.answers[call_id] = self.answers.get(call_id, 0) + 1
        here = self._answered_here[call_id] = self._answered_here.get(call_id, 0) + 1
        self._demand(call_id in self.calls, 4, "answered a call nobody made")
        is_asked = here <= self._asked_here.get(call_id, 0)
        self._demand(is_asked, 4, "answered a call twice")

    def _check_request(self, event: said.ResponseCreate) -> None:
        self._demand(not self.is_user_speaking, 1, "asked while the user speaks")
        if self._request is not None:
            is_given_up = self._now_ms - self._request[1] >= ASK_DEADLINE_MS
            self._demand(is_given_up, 1, "asked twice at once")
        if self._active is not None:
            is_given_up = self._now_ms >= self._active_until_ms
            self._demand(is_given_up, 1, "asked during a response")
        self._active, self._request = None, (event.event_id or "", self._now_ms)

    def _check_cut(self, event: said.ConversationItemTruncate) -> None:
        part = (self._tags.get(event.item_id, event.item_id), event.content_index)
        received_ms = self._received_bytes.get(part, 0) // BYTES_PER_MS
        self._demand(0 < event.audio_end_ms <= received_ms, 3, "cut outside of what was received")
        heard_ms = min(self._speaker.heard_ms(*part), received_ms)
        is_heard = event.audio_end_ms == heard_ms
        self._demand(is_heard, 3, f"cut at {event.audio_end_ms}, heard {heard_ms}")

    def _see_played(self, action: act.PlayAudio) -> None:
        part = (action.item_id, action.content_index)
        self._received_bytes[part] = self._received_bytes.get(part, 0) + len(action.audio)
        event = self._handled
        self._demand(isinstance(event, wire.AudioDelta), 2, "played what nobody sent")
        if isinstance(event, wire.AudioDelta):
            self._tags[event.item_id] = action.item_id
            key = event.response_id or event.item_id
            self._demand(key not in self._flushed, 2, "played what was begun before a flush")

    def _demand(self, is_kept: bool, number: int, what: str) -> None:
        if not is_kept:
            raise PropertyBroken(f"property {number}: the core {what}")
