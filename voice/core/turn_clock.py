"""How long the stages of an answer took, counted from the end of the user's turn."""

from __future__ import annotations

from typing import Literal

from voice.core.server_messages import TurnMeasured

Stage = Literal["transcript", "first_token", "first_audio"]


class TurnClock:
    """Remembers when the last turn ended, until its answer sounds."""

    def __init__(self) -> None:
        self._ended_ms: int | None = None

    def turn_ended(self, ended_ms: int) -> None:
        """The user fell silent at ``ended_ms``, or asked by hand."""
        self._ended_ms = ended_ms

    def asked(self, now_ms: int) -> None:
        """An answer is asked for; counts from here where no turn ended before it."""
        if self._ended_ms is None:
            self._ended_ms = now_ms

    def measured(self, stage: Stage, now_ms: int) -> list[TurnMeasured]:
        """Return the measurement of a finished stage; nothing where no turn waits for it."""
        if self._ended_ms is None:
            return []
        measured = TurnMeasured(stage, max(0, now_ms - self._ended_ms))
        if stage == "first_audio":
            self._ended_ms = None
        return [measured]
