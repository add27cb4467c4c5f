"""An office that never was: a fan, a hum, faint rumble and somebody typing, seeded."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def office(samples: int, rate_hz: int, seed: int) -> Floats:
    """Return noise of root-mean-square 1.0, shape (samples,); equal seeds give equal noise."""
    rng = np.random.default_rng(seed)
    sound = _air(samples, rate_hz, rng) + 0.15 * _hum(samples, rate_hz)
    sound += _typing(samples, rate_hz, rng)
    return np.asarray(sound / np.sqrt(np.mean(sound * sound)))


def _air(samples: int, rate_hz: int, rng: np.random.Generator) -> Floats:
    """Noise whose power falls with frequency, as moving air's does."""
    spectrum = np.fft.rfft(rng.standard_normal(samples))
    frequency = np.fft.rfftfreq(samples, 1.0 / rate_hz)
    shaped = np.fft.irfft(spectrum / np.maximum(frequency, 60.0) ** 0.7, samples)
    return np.asarray(shaped / np.sqrt(np.mean(shaped * shaped)))


def _hum(samples: int, rate_hz: int) -> Floats:
    time = np.arange(samples) / rate_hz
    tones = (np.sin(2 * np.pi * 50 * k * time) / k for k in (2, 3, 4))
    return np.asarray(sum(tones, np.zeros(samples)))


def _typing(samples: int, rate_hz: int, rng: np.random.Generator) -> Floats:
    """About five key strokes a second, each a burst of 15 ms."""
    sound = np.zeros(samples)
    length = 15 * rate_hz // 1000
    for _ in range(5 * samples // rate_hz):
        start = int(rng.integers(0, max(1, samples - length)))
        burst = rng.standard_normal(length) * np.exp(-np.arange(length) / (length / 4))
        sound[start : start + length] += burst[: samples - start] * rng.uniform(1.0, 3.0)
    return sound
