"""A sound card whose clock the test moves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from voice.audio.playout import Playout
from voice.audio.ports import RATE_HZ

BLOCK = 240
BLOCK_S = BLOCK / RATE_HZ
LATENCY_S = 0.04


def pcm(milliseconds: int, value: int = 1000) -> bytes:
    """Return constant samples."""
    return np.full(RATE_HZ * milliseconds // 1000, value, np.int16).tobytes()


class Card:
    """A sound card whose clock the test moves."""

    def __init__(self, playout: Playout) -> None:
        self.playout = playout
        self.now_s = 100.0
        self.sound = b""
        self.low = 0

    def run(self, milliseconds: int) -> None:
        """Let the card take blocks of 10 ms for a while."""
        for _ in range(milliseconds // 10):
            block, runs_low = self.playout.take(BLOCK, self.now_s, self.now_s + LATENCY_S)
            self.sound += block
            self.low += runs_low
            self.now_s += 0.01

    @property
    def samples(self) -> NDArray[np.int16]:
        """What the card took."""
        return np.frombuffer(self.sound, np.int16)
