"""A day of one conversation: rollovers that nobody notices."""

from __future__ import annotations

from tests.chaos.day import Day, check_day


def test_a_day_with_all_its_rollovers_loses_nothing() -> None:
    day = Day(1, pause_ms=8 * 60_000)
    day.live(24)
    assert len(day.renewals) >= 25
    assert all(update.restored == "full" for update in day.renewals)
    assert day.turns > 100
    check_day(day)
    assert len(day.said) > 250
