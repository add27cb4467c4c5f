"""Sorts a session's updates into turns: what was asked, done and answered, and how fast."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from voice.core.bounded import BoundedDict
from voice.core.cost import CostUpdated, Tokens
from voice.core.updates import (
    AssistantTranscript,
    ErrorReported,
    Interrupted,
    ResponseFinished,
    ToolCallFinished,
    ToolCallStarted,
    TranscriptCorrected,
    TurnTimeline,
    Update,
    UserSpeechStarted,
    UserTranscript,
)

MAX_TURNS = 1_000
"""Turns remembered; a conversation goes on after that, the report does not."""

_MAX_IDS = 4_096


@dataclass(slots=True)
class ToolUse:
    """One tool call; ``output`` is None while it runs."""

    name: str
    arguments: str
    output: str | None = None
    is_error: bool = False


@dataclass(slots=True)
class Timing:
    """When things happened, in ms after the end of the user's speech (or of typing).

    None for what did not happen or is not known.
    """

    turn_end_ms: int | None = None
    transcript_ms: int | None = None
    first_token_ms: int | None = None
    first_audio_ms: int | None = None
    last_audio_ms: int | None = None

    def add(self, timeline: TurnTimeline) -> None:
        """Take in the timeline of one more response of the turn."""
        zero_ms = timeline.speech_end_ms
        if zero_ms is None:
            zero_ms = timeline.turn_end_ms
        if zero_ms is None:
            return

        def after(mark_ms: int | None) -> int | None:
            return None if mark_ms is None else mark_ms - zero_ms

        self.turn_end_ms = _first(self.turn_end_ms, after(timeline.turn_end_ms))
        self.transcript_ms = _first(self.transcript_ms, after(timeline.transcript_ms))
        self.first_token_ms = _first(self.first_token_ms, after(timeline.first_token_ms))
        self.first_audio_ms = _first(self.first_audio_ms, after(timeline.first_audio_ms))
        last_ms = after(timeline.last_audio_ms)
        self.last_audio_ms = self.last_audio_ms if last_ms is None else last_ms


@dataclass(slots=True)
class Turn:
    """One turn of the user and everything that answered it; ``begun_s`` is on the log's clock."""

    begun_s: float
    is_given: bool = False
    """Whether we played or typed it, as opposed to speech that came by itself."""
    is_typed: bool = False
    has_speech: bool = False
    user_text: str = ""
    spoken: dict[str, str] = field(default_factory=dict)
    """Item id -> what was heard of it, in the order in which they began."""
    tools: list[ToolUse] = field(default_factory=list)
    timing: Timing = field(default_factory=Timing)
    is_interrupted: bool = False
    has_failed: bool = False
    """Whether its last response failed; what was said of it is then no answer."""
    errors: list[str] = field(default_factory=list)
    tokens: Tokens | None = None
    """What the endpoint counted for it; None where it counted nothing."""
    price: float | None = None
    """Money; None where no prices are known."""

    def pay(self, cost: CostUpdated) -> None:
        """Add what a response, or the transcription, cost."""
        self.tokens = cost.tokens if self.tokens is None else self.tokens + cost.tokens
        if cost.price is not None:
            self.price = (self.price or 0.0) + cost.price

    @property
    def assistant_text(self) -> str:
        """What was heard of the answer."""
        return " ".join(text.strip() for text in self.spoken.values() if text.strip())

    @property
    def is_answered(self) -> bool:
        """Whether an answer was heard, and not only an apology."""
        return bool(self.assistant_text) and not self.has_failed

    @property
    def is_empty(self) -> bool:
        """Whether nothing came of it: no words on either side, no tool, no error."""
        return not (self.user_text or self.assistant_text or self.tools or self.errors)


