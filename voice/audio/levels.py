"""A level meter: the peak, which falls slowly so that eyes can follow it."""

from __future__ import annotations

from voice.audio.pcm import Pcm, peak_dbfs
from voice.audio.ports import RATE_HZ

FLOOR_DBFS = -90.0
_HOLD_MS = 100
_DECAY_DB_PER_S = 30.0


class Meter:
    """Holds the peak of 24 kHz samples for 100 ms, then lets it fall by 30 dB a second.

    Time passes by the samples that are pushed. One thread pushes; any may read.
    """

    def __init__(self) -> None:
        """Begin in silence."""
        self._dbfs = FLOOR_DBFS
        self._held_ms = 0.0

    @property
    def dbfs(self) -> float:
        """The level, -90 to 0 dB of full scale."""
        return self._dbfs

    def push(self, pcm: Pcm) -> None:
        """Look at the next samples: int16, shape (n,), mono."""
        peak = peak_dbfs(pcm)
        passed_ms = pcm.size * 1000 / RATE_HZ
        if peak >= self._dbfs:
            self._dbfs, self._held_ms = peak, 0.0
            return
        self._held_ms += passed_ms
        if self._held_ms > _HOLD_MS:
            fall_ms = min(passed_ms, self._held_ms - _HOLD_MS)
            self._dbfs = max(peak, FLOOR_DBFS, self._dbfs - _DECAY_DB_PER_S * fall_ms / 1000)
