"""The time of every sample of a stream, from time stamps that jitter and a clock that drifts.

And the time of a stream that counts from a start of its own, on the clock that all others have.
"""

from __future__ import annotations

from voice.audio.ports import RATE_HZ

MOST_DRIFT = 1e-3
"""1000 ppm: twice what any sound card is off; a larger estimate is jitter."""

_MEMORY_BLOCKS = 1000
_LOST_AT_ONCE_S = 0.1
_LOST_SOON_S = 0.005
_LOST_BLOCKS = 5


class ClockTracker:
    """Follows one stream by fitting a line to its time stamps, the latest counting most.

    A growing-memory alpha-beta filter: the least-squares line through all stamps at first, through
    about the last 1000 later on. Jitter of ±10 ms moves it by less than 1 ms. Where samples
    were lost the stamps jump, and it begins anew.
    """

    def __init__(self) -> None:
        """Know nothing yet."""
        self._blocks = 0
        self._period_s = 1.0 / RATE_HZ
        self._next_s = 0.0
        self._usual_error_s = 0.0
        self._odd_blocks = 0
        self.relocks = -1
        """How often the stamps jumped; the first lock is none."""

    @property
    def drift(self) -> float:
        """How much slower than 24 kHz the stream's clock runs: 1e-4 is 100 ppm."""
        return self._period_s * RATE_HZ - 1.0

    def stamp(self, time_s: float, count: int) -> float:
        """Return the smoothed time of a block's first sample, given its own stamp.

        ``count`` samples belong to it; the next call is about the sample after them.
        """
        error_s = time_s - self._next_s
        if self._blocks == 0 or self._is_lost(error_s):
            self._blocks, self._next_s, error_s = 0, time_s, 0.0
            self._odd_blocks = 0
            self.relocks += 1
        self._blocks = k = min(self._blocks + 1, _MEMORY_BLOCKS)
        now_s = self._next_s + error_s * 2.0 * (2 * k - 1) / (k * (k + 1))
        if k > 1:
            self._period_s += error_s / count * 6.0 / (k * (k + 1))
            most = MOST_DRIFT / RATE_HZ
            self._period_s = min(max(self._period_s, 1 / RATE_HZ - most), 1 / RATE_HZ + most)
        self._usual_error_s += (abs(error_s) - self._usual_error_s) / k
        self._next_s = now_s + count * self._period_s
        return now_s

    def _is_lost(self, error_s: float) -> bool:
        if abs(error_s) > _LOST_AT_ONCE_S:
            return True
        is_odd = abs(error_s) > max(_LOST_SOON_S, 4.0 * self._usual_error_s)
        self._odd_blocks = self._odd_blocks + 1 if is_odd else 0
        return self._odd_blocks >= _LOST_BLOCKS


_SHIFT_RISES = 1e-3
"""How much faster than ours, at most, a clock is followed that is not ours."""

_SHIFT_WINDOW_S = 0.5
_SHIFT_LOST_S = 0.005
"""Callbacks that are all later than this for a whole window: their clock stood still."""

_SHIFT_SET_S = 1.0
"""No callback is so late that is not the first after a pause: their clock was set back."""

_STILL_S = 0.1
"""The blocks of one period share a time, for much less than this."""


class ClockShift:
    """What is to be added to a stream's own time for ours.

    JACK's streams count from a start of their own and do not count lost periods, ALSA's go by the
    wall clock, which may be set at any time, and some drivers tell no time at all. Sound from two
    streams must be aligned all the same, and an answer must end that was begun.

    The callbacks that come most promptly tell it. It may rise slowly, as the two clocks run at
    different speeds; and at once where periods were lost: after an xrun, or where for half a second
    no callback came as promptly as before.
    """

    def __init__(self) -> None:
        """Know nothing yet."""
        self.seconds = 0.0
        self.is_still = False
        """Whether the stream's own time does not go on, so that it tells nothing."""
        self._is_known = False
        self._window_s = 0.0
        self._least_s = 0.0
        self._theirs_s = 0.0
        self._went_on_s = 0.0

    def follow(self, ours_s: float, theirs_s: float, block_s: float, *, has_lost: bool) -> float:
        """Return the shift, given both clocks at a callback for ``block_s`` of sound.

        ``has_lost`` says that the driver reports an xrun.
        """
        shift_s = ours_s - theirs_s
        if theirs_s != self._theirs_s or not self._is_known:
            self._theirs_s, self._went_on_s = theirs_s, ours_s
        self.is_still = ours_s - self._went_on_s > _STILL_S
        is_set = shift_s - self.seconds > _SHIFT_SET_S
        if has_lost or is_set or self.is_still or not self._is_known:
            self._is_known = True
            self._window_s = 0.0
            self.seconds = shift_s
        self._least_s = min(self._least_s, shift_s) if self._window_s else shift_s
        self._window_s += block_s
        if self._window_s >= _SHIFT_WINDOW_S:
            self._window_s = 0.0
            if self._least_s - self.seconds > _SHIFT_LOST_S:
                self.seconds = self._least_s
        self.seconds = min(shift_s, self.seconds + _SHIFT_RISES * block_s)
        return self.seconds
