"""A level meter that eyes can follow."""

import numpy as np
import pytest

from voice.audio.levels import FLOOR_DBFS, Meter


def block(value: int, milliseconds: int = 10) -> np.ndarray:
    return np.full(24 * milliseconds, value, np.int16)


def test_silence_is_the_floor() -> None:
    meter = Meter()
    meter.push(block(0))
    meter.push(block(0, 0))

    assert meter.dbfs == FLOOR_DBFS


def test_a_peak_shows_at_once_and_full_scale_is_zero() -> None:
    meter = Meter()
    meter.push(block(16_384))
    half = meter.dbfs
    meter.push(block(-32_768))

    assert half == pytest.approx(-6.02, abs=0.01)
    assert meter.dbfs == 0.0


def test_a_peak_is_held_and_then_falls_to_what_there_is() -> None:
    meter = Meter()
    meter.push(block(16_384))
    for _ in range(10):
        meter.push(block(100))
    held = meter.dbfs
    for _ in range(100):
        meter.push(block(100))
    fallen = meter.dbfs
    for _ in range(1000):
        meter.push(block(100))

    assert held == pytest.approx(-6.02, abs=0.01)
    assert fallen == pytest.approx(-36.02, abs=0.1)
    assert meter.dbfs == pytest.approx(20 * np.log10(100 / 32_768), abs=0.01)
