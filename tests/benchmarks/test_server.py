import math

from benchmarks.server import LIMIT_MS, Window
from benchmarks.talkers import Turn


def window(*waits_ms):
    turns = [Turn(0, 0.0, None if ms is None else ms / 1_000) for ms in waits_ms]
    return Window(4, turns, server_cpu=0.5, own_cpu=0.1, others_cpu=0.0, rss_mb=400, late_ms=0)


def test_an_unanswered_turn_is_no_quick_one():
    assert math.isinf(window(300, None).p95_ms)
    assert "1 unanswered" in str(window(300, None))


def test_one_slow_turn_in_a_hundred_does_not_move_the_95th_percentile():
    assert window(*[300] * 99, 5_000).p95_ms == 300


def test_a_window_without_turns_proves_nothing():
    assert window().p95_ms > LIMIT_MS
