"""When things happened in a turn, for faces and benchmarks."""

from __future__ import annotations

from dataclasses import dataclass

from voice.core.bounded import BoundedDict
from voice.core.updates import TurnTimeline

MAX_RESPONSES = 16


@dataclass(slots=True)
class _Turn:
    item_id: str = ""
    speech_end_ms: int | None = None
    turn_end_ms: int | None = None
    transcript_ms: int | None = None


@dataclass(slots=True)
class _Marks:
    turn: _Turn
    """The one that the response answers: it may end after the next turn has begun."""
    first_token_ms: int | None = None
    first_audio_ms: int | None = None
    last_audio_ms: int | None = None


class Timeline:
    """The turn that is being answered, and the responses that answer it and those before."""

    def __init__(self) -> None:
        self._turn = _Turn()
        self._responses: BoundedDict[str, _Marks] = BoundedDict(MAX_RESPONSES)

    def turn_ended(self, item_id: str, *, speech_end_ms: int | None, now_ms: int) -> None:
        """Begin a new turn: its speech ended at ``speech_end_ms`` and we know it now."""
        self._turn = _Turn(item_id, speech_end_ms, now_ms)

    def turn_named(self, item_id: str) -> None:
        """Learn the item id of a turn that we ended ourselves."""
        if not self._turn.item_id:
            self._turn.item_id = item_id

    def unprompted(self) -> None:
        """Begin what nobody asked for, such as an announcement."""
        self._turn = _Turn()

    def transcribed(self, item_id: str, now_ms: int) -> None:
        """Note the final transcript of a turn."""
        if item_id == self._turn.item_id and self._turn.transcript_ms is None:
            self._turn.transcript_ms = now_ms

    def token(self, response_id: str, now_ms: int) -> None:
        """Note words of a response."""
        marks = self._marks(response_id)
        if marks.first_token_ms is None:
            marks.first_token_ms = now_ms

    def audio(self, response_id: str, now_ms: int) -> None:
        """Note audio of a response."""
        marks = self._marks(response_id)
        if marks.first_audio_ms is None:
            marks.first_audio_ms = now_ms
        marks.last_audio_ms = now_ms

    def has_begun(self, response_id: str) -> bool:
        """Return whether anything of a response came that was wanted."""
        return response_id in self._responses

    def finish(self, response_id: str) -> TurnTimeline:
        """Return the timeline of a response that is over, and forget the response."""
        marks = self._responses.pop(response_id, None) or _Marks(self._turn)
        turn = marks.turn
        return TurnTimeline(
            response_id,
            speech_end_ms=turn.speech_end_ms,
            turn_end_ms=turn.turn_end_ms,
            transcript_ms=turn.transcript_ms,
            first_token_ms=marks.first_token_ms,
            first_audio_ms=marks.first_audio_ms,
            last_audio_ms=marks.last_audio_ms,
        )

    def _marks(self, response_id: str) -> _Marks:
        marks = self._responses.get(response_id)
        if marks is None:
            marks = self._responses[response_id] = _Marks(self._turn)
        return marks
