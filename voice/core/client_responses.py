"""The assistant's side: responses from birth to end, their audio and their words."""

from __future__ import annotations

from voice.core.barge_in import delete_unheard, send_cancel
from voice.core.bounded import BoundedDict
from voice.core.client_actions import PlayAudio
from voice.core.client_link import NORMAL_CLOSURE, Failure, LinkHandlers
from voice.core.client_state import MAX_RESPONSES, UNNAMED, ClientState
from voice.core.client_tools import ToolHandlers
from voice.core.ledger import Entry
from voice.core.response_failures import ASK_AGAIN_MS, BUSY_MS, Remedy
from voice.core.responses import SlotState
from voice.core.turn_state import TurnEvent
from voice.core.updates import AssistantTranscript, ErrorReported, ResponseFinished
from voice.core.verdicts import Rule, Verdict, of_failed_response
from voice.core.wishes import MAX_ATTEMPTS
from voice.protocol.client_events import ResponseCreate
from voice.protocol.items import AssistantMessage, FunctionCall, OutputAudio
from voice.protocol.server_events import (
    AudioDelta,
    Response,
    ResponseContentPartAdded,
    ResponseContentPartDone,
    ResponseCreated,
    ResponseDone,
    ResponseFunctionCallArgumentsDelta,
    ResponseFunctionCallArgumentsDone,
    ResponseOutputAudioDone,
    ResponseOutputAudioTranscriptDelta,
    ResponseOutputAudioTranscriptDone,
    ResponseOutputItemAdded,
    ResponseOutputItemDone,
    ResponseOutputTextDelta,
    ResponseOutputTextDone,
)

ResponsePart = (
    ResponseContentPartAdded
    | ResponseContentPartDone
    | ResponseFunctionCallArgumentsDelta
    | ResponseFunctionCallArgumentsDone
    | ResponseOutputAudioDone
    | ResponseOutputItemAdded
    | ResponseOutputItemDone
)
WordsDelta = ResponseOutputAudioTranscriptDelta | ResponseOutputTextDelta
WordsDone = ResponseOutputAudioTranscriptDone | ResponseOutputTextDone


MAX_SILENT_ASKS = 2
"""A request that an endpoint leaves without a word costs it the connection, but not for ever."""


