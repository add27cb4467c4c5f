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


@pytest.mark.parametrize("set_s", [-3600.0, -0.3, 0.3, 3600.0])
def test_a_wall_clock_that_is_set_is_followed_within_a_second(set_s: float) -> None:
    shift = ClockShift()
    call_back(shift, seconds=5, late_s=0.01)

    errors = call_back(shift, seconds=5, late_s=0.01, lost_s=-set_s)

    assert max(map(abs, errors[100:])) < 1e-3
    assert abs(errors[1]) < 0.02 or abs(set_s) < 1.0  # what nobody can mistake at once


def test_a_process_that_was_stopped_between_the_drivers_time_and_ours_is_late_once() -> None:
    shift = ClockShift()
    call_back(shift, seconds=5)

    stopped = shift.follow(8.0, 5.0 - AWAY_S, BLOCK_S, has_lost=False)
    after = shift.follow(8.01, 8.01 - AWAY_S, BLOCK_S, has_lost=False)

    assert stopped == pytest.approx(AWAY_S + 3.0)
    assert after == pytest.approx(AWAY_S)


def test_a_clock_that_does_not_go_on_tells_nothing_and_ours_is_taken() -> None:
    shift = ClockShift()
    found = []
    for number in range(100):
        found.append(shift.follow(50.0 + number * BLOCK_S, 0.0, BLOCK_S, has_lost=False))

    assert found[0] == 50.0
    assert found[20:] == pytest.approx([50.0 + number * BLOCK_S for number in range(20, 100)])
    assert shift.is_still


def test_blocks_that_come_at_once_with_one_time_are_no_clock_that_stands_still() -> None:
    shift = ClockShift()
    for period in range(100):
        for block in range(4):
            ours_s = 0.04 * period + 0.0005 * block
            shift.follow(ours_s, 0.04 * period - AWAY_S, BLOCK_S, has_lost=False)
            assert not shift.is_still

    assert shift.seconds == pytest.approx(AWAY_S, abs=1e-3)
