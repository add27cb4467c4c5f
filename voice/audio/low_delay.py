"""Changes the rate of a live stream and holds back no more than 1.5 ms.

For the way between the sound card and the rest, where each block of 10 ms must come out as a block
of 10 ms. ``voice.audio.pcm.Resampler`` holds back 16 ms and more, or aliases.
"""

from __future__ import annotations

from math import gcd

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from voice.audio.pcm import Floats, Pcm

_CROSSINGS = 16
_LONGEST_HALF_S = 0.0015
_PASS_BAND = 0.92
"""Of the lower rate's band: what is let through. Above it the filter falls to -60 dB and less."""

_KAISER_BETA = 7.0


class LowDelayResampler:
    """A short windowed-sinc filter in polyphase form; equal rates pass through untouched.

    The stream is thought to begin with silence, so the first block comes out as long as all others,
    ``delay_s`` late. 40 µs of CPU per block of 10 ms. One stream and one thread each.
    """

    def __init__(self, in_hz: int, out_hz: int) -> None:
        """Compute the filter. Raises ValueError for a rate that is not positive."""
        if in_hz <= 0 or out_hz <= 0:
            raise ValueError(f"expected positive rates, got {in_hz} Hz and {out_hz} Hz")
        common = gcd(in_hz, out_hz)
        self._up, self._down = out_hz // common, in_hz // common
        half = 0
        if in_hz != out_hz:
            half = int(in_hz * min(_CROSSINGS / min(in_hz, out_hz), _LONGEST_HALF_S))
            self._phases = _phases(half, self._up, min(1.0, out_hz / in_hz))
        self.delay_s = half / in_hz
        self._past = np.zeros(max(0, 2 * half - 1), np.float32)
        self._at = 0
        """Where the next output lies after the past samples, in 1/up of an input sample."""

    def push(self, pcm: Pcm) -> Pcm:
        """Return all output up to ``delay_s`` before the end of ``pcm``: int16, shape (n,)."""
        if self._up == self._down:
            return pcm
        count = self.outputs_of(pcm.size)
        samples = np.concatenate([self._past, pcm], dtype=np.float32)
        places = self._at + self._down * np.arange(count)
        self._at += self._down * count - self._up * pcm.size
        self._past = samples[pcm.size :]
        if count == 0:
            return np.zeros(0, np.int16)
        windows = sliding_window_view(samples, self._past.size + 1)[places // self._up]
        out = np.einsum("nk,nk->n", windows, self._phases[places % self._up])
        return np.asarray(np.clip(np.rint(out), -32768.0, 32767.0), np.int16)

    def outputs_of(self, inputs: int) -> int:
        """Return how many samples the next ``push`` of so many would return."""
        return max(0, -((self._at - self._up * inputs) // self._down))

    def inputs_for(self, outputs: int) -> int:
        """Return how many samples the next ``push`` needs to return at least so many."""
        return max(0, (self._at + self._down * (outputs - 1)) // self._up + 1) if outputs else 0


def _phases(half: int, up: int, cutoff: float) -> Floats:
    """Return the taps for each of the ``up`` places between two samples, shape (up, 2 * half).

    Those of a row meet the samples from the oldest to the newest and add up to 1.
    """
    ages = np.arange(2 * half - 1, -1, -1)[np.newaxis, :] + np.arange(up)[:, np.newaxis] / up
    offsets: NDArray[np.float64] = ages - half
    window = np.i0(_KAISER_BETA * np.sqrt(np.clip(1.0 - (offsets / half) ** 2, 0.0, 1.0)))
    taps = np.sinc(offsets * cutoff * _PASS_BAND) * window
    return np.asarray(taps / taps.sum(axis=1, keepdims=True), np.float32)
