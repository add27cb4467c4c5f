"""The responses that run on the server: one of the conversation, any number beside it.

Owns the response slot. What the pipeline still says of a response that has ended is dropped here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from voice.core import refusals
from voice.core import server_messages as msg
from voice.core.compaction import TooLong
from voice.core.refusals import Refusal
from voice.core.response_options import ResponseOptions, response_options
from voice.core.responses import IDLE_STREAM_DEADLINE_MS, ResponseSlot
from voice.core.server_conversation import ServerConversation
from voice.core.server_prompts import Prompts
from voice.core.server_response import ResponseRun, Status
from voice.core.session_view import SessionView
from voice.core.stamp import EventStamp
from voice.core.usage import NO_USAGE, RATE_LIMITS
from voice.protocol import server_events as ev
from voice.protocol.server_events import AudioDelta, ServerEvent

MAX_BESIDE = 8
"""Out-of-band responses that may run at once."""

Actions: TypeAlias = list[msg.ServerAction]
Step: TypeAlias = msg.TextWritten | msg.SpeechBegun | msg.SpeechMade | msg.CallMade


@dataclass(frozen=True, slots=True)
class KeptCreate:
    """A ``response.create`` that came too early, to be met when the slot is free."""

    overrides: Mapping[str, Any]
    event_id: str | None


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A response whose brain waits for the user's words."""

    run: ResponseRun
    view: SessionView


