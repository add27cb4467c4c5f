"""Counts and histograms."""

import asyncio

import pytest

from tests.server.serving_kit import until
from voice.core.server_messages import TurnMeasured
from voice.server import meters as module
from voice.server.meters import MAX_LABELS, Histogram, Meters


def test_a_histogram_counts_at_or_below_each_bound():
    histogram = Histogram((0.1, 1.0))
    for duration_s in (0.05, 0.1, 0.5, 7.0):
        histogram.observe(duration_s)

    assert histogram.cumulative() == [("0.1", 2.0), ("1", 3.0), ("+Inf", 4.0)]
    assert histogram.sum_s == pytest.approx(7.65)


def test_a_measured_stage_is_counted_in_seconds():
    meters = Meters()
    meters.measured(TurnMeasured("first_audio", 450))

    assert meters.stages["first_audio"].sum_s == pytest.approx(0.45)
    assert meters.stages["transcript"].sum_s == 0.0


def test_labels_are_bounded():
    meters = Meters()
    for number in range(MAX_LABELS + 10):
        meters.failed(f"code_{number}")

    assert len(meters.errors) == MAX_LABELS + 1
    assert meters.errors["other"] == 10


async def test_a_blocked_loop_shows_as_lag(monkeypatch):
    monkeypatch.setattr(module, "LAG_EVERY_S", 0.001)
    meters = Meters()
    loop = asyncio.get_running_loop()
    async with meters.watching_loop():
        await until(lambda: sum(meters.loop_lag.counts) >= 1)
        sum_s = meters.loop_lag.sum_s
        begun_s = loop.time()
        while loop.time() - begun_s < 0.05:
            pass  # hold the loop
        await until(lambda: meters.loop_lag.sum_s > sum_s + 0.03)

    seen = sum(meters.loop_lag.counts)
    await asyncio.sleep(0)
    assert sum(meters.loop_lag.counts) == seen
