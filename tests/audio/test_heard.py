"""The book of what was queued, taken and heard."""

import numpy as np
import pytest

from voice.audio.heard import HeardRun
from voice.audio.pcm import Pcm
from voice.protocol.playback import HeardPart

A, B = ("a", 0), ("b", 1)


def samples(milliseconds: int, begin: int = 0) -> Pcm:
    return np.arange(begin, begin + 24 * milliseconds, dtype=np.int16)


@pytest.fixture
def run() -> HeardRun:
    """A run of 50 ms of one part and 50 of another, 80 of them taken."""
    book = HeardRun()
    book.queue(A, 24 * 50)
    book.queue(B, 24 * 50)
    book.take(samples(40), 9.9, 10.0)
    book.take(samples(40, 960), 9.94, 10.04)
    return book


def test_each_sample_is_heard_at_its_time(run: HeardRun) -> None:
    reports = [run.parts(at_s) for at_s in (9.99, 10.0201, 10.0601, 99.0)]

    assert reports == [
        [HeardPart("a", 0, 0), HeardPart("b", 1, 0)],
        [HeardPart("a", 0, 20), HeardPart("b", 1, 0)],
        [HeardPart("a", 0, 50), HeardPart("b", 1, 10)],
        [HeardPart("a", 0, 50), HeardPart("b", 1, 30)],
    ]
    assert run.waiting == 20 * 24


def test_a_gap_between_blocks_counts_nothing(run: HeardRun) -> None:
    run.take(samples(20), 10.5, 11.0)

    assert run.parts(10.9)[1].heard_ms == 30
    assert run.parts(11.0101)[1].heard_ms == 40


def test_the_end_counts_what_was_taken_and_a_tail(run: HeardRun) -> None:
    assert run.end(tail=24 * 5) == [HeardPart("a", 0, 50), HeardPart("b", 1, 35)]
    assert run.parts(99.0) == []
    assert run.remaining_s(99.0) is None


def test_a_part_that_goes_on_in_another_run_counts_from_its_first_sample(run: HeardRun) -> None:
    run.end()
    run.queue(B, 240)
    run.take(samples(10), 20.0, 20.0)

    assert run.parts(21.0) == [HeardPart("b", 1, 40)]


def test_what_a_lost_card_did_not_let_sound_is_taken_back(run: HeardRun) -> None:
    back = run.take_back(10.0301)

    assert np.concatenate(back).tolist() == list(range(24 * 30 + 2, 24 * 80))
    assert run.parts(99.0) == [HeardPart("a", 0, 30), HeardPart("b", 1, 0)]
    assert run.waiting == 24 * 70 - 2
    assert run.take_back(99.0) == []


def test_the_remaining_time_reckons_with_what_waits_and_what_sounds(run: HeardRun) -> None:
    assert run.remaining_s(10.05) == pytest.approx(0.03 + 0.02)
    run.take(samples(20), 10.05, 10.08)
    assert run.remaining_s(10.09) == pytest.approx(0.01)
    assert run.remaining_s(10.2) == 0.0


def test_many_parts_are_no_room_for_more() -> None:
    run = HeardRun()
    for number in range(4096):
        assert run.has_room
        run.queue((f"item{number}", 0), 1)

    assert not run.has_room
