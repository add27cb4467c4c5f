"""The responses that run on the server: one of the conversation, any number beside it.

Owns the response slot. What the pipeline still says of a response that has ended is dropped here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeAlias

from voice.core import refusals
from voice.core import server_messages as msg
from voice.core.responses import ResponseSlot
from voice.core.server_conversation import ServerConversation
from voice.core.server_response import OUTPUT_TOKEN_MS, ResponseOptions, ResponseRun, Status
from voice.core.session_view import SessionView
from voice.core.stamp import EventStamp
from voice.protocol import server_events as ev
from voice.protocol.formats import AudioFormat
from voice.protocol.server_events import AudioDelta, ServerEvent

MAX_BESIDE = 8
"""Out-of-band responses that may run at once."""

Actions: TypeAlias = list[msg.ServerAction]
Step: TypeAlias = msg.TextWritten | msg.SpeechBegun | msg.SpeechMade | msg.CallMade


class ServerResponses:
    """Begins, feeds and ends responses."""

    def __init__(
        self,
        conversation: ServerConversation,
        *,
        new_id: Callable[[str], str],
        voices: tuple[str, ...],
    ) -> None:
        self.slot = ResponseSlot()
        self.has_spoken = False
        self._conversation = conversation
        self._conversation_id = new_id("conv")
        self._new_id = new_id
        self._stamp = EventStamp(new_id)
        self._voices = voices
        self._runs: dict[str, ResponseRun] = {}  # bounded: MAX_BESIDE + 1
        self._waiting: list[tuple[msg.StartResponse, bool]] = []  # bounded: as _runs

    def begin(
        self, overrides: Mapping[str, Any], view: SessionView, now_ms: int, *, wait: bool
    ) -> Actions:
        """Create a response; ``wait`` holds the brain back until ``release`` (words on their way).

        Raises Refusal while the conversation has one already.
        """
        in_conversation = overrides.get("conversation") != "none"
        if in_conversation and not self.slot.is_idle:
            raise refusals.active_response(str(self.slot.response_id))
        if not in_conversation and self._beside() >= MAX_BESIDE:
            raise refusals.active_response("too many out-of-band responses")
        options = self._options(overrides, view.session, in_conversation)
        prompt = self._prompt(overrides, view.session)
        run = ResponseRun(
            self._new_id("resp"),
            options,
            conversation_id=self._conversation_id,
            new_id=self._new_id,
            add_entry=self._conversation.add_answer,
        )
        self._runs[run.response_id] = run
        if in_conversation:
            self.slot.created(run.response_id, now_ms)
        start = msg.StartResponse(
            run.response_id,
            prompt,
            options.audio_format if options.modality == "audio" else None,
            options.voice,
            view.session["audio"]["output"]["speed"],
        )
        actions = _sends(run.created())
        if wait:
            self._waiting.append((start, overrides.get("input") is None))
            return actions
        return [*actions, start]

    def _beside(self) -> int:
        return sum(not run.options.in_conversation for run in self._runs.values())

    def release(self) -> Actions:
        """Start the brains that waited for the user's words."""
        waiting, self._waiting = self._waiting, []
        actions: Actions = []
        for start, reads_conversation in waiting:
            if start.response_id not in self._runs:
                continue
            if reads_conversation:
                prompt = dataclasses.replace(start.prompt, entries=self._conversation.entries())
                start = dataclasses.replace(start, prompt=prompt)
            actions.append(start)
        return actions

    def progress(self, step: Step, now_ms: int) -> Actions:
        """Turn what the pipeline made into events; nothing for a response that has ended."""
        run = self._runs.get(step.response_id)
        if run is None:
            return []
        self.slot.alive(now_ms)
        match step:
            case msg.TextWritten():
                events = run.write(step.text)
            case msg.SpeechBegun():
                events = run.begin_speech(step.text)
            case msg.SpeechMade():
                events = run.speak(step)
                self.has_spoken = True
            case _:
                events = run.call(step.call_id, step.name, step.arguments)
        if run.part is not None and run.message is not None and run.options.in_conversation:
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
        error = {"type": "server_error", "code": failed.code, "message": failed.message}
        return self._end(failed.response_id, "failed", error=error)

    def cancel(self, response_id: str | None) -> Actions:
        """The client cancels; raises Refusal when nothing runs."""
        response_id = response_id or self.slot.response_id
        if response_id is None or response_id not in self._runs:
            raise refusals.cancel_not_active()
        return self._end(response_id, "cancelled", "client_cancelled")

    def interrupt(self) -> Actions:
        """The user speaks over the answer."""
        response_id = self.slot.response_id
        if response_id is None:
            return []
        return self._end(response_id, "cancelled", "turn_detected")

    def expire(self, now_ms: int) -> Actions:
        """End a response of which nothing was heard for too long."""
        response_id, deadline_ms = self.slot.response_id, self.slot.deadline_ms
        if response_id is None or deadline_ms is None or now_ms < deadline_ms:
            return []
        message = "The answer took too long: neither the brain nor the voice gave anything."
        error = {"type": "server_error", "code": "response_timeout", "message": message}
        return self._end(response_id, "failed", error=error)

    # --- parts ------------------------------------------------------------------------------------

    def _options(
        self, overrides: Mapping[str, Any], session: Mapping[str, Any], in_conversation: bool
    ) -> ResponseOptions:
        modalities = overrides.get("output_modalities") or session["output_modalities"]
        modality: Literal["audio", "text"] = "audio" if "audio" in modalities else "text"
        output = (overrides.get("audio") or {}).get("output") or {}
        own = session["audio"]["output"]
        voice = output.get("voice") or own["voice"]
        return ResponseOptions(
            modality=modality,
            audio_format=AudioFormat.from_ga(output.get("format") or own["format"]),
            voice=voice if voice in self._voices else self._voices[0],
            max_output_tokens=overrides.get("max_output_tokens") or session["max_output_tokens"],
            metadata=overrides.get("metadata"),
            in_conversation=in_conversation,
        )

    def _prompt(self, overrides: Mapping[str, Any], session: Mapping[str, Any]) -> msg.Prompt:
        items = overrides.get("input")
        conversation = self._conversation
        limit = overrides.get("max_output_tokens") or session["max_output_tokens"]
        return msg.Prompt(
            instructions=overrides.get("instructions", session["instructions"]),
            entries=conversation.entries() if items is None else conversation.own_entries(items),
            tools=tuple(overrides.get("tools", session["tools"])),
            tool_choice=overrides.get("tool_choice") or session["tool_choice"],
            parallel_tool_calls=session["parallel_tool_calls"],
            max_output_tokens=None if limit == "inf" else limit,
            temperature=overrides.get("temperature", session.get("temperature")),
        )

    def _end(
        self,
        response_id: str,
        status: Status,
        reason: str | None = None,
        *,
        error: Mapping[str, Any] | None = None,
        ended: msg.AnswerEnded | None = None,
    ) -> Actions:
        run = self._runs.pop(response_id)
        details: dict[str, Any] | None = None
        if status != "completed":
            details = {"type": status}
            if reason is not None:
                details["reason"] = reason
            if error is not None:
                details["error"] = dict(error)
        events = run.finish(status, details=details, usage=self._usage(run, ended))
        if run.options.in_conversation:
            self.slot.done(response_id)
        actions: Actions = [] if ended is not None else [msg.StopResponse(response_id)]
        limits = self._stamp(ev.RateLimitsUpdated, rate_limits=[])
        return [*actions, *_sends(events), msg.Send(limits)]

    def _usage(self, run: ResponseRun, ended: msg.AnswerEnded | None) -> dict[str, Any]:
        text_in = ended.input_tokens if ended else 0
        text_out = ended.output_tokens if ended else 0
        cached = ended.cached_tokens if ended else 0
        audio_in = self._conversation.input_audio_tokens()
        audio_out = run.output_audio_ms() // OUTPUT_TOKEN_MS
        return {
            "total_tokens": text_in + audio_in + text_out + audio_out,
            "input_tokens": text_in + audio_in,
            "output_tokens": text_out + audio_out,
            "input_token_details": {
                "text_tokens": text_in,
                "audio_tokens": audio_in,
                "image_tokens": 0,
                "cached_tokens": cached,
                "cached_tokens_details": {
                    "text_tokens": cached,
                    "audio_tokens": 0,
                    "image_tokens": 0,
                },
            },
            "output_token_details": {"text_tokens": text_out, "audio_tokens": audio_out},
        }


def _sends(events: list[ServerEvent | AudioDelta]) -> Actions:
    return [msg.Send(event) for event in events]
