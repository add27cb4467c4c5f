"""The turns of a session as spans, told by its updates: what took how long, and nothing said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from voice.core.bounded import BoundedDict
from voice.core.cost import tokens_of
from voice.core.updates import (
    AssistantTranscript,
    Ended,
    EndpointChanged,
    Interrupted,
    Phase,
    PhaseChanged,
    ResponseFinished,
    ToolCallFinished,
    ToolCallStarted,
    TurnTimeline,
    Update,
    UserSpeechStarted,
)
from voice.log_lines import SESSION
from voice.tracing import Span

_MAX_IDS = 256
_MAX_CHILDREN = 64
"""Tools and stages of one turn that are told; a turn with more is no turn."""


@dataclass(slots=True)
class _Turn:
    begin_s: float
    end_s: float
    is_spoken: bool = False
    is_interrupted: bool = False
    statuses: list[str] = field(default_factory=list)
    children: list[Span] = field(default_factory=list)
    open_tools: set[str] = field(default_factory=set)
    tools_end_s: float | None = None

    @property
    def is_empty(self) -> bool:
        return not (self.statuses or self.children)

    def add(self, span: Span) -> None:
        if len(self.children) < _MAX_CHILDREN:
            self.children.append(span)
        self.begin_s = min(self.begin_s, span.begin_s)
        self.end_s = max(self.end_s, span.end_s)


class TurnSpans:
    """Gathers one session's turns; ``send`` gets each when it is over.

    ``wall_s`` is the time of day, ``core_s`` the clock of the updates' own times.
    """

    def __init__(
        self,
        send: Callable[[Span], None],
        *,
        endpoint: str,
        wall_s: Callable[[], float],
        core_s: Callable[[], float],
    ) -> None:
        self._send = send
        self._session_id = ""
        self._endpoint = endpoint
        self._wall_s = wall_s
        self._core_s = core_s
        self._turn = _Turn(wall_s(), wall_s())
        self._closing: _Turn | None = None
        self._owners: BoundedDict[str, _Turn] = BoundedDict(_MAX_IDS)
        self._tools: BoundedDict[str, tuple[_Turn, float]] = BoundedDict(_MAX_IDS)
        self._sounding_since_s: float | None = None
        self._phase = Phase.CONNECTING

    def take(self, update: Update) -> None:
        """Take in an update."""
        # What a person does comes from outside the session's own tasks.
        self._session_id = self._session_id or SESSION.get()
        match update:
            case EndpointChanged():
                self._endpoint = update.name
            case UserSpeechStarted():
                self._begin()
            case AssistantTranscript():
                self._owners.setdefault(update.response_id, self._turn)
                self._owners.setdefault(update.item_id, self._turn)
            case ToolCallStarted():
                self._tools[update.call_id] = (self._turn, self._wall_s())
                self._turn.open_tools.add(update.call_id)
            case ToolCallFinished():
                self._tool(update)
            case Interrupted():
                self._interrupted(update)
            case TurnTimeline():
                self._measured(update)
            case ResponseFinished():
                self._finished(update)
            case PhaseChanged():
                self._show(update.phase)
            case Ended():
                self._sounded()
                self._emit_closing()
                self._emit(self._turn)

    def _begin(self) -> None:
        self._emit_closing()
        if self._phase in (Phase.SPEAKING, Phase.THINKING, Phase.WORKING):
            # Its end is still to come: what was heard, and the response's own.
            self._closing = self._turn
        else:
            self._emit(self._turn)
        now_s = self._wall_s()
        self._turn = _Turn(now_s, now_s, is_spoken=True)

    def _tool(self, update: ToolCallFinished) -> None:
        turn, begun_s = self._tools.pop(update.call_id, (self._turn, self._wall_s()))
        turn.open_tools.discard(update.call_id)
        known = {"tool.name": update.name[:64], "tool.call_id": update.call_id[:64]}
        turn.tools_end_s = self._wall_s()
        turn.add(Span("tool", begun_s, turn.tools_end_s, {**known}, is_error=update.is_error))

    def _interrupted(self, update: Interrupted) -> None:
        self._sounded()
        turn = self._owners.get(update.item_id) or self._closing or self._turn
        turn.is_interrupted = True
        now_s = self._wall_s()
        turn.add(Span("interruption", now_s, now_s, {"heard_ms": update.heard_ms}))

    def _measured(self, line: TurnTimeline) -> None:
        turn = self._owners.get(line.response_id) or self._turn
        offset_s = self._wall_s() - self._core_s()

        def wall(ms: int | None) -> float | None:
            return None if ms is None else ms / 1_000 + offset_s

        speech_end_s, asked_s = wall(line.speech_end_ms), wall(line.turn_end_ms)
        words_s, sound_s = wall(line.first_token_ms), wall(line.first_audio_ms)
        stages = [
            ("turn end", speech_end_s, asked_s),
            ("transcription", asked_s, wall(line.transcript_ms)),
            ("brain", asked_s, words_s),
        ]
        if turn.statuses:
            # What follows a tool was asked for by its output, not by the user's last word.
            stages = [("brain", turn.tools_end_s, words_s)]
        stages += [("first audio", words_s, sound_s), ("audio", sound_s, wall(line.last_audio_ms))]
        for name, begin_s, end_s in stages:
            if begin_s is not None and end_s is not None:
                turn.add(Span(name, begin_s, end_s, {"response.id": line.response_id[:64]}))

    def _finished(self, update: ResponseFinished) -> None:
        turn = self._owners.get(update.response_id) or self._turn
        now_s, tokens = self._wall_s(), tokens_of(update.usage)
        known: dict[str, str | int | float | bool] = {
            "response.id": update.response_id[:64],
            "response.status": update.status,
            "tokens.input": tokens.text_in + tokens.audio_in + tokens.image_in,
            "tokens.cached": tokens.text_in_cached
            + tokens.audio_in_cached
            + tokens.image_in_cached,
            "tokens.output": tokens.text_out + tokens.audio_out,
        }
        turn.statuses.append(update.status)
        turn.add(Span("response", now_s, now_s, known, is_error=update.status == "failed"))
        if turn is self._closing:
            self._emit_closing()

    def _show(self, phase: Phase) -> None:
        if self._phase is Phase.SPEAKING:
            self._sounded()
        if phase is Phase.SPEAKING:
            self._sounding_since_s = self._wall_s()
        self._phase = phase
        if phase is Phase.LISTENING and self._turn.statuses and not self._turn.open_tools:
            self._emit(self._turn)
            now_s = self._wall_s()
            self._turn = _Turn(now_s, now_s)

    def _sounded(self) -> None:
        begun_s, self._sounding_since_s = self._sounding_since_s, None
        if begun_s is not None:
            turn = self._closing or self._turn
            turn.add(Span("playback", begun_s, self._wall_s()))

    def _emit_closing(self) -> None:
        turn, self._closing = self._closing, None
        if turn is not None:
            self._emit(turn)

    def _emit(self, turn: _Turn) -> None:
        if turn.is_empty:
            return
        known: dict[str, str | int | float | bool] = {
            "session.id": self._session_id,
            "endpoint": self._endpoint,
            "turn.spoken": turn.is_spoken,
            "turn.interrupted": turn.is_interrupted,
            "turn.responses": len(turn.statuses),
        }
        is_error = "failed" in turn.statuses
        children = sorted(turn.children, key=lambda span: span.begin_s)
        self._send(Span("turn", turn.begin_s, turn.end_s, known, children, is_error))
