"""Hears somebody begin to speak over our own voice, in the microphone without its echo.

What the canceller leaves of our voice follows our voice; how far below it is learnt all the time.
Speech of others stands out of that. Ten milliseconds at a time, all levels in dB.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

FLOOR_DB = -90.0

SOUNDING_DB = -75.0
"""From here on a block of ours counts as sound."""

LOUD_DB = 14.0
LEARNT_MS = 900
"""How much of our voice a canceller needs before what it leaves is little at every moment."""

KNOWN_MS = 1_500
"""From here on nothing that is left of our voice is long or clear enough to be read as words."""

_FAR_TEACHES_DB = -55.0
_FIRST_LEAK_DB = -30.0
"""What is assumed to be left of our voice until it was measured."""

_LEAST_LEAK_DB = -60.0
_UP_DB, _DOWN_DB = 0.8, 0.1
"""Steps of the leak per block: it stays above what is left in eight blocks of nine."""

_FAR_FALL_DB = 1.0
"""How fast the echo of our voice fades, per block: 60 dB in 600 ms, a live room."""

_FAINT_DB, _OVER_NOISE_DB = -42.0, 26.0
"""What is hardly speech counts only from one of these levels on, of the whole scale or over the
noise: what a canceller leaves of our voice while it learns a room is fainter, and where we have
just paused it is all that there is."""

_MARGINS_KEPT = 5
_LEVELS_KEPT = 3
_NOISE_RISE_DB = 0.03
_STARTLED_DB, _STARTLED_MS = 3.0, 3_000
"""How much more it takes for a while after a sound that was nobody."""


@dataclass(frozen=True, slots=True)
class Sound:
    """One block: levels of the cancelled microphone and of our voice, and how likely speech is."""

    clean_db: float
    far_db: float
    speech: float


def level_db(mean_square: float) -> float:
    """Return a mean square as dB below full scale, -90 at least."""
    return max(FLOOR_DB, 10.0 * math.log10(mean_square)) if mean_square > 1e-9 else FLOOR_DB


class OnsetDetector:
    """Compares what is heard with what may be left of our own voice."""

    def __init__(self) -> None:
        self.margin_db = 0.0
        """By how much the last block stands out of the echo and the noise."""
        self._leak_db = _FIRST_LEAK_DB
        self._far_db = FLOOR_DB
        self._noise_db = -60.0
        self._startled_ms = 0
        self._startled_db = 0.0
        self._learnt_ms = 0
        self._margins: deque[float] = deque(maxlen=_MARGINS_KEPT)
        self._levels: deque[float] = deque(maxlen=_LEVELS_KEPT)

    @property
    def is_room_known(self) -> bool:
        """Whether the canceller has heard enough of our voice to leave no words of it."""
        return self._learnt_ms >= KNOWN_MS

    def hear(self, sound: Sound) -> bool:
        """Take one block; return whether somebody has begun to speak. Asked in silence too."""
        self._far_db = max(sound.far_db, self._far_db - _FAR_FALL_DB)
        echo_db = self._far_db + self._leak_db
        self.margin_db = sound.clean_db - max(echo_db, self._noise_db)
        self._learn(sound, echo_db)
        self._margins.append(self.margin_db)
        self._levels.append(sound.clean_db)
        if self._startled_ms > 0:
            self._startled_ms -= 10
            if self._startled_ms == 0:
                self._startled_db = 0.0
        return self._stands_out(sound.speech)

    def startle(self) -> None:
        """Learn that the last onset was nobody: the next needs more, for a while."""
        self._startled_ms = _STARTLED_MS
        self._startled_db = min(9.0, self._startled_db + _STARTLED_DB)

    def _stands_out(self, speech: float) -> bool:
        """Return whether speech is likely and loud, or something is loud enough to be looked at.

        Sound alone does only once the canceller knows the room.
        """
        heard = sorted(self._margins, reverse=True)
        if len(heard) < _MARGINS_KEPT:
            return False
        least_db = self._startled_db
        faint_db = min(_FAINT_DB, self._noise_db + _OVER_NOISE_DB)
        is_faint = max(self._levels) < faint_db
        if self._learnt_ms < LEARNT_MS:
            return speech >= 0.6 and heard[1] >= 12.0 + least_db and not is_faint
        return (
            (speech >= 0.5 and heard[1] >= 8.0 + least_db)
            or (speech >= 0.3 and heard[2] >= 10.0 + least_db and not is_faint)
            or (self.margin_db >= LOUD_DB + least_db and self._levels[-1] >= faint_db)
        )

    def _learn(self, sound: Sound, echo_db: float) -> None:
        if sound.clean_db < self._noise_db:
            self._noise_db += 0.2 * (sound.clean_db - self._noise_db)
        elif sound.speech < 0.3:
            self._noise_db += _NOISE_RISE_DB
        if self._far_db < _FAR_TEACHES_DB:
            return
        if sound.far_db > _FAR_TEACHES_DB:
            self._learnt_ms += 10
        # Speech of others must not pass for echo; unlikely speech may, a little.
        rise_db = _UP_DB * max(0.05, 1.0 - 2.0 * sound.speech)
        step_db = rise_db if sound.clean_db > echo_db else -_DOWN_DB
        self._leak_db = min(0.0, max(_LEAST_LEAK_DB, self._leak_db + step_db))
