"""What one session of the server does, as spans: responses with their stages, transcriptions.

It watches the orders of the core on their way to the shell; only where spans are wanted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from voice.core import server_messages as msg
from voice.core.bounded import BoundedDict
from voice.protocol import server_events as wire
from voice.tracing import Span

_MAX_OPEN = 64

Performer = Callable[[Any], None]


class ResponseSpans:
    """Gathers the spans of one session; ``send`` gets each when it is over."""

    def __init__(self, send: Callable[[Span], None], now_s: Callable[[], float]) -> None:
        self._send = send
        self._now_s = now_s
        self._session_id = ""
        self._responses: BoundedDict[str, Span] = BoundedDict(_MAX_OPEN)
        self._transcriptions: BoundedDict[str, float] = BoundedDict(_MAX_OPEN)
        self._current: Span | None = None

    def watching(self, performers: dict[type, Performer]) -> dict[type, Performer]:
        """Return the performers, each of which lets this see what it is about to do."""
        takers: dict[type, Performer] = {
            msg.Send: self._on_send,
            msg.Transcribe: self._on_transcribe,
            msg.StartResponse: self._on_start,
            msg.TurnMeasured: self._on_measured,
        }

        def both(take: Performer, perform: Performer) -> Performer:
            def act(action: Any) -> None:
                take(action)
                perform(action)

            return act

        seen = {kind: both(take, performers[kind]) for kind, take in takers.items()}
        return {**performers, **seen}

    def _on_transcribe(self, action: msg.Transcribe) -> None:
        if not action.partial:
            self._transcriptions[action.item_id] = self._now_s()

    def _on_start(self, action: msg.StartResponse) -> None:
        now_s = self._now_s()
        span = Span("response", now_s, now_s, {"response.id": action.response_id})
        self._responses[action.response_id] = self._current = span

    def _on_measured(self, action: msg.TurnMeasured) -> None:
        span = self._current
        if span is not None:
            span.attributes[f"since_last_word.{action.stage}_ms"] = action.since_ms

    def _on_send(self, action: msg.Send) -> None:
        event = action.event
        match event:
            case wire.AudioDelta():
                self._stage(event.response_id, "first audio")
            case wire.ResponseOutputAudioTranscriptDelta() | wire.ResponseOutputTextDelta():
                self._stage(event.response_id, "first words")
            case wire.ResponseFunctionCallArgumentsDone():
                self._call(event.response_id, event.call_id)
            case wire.ResponseDone():
                self._done(event)
            case wire.ConversationItemInputAudioTranscriptionCompleted():
                self._transcribed(event.item_id, is_error=False)
            case wire.ConversationItemInputAudioTranscriptionFailed():
                self._transcribed(event.item_id, is_error=True)
            case wire.SessionCreated():
                self._session_id = getattr(event.session, "id", None) or ""

    def _stage(self, response_id: str, name: str) -> None:
        span = self._responses.get(response_id)
        if span is not None and not any(child.name == name for child in span.children):
            span.children.append(Span(name, span.begin_s, self._now_s()))

    def _call(self, response_id: str, call_id: str) -> None:
        span = self._responses.get(response_id)
        if span is not None:
            now_s = self._now_s()
            span.children.append(Span("function call", now_s, now_s, {"tool.call_id": call_id}))

    def _done(self, event: wire.ResponseDone) -> None:
        response = event.response
        span = self._responses.pop(response.id, None)
        if span is None:
            return
        if self._current is span:
            self._current = None
        span.end_s = self._now_s()
        span.is_error = response.status == "failed"
        span.attributes["response.status"] = response.status
        span.attributes["session.id"] = self._session_id
        if response.usage is not None:
            span.attributes["tokens.input"] = response.usage.input_tokens
            span.attributes["tokens.output"] = response.usage.output_tokens
        self._send(span)

    def _transcribed(self, item_id: str, *, is_error: bool) -> None:
        begun_s = self._transcriptions.pop(item_id, None)
        if begun_s is not None:
            known = {"item.id": item_id, "session.id": self._session_id}
            span = Span("transcription", begun_s, self._now_s(), {**known}, is_error=is_error)
            self._send(span)
