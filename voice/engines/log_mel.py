"""Log-mel pictures of sound in the shape that Whisper made usual, in plain numpy.

Frames of 25 ms every 10 ms, power on 80 bands of the mel scale (Slaney's: linear below 1 kHz,
logarithmic above; triangles of equal area), base-10 logarithm, the lowest 80 dB below the loudest,
scaled to about -1 to 1. The arithmetic is in float64: networks with weights of 8 bits answer
differently (by up to 0.08) for pictures that differ by a millionth.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

RATE_HZ = 16_000
BANDS = 80
HOP_SAMPLES = 160

_WINDOW_SAMPLES = 400
_BINS = _WINDOW_SAMPLES // 2 + 1
_LEAST_POWER = 1e-10
_LEAST_VARIANCE = 1e-7
_RANGE_DECADES = 8.0
_LINEAR_HZ_PER_MEL = 200 / 3
_BREAK_HZ = 1_000.0
_BREAK_MEL = _BREAK_HZ / _LINEAR_HZ_PER_MEL
_MEL_STEP = math.log(6.4) / 27


class LogMel:
    """Turns audio into frames of 80 bands; made once, safe to share between threads."""

    def __init__(self) -> None:
        """Build the window and the bands' weights, shape (80, 201)."""
        angles = np.arange(_WINDOW_SAMPLES) * (2 * np.pi / _WINDOW_SAMPLES)
        self._window: Doubles = 0.5 - 0.5 * np.cos(angles)
        self._weights = _band_weights()

    def __call__(self, samples: Floats) -> Floats:
        """Return the picture of ``samples``, float32, shape (80, len(samples) // 160).

        ``samples``: float32 at 16 kHz, of any loudness: they are brought to mean 0 and variance 1
        first. At least 201 of them; ValueError for fewer.
        """
        if samples.size <= _WINDOW_SAMPLES // 2:
            raise ValueError(f"expected more than 200 samples, got {samples.size}")
        even = (samples - samples.mean()) / np.sqrt(samples.var() + _LEAST_VARIANCE)
        padded = np.pad(even.astype(np.float64), _WINDOW_SAMPLES // 2, mode="reflect")
        frames = sliding_window_view(padded, _WINDOW_SAMPLES)[::HOP_SAMPLES]
        frames = frames[: samples.size // HOP_SAMPLES]
        spectrum = np.fft.rfft(frames * self._window)
        power = np.square(spectrum.real) + np.square(spectrum.imag)
        bands = np.log10(np.maximum(self._weights @ power.T, _LEAST_POWER))
        bands = np.maximum(bands, bands.max() - _RANGE_DECADES)
        picture: Floats = ((bands + 4.0) / 4.0).astype(np.float32)
        return picture


def band_centres_hz() -> Doubles:
    """Return the frequencies at which the 80 bands are most sensitive."""
    return _edges_hz()[1:-1]


def _edges_hz() -> Doubles:
    """Return the borders: band ``i`` reaches from edge ``i`` over ``i + 1`` to ``i + 2``."""
    top_mel = _BREAK_MEL + math.log(RATE_HZ / 2 / _BREAK_HZ) / _MEL_STEP
    mels = np.linspace(0.0, top_mel, BANDS + 2)
    above = _BREAK_HZ * np.exp(_MEL_STEP * np.maximum(mels - _BREAK_MEL, 0.0))
    return np.where(mels < _BREAK_MEL, mels * _LINEAR_HZ_PER_MEL, above)


def _band_weights() -> Doubles:
    edges = _edges_hz()
    bins = np.linspace(0.0, RATE_HZ / 2, _BINS)
    low, centre, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising = (bins - low) / (centre - low)
    falling = (high - bins) / (high - centre)
    triangles = np.clip(np.minimum(rising, falling), 0.0, None)
    weights: Doubles = triangles * (2.0 / (high - low))
    return weights
