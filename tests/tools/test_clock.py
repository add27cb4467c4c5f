from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tools.clock import MachineZone, SystemClock, local_zone


async def test_the_system_clock_tells_utc_and_wakes() -> None:
    clock = SystemClock()
    woken = asyncio.Event()

    clock.call_later(0.01, woken.set)

    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=1)
    await asyncio.wait_for(woken.wait(), 5)


def test_the_zone_of_the_environment_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", ":Europe/Berlin")

    assert local_zone() == ZoneInfo("Europe/Berlin")


def test_an_unknown_zone_falls_back_to_the_machines_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Nowhere/Special")

    assert isinstance(local_zone(), MachineZone)


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the zone cannot be set on this system")
def test_the_machines_rules_know_summer_time(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
        time.tzset()
        zone = MachineZone()

        winter = datetime(2026, 1, 15, 12, tzinfo=zone)
        summer = datetime(2026, 7, 15, 12, tzinfo=zone)
        assert winter.utcoffset() == timedelta(hours=1)
        assert summer.utcoffset() == timedelta(hours=2)
        assert summer.dst() == timedelta(hours=1)
        assert summer.tzname() == "CEST"
        assert datetime(2026, 7, 15, 10, tzinfo=UTC).astimezone(zone) == summer
    time.tzset()