class ServerResponses:
    """Begins, feeds and ends responses.

    ``context_tokens`` is how much the brain can read, None where it does not say.
    """

    def __init__(
        self,
        conversation: ServerConversation,
        *,
        new_id: Callable[[str], str],
        voices: tuple[str, ...],
        context_tokens: int | None = None,
    ) -> None:
        self.slot = ResponseSlot()
        self.has_spoken = False
        self.kept: KeptCreate | None = None
        self._conversation = conversation
        self._conversation_id = new_id("conv")
        self._prompts = Prompts(conversation, self._conversation_id, context_tokens)
        self._new_id = new_id
        self._stamp = EventStamp(new_id)
        self._voices = voices
        self._runs: dict[str, ResponseRun] = {}  # bounded: MAX_BESIDE + 1
        self._waiting: list[_Waiting] = []  # bounded: as _runs
        self._beside_deadlines: dict[str, int] = {}  # bounded: MAX_BESIDE
        self._has_output = False

    # --- begin ------------------------------------------------------------------------------------

    def begin(
        self, overrides: Mapping[str, Any], view: SessionView, now_ms: int, *, wait: bool
    ) -> Actions:
        """Create a response; ``wait`` holds the brain back until ``release`` (words on their way).

        Raises Refusal for a bad field, and while the conversation has a response already.
        """
        options = response_options(overrides, view.session, voices=self._voices)
        if options.in_conversation and not self.slot.is_idle:
            raise refusals.active_response(str(self.slot.response_id))
        if not options.in_conversation and len(self._beside_deadlines) >= MAX_BESIDE:
            raise refusals.too_many_beside(MAX_BESIDE)
        if options.input is not None:
            self._conversation.own_entries(options.input, view.input_format)
        run = ResponseRun(
            self._new_id("resp"),
            options,
            conversation_id=self._conversation_id,
            new_id=self._new_id,
            shelf=self._conversation,
        )
        self._runs[run.response_id] = run
        if options.in_conversation:
            self.slot.created(run.response_id, now_ms)
        else:
            self._beside_deadlines[run.response_id] = now_ms + IDLE_STREAM_DEADLINE_MS
        created = _sends(run.created())
        waiting = _Waiting(run, view)
        if wait and _reads_conversation(options):
            self._waiting.append(waiting)
            return created
        return [*created, *self._start(waiting)]

    def release(self) -> Actions:
        """Start the brains that waited for the user's words."""
        waiting, self._waiting = self._waiting, []
        return [action for one in waiting for action in self._start(one)]

    def _start(self, waiting: _Waiting) -> Actions:
        run, view = waiting.run, waiting.view
        options = run.options
        try:
            run.prompt = self._prompts.write(options, view)
        except TooLong as error:
            return self._never_started(run, "context_length_exceeded", str(error))
        except Refusal as refusal:  # an item that it refers to was deleted while it waited
            return self._never_started(run, refusal.code, refusal.message)
        return [
            msg.StartResponse(
                run.response_id,
                run.prompt,
                options.audio_format if options.modality == "audio" else None,
                options.voice,
                options.speed,
                is_beside=not options.in_conversation,
            )
        ]

    def _never_started(self, run: ResponseRun, code: str | None, message: str) -> Actions:
        error = {"type": "invalid_request_error", "code": code, "message": message}
        return self._end(run.response_id, "failed", error=error, has_begun=False)

    # --- a create that came too early -------------------------------------------------------------

    def output_came(self) -> None:
        """The client gave a function's output; a create that follows may be too early."""
        self._has_output = not self.slot.is_idle

    def keep(self, overrides: Mapping[str, Any], view: SessionView, event_id: str | None) -> bool:
        """Keep a create that follows a function's output while a response runs; say if it was.

        Some clients do not wait for ``response.done`` (PROTOCOL §6.10). One is kept; after another
        output a newer one takes its place. Raises Refusal for a bad field.
        """
        if not self._has_output or overrides.get("conversation") == "none":
            return False
        response_options(overrides, view.session, voices=self._voices)
        self._has_output = False
        self.kept = KeptCreate(overrides, event_id)
        return True

    # --- what the pipeline says -------------------------------------------------------------------

    def progress(self, step: Step, now_ms: int) -> Actions:
        """Turn what the pipeline made into events; nothing for a response that has ended."""
        run = self._runs.get(step.response_id)
        if run is None:
            return []
        in_conversation = run.options.in_conversation
        if in_conversation:
            self.slot.alive(now_ms)
        else:
            self._beside_deadlines[run.response_id] = now_ms + IDLE_STREAM_DEADLINE_MS
        match step:
            case msg.TextWritten():
                events = run.write(step.text)
            case msg.SpeechBegun():
                events = run.begin_speech(step.text)
            case msg.SpeechMade():
                events = run.speak(step)
                self.has_spoken |= in_conversation
            case _:
                events = run.call(step.call_id, step.name, step.arguments)
        if run.part is not None and run.message is not None and in_conversation:
            item_id = run.message.item_id
            self._conversation.note_spoken(item_id, run.part, run.options.audio_format)
        return _sends(events)

    def is_running(self, response_id: str) -> bool:
        """Whether the response has not ended."""
        return response_id in self._runs

    def ended(self, ended: msg.AnswerEnded) -> Actions:
        """The pipeline is done."""
        if ended.response_id not in self._runs:
            return []
        match ended.reason:
            case "length":
                return self._end(ended.response_id, "incomplete", "max_output_tokens", ended=ended)
            case "content_filter":
                return self._end(ended.response_id, "incomplete", "content_filter", ended=ended)
            case _:
                return self._end(ended.response_id, "completed", ended=ended)

    def failed(self, failed: msg.AnswerFailed) -> Actions:
        """The pipeline failed; the client hears of it in ``response.done`` (PROTOCOL §2.9)."""
        if failed.response_id not in self._runs:
            return []
        error = {"type": failed.kind, "code": failed.code, "message": failed.message}
        return self._end(failed.response_id, "failed", error=error)

    # --- end --------------------------------------------------------------------------------------

    def cancel(self, response_id: str | None) -> Actions:
        """The client cancels; without an id also what it had asked for too early.

        Raises Refusal when nothing runs.
        """
        wanted = response_id or self.slot.response_id
        if wanted == self.slot.response_id and self.kept is not None:
            self.kept = None
            if wanted is None:
                return []  # what was kept waited for the user to finish
        if wanted is None or wanted not in self._runs:
            raise refusals.cancel_not_active()
        return self._end(wanted, "cancelled", "client_cancelled")

    def interrupt(self) -> Actions:
        """The user speaks over the answer."""
        response_id = self.slot.response_id
        if response_id is None:
            return []
        return self._end(response_id, "cancelled", "turn_detected")

    def next_deadline_ms(self) -> int | None:
        """When ``expire`` has something to do; None for never."""
        deadlines = [*self._beside_deadlines.values(), self.slot.deadline_ms]
        return min((d for d in deadlines if d is not None), default=None)

    def expire(self, now_ms: int) -> Actions:
        """End the responses of which nothing was heard for too long."""
        deadlines = dict(self._beside_deadlines)
        if self.slot.response_id is not None and self.slot.deadline_ms is not None:
            deadlines[self.slot.response_id] = self.slot.deadline_ms
        message = "The answer took too long: neither the brain nor the voice gave anything."
        error = {"type": "server_error", "code": "response_timeout", "message": message}
        actions: Actions = []
        for response_id, deadline_ms in deadlines.items():
            if now_ms >= deadline_ms:
                actions += self._end(response_id, "failed", error=error)
        return actions

    def _end(
        self,
        response_id: str,
        status: Status,
        reason: str | None = None,
        *,
        error: Mapping[str, Any] | None = None,
        ended: msg.AnswerEnded | None = None,
        has_begun: bool = True,
    ) -> Actions:
        run = self._runs.pop(response_id)
        self._waiting = [one for one in self._waiting if one.run is not run]
        self._beside_deadlines.pop(response_id, None)
        details: dict[str, Any] | None = None
        if status != "completed":
            details = {"type": status}
            if reason is not None:
                details["reason"] = reason
            if error is not None:
                details["error"] = dict(error)
        usage = NO_USAGE if status == "failed" else self._prompts.usage(run, ended)
        events = run.finish(status, details=details, usage=usage)
        if run.options.in_conversation:
            self.slot.done(response_id)
            self._has_output = False
        stops = ended is None and has_begun
        actions: Actions = [msg.StopResponse(response_id)] if stops else []
        limits = self._stamp(ev.RateLimitsUpdated, rate_limits=list(RATE_LIMITS))
        return [*actions, *_sends(events), msg.Send(limits)]


def _reads_conversation(options: ResponseOptions) -> bool:
    """Whether words that are on their way may belong to the prompt."""
    items = options.input
    return items is None or any(item.get("type") == "item_reference" for item in items)


def _sends(events: list[ServerEvent | AudioDelta]) -> Actions:
    return [msg.Send(event) for event in events]
