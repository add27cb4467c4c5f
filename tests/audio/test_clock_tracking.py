"""Smoothed times of a stream's blocks."""

import random

import pytest

from voice.audio.clock_tracking import ClockShift, ClockTracker
from voice.audio.ports import RATE_HZ

BLOCK = 240


def follow(
    tracker: ClockTracker, *, blocks: int, ppm: float = 0.0, jitter_s: float = 0.0, begin_s: float
) -> list[float]:
    """Feed blocks of a clock that is off, and return the error of each smoothed time."""
    dice = random.Random(7)
    errors = []
    for number in range(blocks):
        true_s = begin_s + number * BLOCK / RATE_HZ * (1 + ppm / 1e6)
        errors.append(tracker.stamp(true_s + dice.uniform(-jitter_s, jitter_s), BLOCK) - true_s)
    return errors


def test_exact_stamps_are_returned_as_they_are() -> None:
    errors = follow(ClockTracker(), blocks=1000, begin_s=5000.0)

    assert max(map(abs, errors)) < 1e-7


@pytest.mark.parametrize("ppm", [-500.0, -200.0, 200.0, 500.0])
def test_a_drifting_clock_is_measured_to_a_few_ppm(ppm: float) -> None:
    tracker = ClockTracker()

    errors = follow(tracker, blocks=6000, ppm=ppm, jitter_s=0.001, begin_s=10.0)

    assert tracker.drift * 1e6 == pytest.approx(ppm, abs=30)
    assert max(map(abs, errors[500:])) < 0.0005


def test_jitter_of_ten_milliseconds_becomes_less_than_one() -> None:
    tracker = ClockTracker()

    errors = follow(tracker, blocks=12_000, jitter_s=0.01, begin_s=10.0)

    assert max(map(abs, errors[1000:])) < 0.0015
    assert tracker.relocks == 0


def test_it_begins_anew_where_the_stamps_jump() -> None:
    tracker = ClockTracker()
    follow(tracker, blocks=500, begin_s=10.0)

    small = follow(tracker, blocks=10, begin_s=15.02)
    large = follow(tracker, blocks=10, begin_s=99.0)

    assert abs(small[-1]) < 1e-6
    assert abs(large[0]) < 1e-6
    assert tracker.relocks == 2


BLOCK_S = BLOCK / RATE_HZ
AWAY_S = 1_000.0
"""By how much a stream's own clock is behind ours."""


def call_back(
    shift: ClockShift, *, seconds: float, lost_s: float = 0.0, ppm: float = 0.0, late_s: float = 0.0
) -> list[float]:
    """Call back for so long; return by how much the shift is off each time.

    The stream's clock has lost ``lost_s`` and is off by ``ppm``; each callback is up to ``late_s``
    late, and one in ten is prompt.
    """
    dice = random.Random(3)
    errors = []
    for number in range(round(seconds / BLOCK_S)):
        true_s = number * BLOCK_S
        late = 0.0 if number % 10 == 0 else dice.uniform(0.0, late_s)
        theirs_s = true_s * (1 + ppm / 1e6) - AWAY_S - lost_s
        found = shift.follow(true_s + late, theirs_s, BLOCK_S, has_lost=False)
        errors.append(found - (true_s - theirs_s))
    return errors


def test_late_callbacks_do_not_move_the_shift_of_a_streams_own_clock() -> None:
    shift = ClockShift()

    errors = call_back(shift, seconds=60, late_s=0.2, ppm=-300)

    assert max(map(abs, errors)) < 1e-3


def test_a_clock_that_lost_periods_silently_is_followed_within_a_second() -> None:
    shift = ClockShift()
    call_back(shift, seconds=5, late_s=0.01)

    errors = call_back(shift, seconds=5, late_s=0.01, lost_s=0.4)

    assert errors[0] == pytest.approx(-0.4, abs=1e-3)
    assert max(map(abs, errors[100:])) < 1e-3


def test_a_clock_that_lost_periods_and_says_so_is_followed_at_once() -> None:
    shift = ClockShift()
    call_back(shift, seconds=5)

    found = shift.follow(20.0, 20.0 - AWAY_S - 0.4, BLOCK_S, has_lost=True)

    assert found == pytest.approx(AWAY_S + 0.4)