class ResponseHandlers:
    """Take what the endpoint says of its responses."""

    def __init__(self, state: ClientState, tools: ToolHandlers, link: LinkHandlers) -> None:
        self._state = state
        self._tools = tools
        self._link = link
        self._asked_at_ms = 0
        self._worded: BoundedDict[str, bool] = BoundedDict(MAX_RESPONSES)

    def on_audio(self, event: AudioDelta) -> None:
        """Hand audio to the speaker unless its response is dead. On the hot path."""
        state, item_id, audio = self._state, event.item_id, event.audio
        response_id = event.response_id or item_id
        if state.is_dead(response_id) or item_id in state.cut_items or not audio:
            return
        now_ms, index, playback = state.now_ms, event.content_index, state.playback
        was_sounding, tag = playback.is_sounding, state.tag(item_id)
        playback.received(response_id, tag, index, len(audio))
        state.slot.alive(now_ms)
        state.timeline.audio(response_id, now_ms)
        if response_id in state.finished:
            playback.part_completed(tag, index)
        if not was_sounding:
            state.show_phase()
        # The last act, since a speaker may answer from within.
        state.actions.append(PlayAudio(tag, index, audio))

    def on_created(self, event: ResponseCreated) -> None:
        """A response began, asked for or not; one that nobody wants any more is cancelled."""
        state = self._state
        response_id = event.response.id or state.new_id(UNNAMED)
        if response_id in state.born or response_id in state.finished:
            state.warn("response_created_twice", "the endpoint began one response twice")
            return
        state.born[response_id] = True
        if state.slot.response_id is not None:
            state.calls.response_over(state.slot.response_id)
        is_asked_for = state.slot.state is SlotState.REQUESTED
        is_dead = state.is_dead(response_id)
        if not is_dead and state.question.takes_response(is_asked_for=is_asked_for):
            # The turn was a tool's to answer, and what comes of the tool is said instead.
            is_dead = True
            state.turn.move(TurnEvent.ANSWERED, state.now_ms)
            state.uplink.settle()
        state.slot.created(response_id, state.now_ms, dead=is_dead)
        if is_dead:
            state.kill(response_id)
            send_cancel(state)
            if state.near.is_overruling:
                # It was asked for before a mere sound, and is wanted all the same.
                state.wishes.want()
            if not state.capabilities.done_after_cancel:
                self._free_slot(response_id)
            return
        state.turn.move(TurnEvent.ANSWERED, state.now_ms)
        state.wishes.response_began()

    def on_done(self, event: ResponseDone) -> None:
        """A response ended: run what calls it still holds, tell faces, free the slot."""
        state, response = self._state, event.response
        # An end without an id can only mean the response that is on its way.
        response_id = response.id or state.slot.response_id or state.new_id(UNNAMED)
        if response_id in state.finished:
            return
        state.finished[response_id] = True
        is_late = state.is_late(response_id)
        is_dead = state.is_dead(response_id)
        if response.status == "cancelled" and not is_dead:
            state.near.cancelled(response_id)
        if response.status == "completed":
            for item in response.output:
                if isinstance(item, FunctionCall):
                    self._tools.on_call(item, response_id, is_dead=is_dead)
        state.playback.response_completed(response_id)
        state.calls.response_over(response_id)
        attempts = state.wishes.attempts
        if not is_late:
            self._free_slot(response_id)
        self._tell(response, response_id, is_dead=is_dead)
        if is_dead:
            return
        if response.status == "completed":
            state.failures.succeeded()
            state.uplink.settle()
        elif response.status == "failed":
            self._mend(response, attempts)

    def on_item_added(self, event: ResponseOutputItemAdded) -> None:
        """Make room in the ledger for what the assistant is about to say."""
        self.on_sign_of_life(event)
        item = event.item
        if isinstance(item, AssistantMessage) and item.id and not self._is_dead(event.response_id):
            self._entry(item.id)

    def on_item_done(self, event: ResponseOutputItemDone) -> None:
        """An output is complete: run a call; take back speech of which nothing was played."""
        self.on_sign_of_life(event)
        state, item = self._state, event.item
        is_dead = self._is_dead(event.response_id)
        if isinstance(item, FunctionCall):
            # An incomplete call is no call; its arguments are cut (PROTOCOL §2.6).
            if item.status in (None, "completed"):
                self._tools.on_call(item, event.response_id, is_dead=is_dead)
        elif isinstance(item, AssistantMessage) and item.id:
            is_spoken = any(isinstance(part, OutputAudio) for part in item.content)
            was_played = (
                state.playback.has_received(state.tag(item.id)) or item.id in state.cut_items
            )
            if is_dead and is_spoken and not was_played:
                delete_unheard(state, item.id)
            elif item.id in state.ledger and item.id not in state.cut_items:
                entry = state.ledger.entry(item.id)
                entry.status = "incomplete" if item.status == "incomplete" else "completed"

    def on_sign_of_life(self, event: ResponsePart) -> None:
        """Something of a response is on its way that matters only when it is complete."""
        if not self._is_dead(event.response_id):
            self._state.slot.alive(self._state.now_ms)

    def on_words(self, event: WordsDelta) -> None:
        """More words, written or spoken."""
        if event.delta:
            self._add_words(event, event.delta)

    def on_words_done(self, event: WordsDone) -> None:
        """All words of a part; some endpoints send them only here."""
        state = self._state
        response_id = event.response_id or event.item_id
        if state.is_dead(response_id) or event.item_id in state.cut_items:
            return
        state.slot.alive(state.now_ms)
        is_speech = isinstance(event, ResponseOutputAudioTranscriptDone)
        text = (
            event.transcript if isinstance(event, ResponseOutputAudioTranscriptDone) else event.text
        )
        if text and not self._entry(event.item_id, spoken=is_speech).text:
            self._add_words(event, text)
        part = f"{event.item_id}/{event.content_index}"
        if part in self._worded:
            return  # some endpoints say it twice
        self._worded[part] = True
        state.publish(AssistantTranscript(response_id, event.item_id, text, is_final=True))

    def on_audio_done(self, event: ResponseOutputAudioDone) -> None:
        """No more audio of a part will come."""
        self.on_sign_of_life(event)
        tag = self._state.tag(event.item_id)
        self._state.playback.part_completed(tag, event.content_index)

    def expire(self) -> None:
        """Free the slot if its deadline has passed, and say what did not come."""
        state = self._state
        slot_state, response_id = state.slot.state, state.slot.response_id
        if not state.slot.expire(state.now_ms):
            return
        attempts = state.wishes.attempts
        state.wishes.response_over()
        if response_id is not None:
            state.playback.response_completed(response_id)
            state.calls.response_over(response_id)
        if slot_state is SlotState.REQUESTED:
            message = "the endpoint did not answer a request for a response in time"
            if state.last_event_ms <= self._asked_at_ms and attempts < MAX_SILENT_ASKS:
                # Its pings may be answered, but nobody is at home behind them (FAULTS §2.1).
                state.wishes.retry(0, attempts)
                rule = Rule(Verdict.RETRY, "says nothing any more")
                self._link.fail(Failure(rule, 1006, message, is_open=True))
                return
            state.publish(ErrorReported("response_not_begun", message))
        elif slot_state is SlotState.ACTIVE:
            message = "the endpoint began a response and never ended it"
            state.publish(ErrorReported("response_not_ended", message))

    def ask(self) -> None:
        """Send the waiting wish; the caller knows that the slot is idle and the user silent."""
        state = self._state
        event_id = state.new_id("ask")
        self._asked_at_ms = state.now_ms
        state.slot.ask(event_id, state.now_ms)
        state.wishes.asked(event_id)
        state.send(ResponseCreate(event_id=event_id))

    def _mend(self, response: Response, attempts: int) -> None:
        """Do what may help after a response failed: ask again, here or in a new session."""
        state, details = self._state, response.status_details
        error = None if details is None else details.error
        rule = (
            of_failed_response(error.code, error.type, error.message) if error is not None else None
        )
        if rule is not None and rule.is_auth:
            code = (error.code or error.type or "") if error is not None else ""
            reason = f"the endpoint {rule.sentence} ({code})"
            self._link.fail(Failure(rule, NORMAL_CLOSURE, reason, is_open=True))
            return
        remedy = state.failures.failed(rule, state.now_ms)
        if remedy is Remedy.PAUSE:
            message = "the endpoint fails again and again; it is left in peace for half a minute"
            state.wishes.drop()
            state.publish(ErrorReported("responses_failing", message))
        elif remedy is Remedy.NONE or attempts >= MAX_ATTEMPTS:
            return
        elif remedy is Remedy.ASK_LATER:
            state.wishes.retry(state.now_ms + BUSY_MS, attempts)
        else:
            state.wishes.retry(state.now_ms + ASK_AGAIN_MS, attempts)
            if remedy is Remedy.REBUILD:
                rule = Rule(Verdict.RETRY, "failed twice in a row")
                reason = "the endpoint failed to answer twice in a row; a new session is opened"
                self._link.fail(Failure(rule, NORMAL_CLOSURE, reason, is_open=True))

    def _add_words(self, event: WordsDelta | WordsDone, text: str) -> None:
        state = self._state
        response_id, item_id = event.response_id or event.item_id, event.item_id
        if state.is_dead(response_id) or item_id in state.cut_items:
            return
        state.slot.alive(state.now_ms)
        is_speech = not isinstance(event, ResponseOutputTextDelta | ResponseOutputTextDone)
        if is_speech:
            tag = state.tag(item_id)
            state.playback.spoken(response_id, tag, event.content_index, text)
        self._entry(item_id, spoken=is_speech).text += text
        state.timeline.token(response_id, state.now_ms)
        state.publish(AssistantTranscript(response_id, item_id, text, is_final=False))

    def _entry(self, item_id: str, *, spoken: bool = False) -> Entry:
        """Return the ledger's entry of an assistant message, made now if it is new."""
        ledger = self._state.ledger
        entry = ledger.get(item_id)
        if entry is None:
            entry = Entry(item_id, "message", role="assistant", status="in_progress")
            ledger.add(entry)
        entry.spoken = entry.spoken or spoken
        return entry

    def _is_dead(self, response_id: str) -> bool:
        return bool(response_id) and self._state.is_dead(response_id)

    def _free_slot(self, response_id: str) -> None:
        state = self._state
        if state.slot.done(response_id):
            state.wishes.response_over()

    def _tell(self, response: Response, response_id: str, *, is_dead: bool) -> None:
        state, details = self._state, response.status_details
        reason: str | None = None if details is None else details.reason
        if details is not None and details.error is not None:
            reason = details.error.code or details.error.type or reason
            message = details.error.message or "the response failed"
            state.publish(ErrorReported(reason or "response_failed", message[:300]))
        usage = {} if response.usage is None else response.usage.to_wire()
        # An answer that was cut off was quick or slow as well.
        if not is_dead or state.timeline.has_begun(response_id):
            state.publish(state.timeline.finish(response_id))
        state.publish(ResponseFinished(response_id, response.status, reason, usage))
