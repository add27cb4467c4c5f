"""How much of an answer waits in the speaker's queue before it begins to sound.

Pieces that come late leave holes. The buffer begins small, grows with each hole that it could have
bridged, and shrinks again after a while in which half of it would have done.
"""

from __future__ import annotations

from voice.audio.ports import BLOCK_MS, RATE_HZ

SHORTEST_MS = 2 * BLOCK_MS
LONGEST_MS = 200
CALM_MS = 10_000
"""Sound without a hole after which the buffer may be halved."""

_BRIDGEABLE_MS = 1_000
"""A longer hole is no jitter: the other side was thinking."""


class JitterBuffer:
    """Decides whether waiting samples may sound; all counts are samples at 24 kHz.

    It holds back at the beginning of an answer and after a hole, at most for the time that the
    buffer is long, and never what is already there in plenty.
    """

    def __init__(self) -> None:
        """Begin small and at rest."""
        self.target_ms = SHORTEST_MS
        self._is_filling = True
        self._waited = 0
        self._begin_calm()

    def _begin_calm(self) -> None:
        self._calm = 0
        self._least: int | None = None

    @property
    def target(self) -> int:
        """What must be waiting, unless it took too long, in samples."""
        return self.target_ms * RATE_HZ // 1000

    def refill(self) -> None:
        """Hold back what comes next: an answer begins, or there was a hole."""
        self._is_filling = True
        self._waited = 0

    def underrun(self, silence: int) -> None:
        """Note a hole within an answer: bridge the like of it from now on, if that is possible."""
        self._begin_calm()
        if silence * 1000 // RATE_HZ <= _BRIDGEABLE_MS:
            self.target_ms = min(LONGEST_MS, 2 * self.target_ms)

    def may_sound(self, waiting: int, asked: int) -> bool:
        """Say whether the waiting samples may sound now; the card asks for ``asked`` of them."""
        if not self._is_filling:
            return True
        if waiting and (waiting >= self.target or self._waited >= self.target):
            self._is_filling = False
            return True
        if waiting:
            self._waited += asked
        return False

    def arrived(self, waiting: int) -> None:
        """Note that a piece came while so many samples of the same part were waiting."""
        if not self._is_filling:
            self._least = waiting if self._least is None else min(self._least, waiting)

    def sounded(self, count: int) -> None:
        """Note sound without a hole."""
        self._calm += count
        if self._calm < CALM_MS * RATE_HZ // 1000:
            return
        # An endpoint that sends no faster than one listens uses up the same part of it each time.
        if self._least is None or self._least >= self.target // 2:
            self.target_ms = max(SHORTEST_MS, self.target_ms // 2)
        self._begin_calm()