class TurnLog:
    """The turns of one session, told by its updates.

    A turn begins with ``begin`` (a file is about to be played, a text to be sent) or with speech
    that nobody announced. What arrives late is put to the turn that its ids belong to.
    """

    def __init__(self, now_s: Callable[[], float]) -> None:
        self.turns: list[Turn] = []
        self.cost: CostUpdated | None = None
        """The last account of the session."""
        self._now_s = now_s
        self._questions: BoundedDict[str, Turn] = BoundedDict(_MAX_IDS)
        self._answers: BoundedDict[str, Turn] = BoundedDict(_MAX_IDS)
        self._cut: BoundedDict[str, bool] = BoundedDict(_MAX_IDS)
        self._responses: BoundedDict[str, Turn] = BoundedDict(_MAX_IDS)
        self._calls: BoundedDict[str, tuple[Turn, ToolUse]] = BoundedDict(_MAX_IDS)

    @property
    def current(self) -> Turn:
        """The turn that is going on; one is begun if there is none."""
        return self.turns[-1] if self.turns else self._add(is_given=False)

    def begin(self, typed: str | None = None) -> Turn:
        """Begin a turn that we give: a typed one, or one that is about to be spoken."""
        return self._add(is_given=True, is_typed=typed is not None, user_text=typed or "")

    def worth_telling(self) -> list[Turn]:
        """Return the turns that a report shows: all with content, and every given one.

        A given turn without content is left out where what was heard of it began turns of its own.
        """
        told: list[Turn] = []
        for turn in self.turns:
            if turn.is_empty and not turn.is_given:
                continue
            if told and not turn.is_given and told[-1].is_given and told[-1].is_empty:
                told.pop()
            told.append(turn)
        return told

    def take(self, update: Update) -> Turn | None:
        """Take in an update; returns the turn that it belongs to, None where to none."""
        match update:
            case UserSpeechStarted():
                turn = self.current
                if turn.has_speech or turn.is_typed or turn.spoken:
                    turn = self._add(is_given=False)
                turn.has_speech = True
                if update.item_id:
                    self._questions[update.item_id] = turn
            case UserTranscript():
                turn = self._turn_of_speech(update.item_id)
                if update.is_final:
                    turn.user_text = update.text.strip()
            case AssistantTranscript():
                turn = self._turn_of_response(update.response_id)
                self._hear(turn, update)
            case ToolCallStarted():
                turn = self.current
                use = ToolUse(update.name, update.arguments)
                turn.tools.append(use)
                self._calls[update.call_id] = (turn, use)
            case ToolCallFinished():
                return self._finish_call(update)
            case Interrupted():
                turn = self._answers.get(update.item_id) or self.current
                turn.is_interrupted = self._cut[update.item_id] = True
                turn.spoken[update.item_id] = update.heard_text
            case TranscriptCorrected():
                turn = self._answers.get(update.item_id) or self.current
                turn.spoken[update.item_id] = update.heard_text
            case TurnTimeline():
                turn = self._turn_of_response(update.response_id)
                turn.timing.add(update)
            case ResponseFinished(response_id=response_id, status=status):
                turn = self._turn_of_response(response_id)
                turn.has_failed = status == "failed"
            case CostUpdated():
                self.cost = update
                turn = self._turn_of_cost(update)
                turn.pay(update)
            case ErrorReported():
                turn = self.current
                turn.errors.append(update.message)
            case _:
                return None
        return turn

    def _add(self, *, is_given: bool, is_typed: bool = False, user_text: str = "") -> Turn:
        turn = Turn(self._now_s(), is_given=is_given, is_typed=is_typed, user_text=user_text)
        if len(self.turns) < MAX_TURNS:
            self.turns.append(turn)
        else:
            self.turns[-1] = turn
        return turn

    def _turn_of_speech(self, item_id: str) -> Turn:
        """Return the turn of a user's item; a new item is the oldest spoken turn without one."""
        known = self._questions.get(item_id)
        if known is not None:
            return known
        named = {id(turn) for turn in self._questions.values()}
        waiting = (turn for turn in self.turns if turn.has_speech and id(turn) not in named)
        turn = self._questions[item_id] = next(waiting, self.current)
        return turn

    def _turn_of_response(self, response_id: str) -> Turn:
        turn = self._responses.get(response_id)
        if turn is None:
            turn = self._responses[response_id] = self.current
        return turn

    def _hear(self, turn: Turn, update: AssistantTranscript) -> None:
        if update.item_id in self._cut:
            return
        self._answers[update.item_id] = turn
        if update.is_final:
            turn.spoken[update.item_id] = update.text
        else:
            turn.spoken[update.item_id] = turn.spoken.get(update.item_id, "") + update.text

    def _turn_of_cost(self, cost: CostUpdated) -> Turn:
        if cost.item_id:
            return self._turn_of_speech(cost.item_id)
        return self._turn_of_response(cost.response_id)

    def _finish_call(self, update: ToolCallFinished) -> Turn | None:
        turn, use = self._calls.get(update.call_id) or (None, None)
        if use is not None:
            use.output, use.is_error = update.output, update.is_error
        return turn


def _first(known: int | None, new: int | None) -> int | None:
    """Return the earlier of two marks."""
    if known is None or new is None:
        return new if known is None else known
    return min(known, new)
