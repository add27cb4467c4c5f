"""How long a session may last, and how long its client may say nothing: pure, given the time."""

from __future__ import annotations

from dataclasses import dataclass

from voice.server.limits import Limits

SILENT_CODE = 4011
IDLE_CODE = 4012
OVER_CODE = 1001


@dataclass(frozen=True, slots=True)
class Ending:
    """When a session ends by itself, and what its client is told."""

    at_s: float
    code: int
    reason: str


class Patience:
    """Keeps the times of one session; ``now_s`` is any clock that only goes forward."""

    def __init__(self, limits: Limits, now_s: float) -> None:
        self._limits = limits
        self._opened_s = now_s
        self._heard_s: float | None = None

    def heard(self, now_s: float) -> None:
        """The client sent an event; pings are none."""
        self._heard_s = now_s

    def ending(self) -> Ending | None:
        """The next ending, if nothing is heard until then; None where there is no limit."""
        return min(self._endings(), key=lambda ending: ending.at_s, default=None)

    def _endings(self) -> list[Ending]:
        limits, endings = self._limits, []
        if limits.session_s is not None:
            # Upstream's own words: clients look for them.
            minutes = round(limits.session_s / 60, 2)
            text = f"Your session hit the maximum duration of {minutes:g} minutes."
            endings.append(Ending(self._opened_s + limits.session_s, OVER_CODE, text))
        if self._heard_s is None and limits.first_event_s is not None:
            text = f"Nothing was sent within {limits.first_event_s:g} s of connecting."
            endings.append(Ending(self._opened_s + limits.first_event_s, SILENT_CODE, text))
        if limits.idle_s is not None:
            since_s = self._opened_s if self._heard_s is None else self._heard_s
            text = f"Nothing was sent for {limits.idle_s:g} s."
            endings.append(Ending(since_s + limits.idle_s, IDLE_CODE, text))
        return endings
