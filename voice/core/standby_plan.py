"""When a second connection is due, and when it takes over even in the middle of a sentence.

Two things want one: a session that nears its longest duration, and a better endpoint that may be
back.
"""

from __future__ import annotations

from enum import Enum

RENEW_AT = 0.90
"""Part of the session's longest duration after which a second one is opened."""

FORCE_AT = 0.98
"""Part after which it takes over even in the middle of a sentence."""

MIN_LIFE_MS = 1_000
MAX_LIFE_MS = 24 * 3_600_000
"""An expiry outside of this is an endpoint's odd idea of time."""

RENEW_AGAIN_MS, MAX_RENEW_AGAIN_MS = 2_000, 30_000
"""Wait before a second try to renew; doubled for each further one, up to the second figure."""

PROBE_MS = (15_000, 30_000, 60_000, 120_000)
"""Waits before each look whether a better endpoint is back; the last one stays."""


class Purpose(Enum):
    """Why a second connection is wanted."""

    RENEW = "the session would soon expire"
    RETURN = "a better endpoint may be back"


class StandbyPlan:
    """The times of one session; None for never."""

    def __init__(self) -> None:
        self.force_at_ms: int | None = None
        """When the second connection takes over at any moment."""
        self._renew_at_ms: int | None = None
        self._renew_wait_ms = RENEW_AGAIN_MS
        self._probe_at_ms: int | None = None
        self._probes = 0

    @property
    def deadline_ms(self) -> int | None:
        """When a second connection is due, for whatever purpose."""
        dues = (self._renew_at_ms, self._probe_at_ms)
        return min((due for due in dues if due is not None), default=None)

    def due(self, now_ms: int) -> Purpose | None:
        """Return for what a second connection is due now, if it is."""
        if self._renew_at_ms is not None and now_ms >= self._renew_at_ms:
            return Purpose.RENEW
        if self._probe_at_ms is not None and now_ms >= self._probe_at_ms:
            return Purpose.RETURN
        return None

    def must_take_over(self, now_ms: int) -> bool:
        """Return whether there is no more time to wait for a quiet moment."""
        return self.force_at_ms is not None and now_ms >= self.force_at_ms

    def begin(self, begun_ms: int, life: int | None) -> None:
        """Note when a session that began then is renewed; ``life`` in ms, None for ever."""
        self._renew_at_ms = None if life is None else begun_ms + int(RENEW_AT * life)
        self.force_at_ms = None if life is None else begun_ms + int(FORCE_AT * life)
        self._renew_wait_ms = RENEW_AGAIN_MS

    def renew_again(self, now_ms: int) -> None:
        """Plan another try to renew, later than the one before."""
        self._renew_at_ms = now_ms + self._renew_wait_ms
        self._renew_wait_ms = min(2 * self._renew_wait_ms, MAX_RENEW_AGAIN_MS)

    def never_renew(self) -> None:
        """Plan no further try to renew: the endpoint takes no second session."""
        self._renew_at_ms = None

    def probe(self, now_ms: int) -> None:
        """Plan the first look for a better endpoint."""
        self._probes = 0
        self._probe_at_ms = now_ms + PROBE_MS[0]

    def probe_again(self, now_ms: int) -> None:
        """Plan another look, later than the one before."""
        self._probes += 1
        self._probe_at_ms = now_ms + PROBE_MS[min(self._probes, len(PROBE_MS) - 1)]

    def never_probe(self) -> None:
        """Plan no further look: there is no better endpoint."""
        self._probe_at_ms = None


def life_ms(limit_s: int | None, expires_at: int | None, unix_s: int) -> int | None:
    """Return how long a session lives, by its endpoint's rule and its own word; None for ever."""
    lives = [] if limit_s is None else [limit_s * 1_000]
    if expires_at is not None and unix_s:
        left_ms = (expires_at - unix_s) * 1_000
        if MIN_LIFE_MS <= left_ms <= MAX_LIFE_MS:
            lives.append(left_ms)
    return min(lives, default=None)
