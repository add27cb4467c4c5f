"""Fades of 5 ms where sound is cut, so that a cut does not click. All at 24 kHz."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from voice.audio.pcm import Pcm
from voice.audio.ports import RATE_HZ

FADE_SAMPLES = RATE_HZ // 200
"""5 ms."""


class Fader:
    """A gain that rises and falls by one step a sample, from silence to full in 5 ms.

    ``level`` is in steps, 0 to ``FADE_SAMPLES``.
    """

    def __init__(self) -> None:
        """Begin at full gain: what is not cut is not touched."""
        self.level = FADE_SAMPLES

    def rise(self, pcm: Pcm) -> Pcm:
        """Return samples whose gain goes up to full; untouched where it is already there."""
        if self.level == FADE_SAMPLES:
            return pcm
        steps = np.minimum(self.level + np.arange(1, pcm.size + 1), FADE_SAMPLES)
        self.level = min(self.level + pcm.size, FADE_SAMPLES)
        return _scaled(pcm, steps)

    def fall(self, pcm: Pcm) -> Pcm:
        """Return samples whose gain goes down; no more than ``level`` of them are allowed."""
        steps = self.level - np.arange(pcm.size)
        self.level -= pcm.size
        return _scaled(pcm, steps)


def settled(value: int) -> Pcm:
    """Return 5 ms that go from a sample's value to zero.

    For sound that ends without warning, where nothing is left that could be faded.
    """
    return _scaled(np.full(FADE_SAMPLES, value, np.int16), FADE_SAMPLES - np.arange(FADE_SAMPLES))


def _scaled(pcm: Pcm, steps: NDArray[np.int64]) -> Pcm:
    return np.asarray(np.rint(pcm * (steps / np.float32(FADE_SAMPLES))), np.int16)
