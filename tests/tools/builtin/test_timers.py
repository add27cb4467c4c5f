from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tools import Registry, ToolOutcome
from tools.builtin.timers import (
    cancel_all_timers,
    cancel_timer,
    list_timers,
    set_alarm,
    set_timer,
)
from tools.testing import ManualClock

BERLIN = ZoneInfo("Europe/Berlin")
AFTERNOON = datetime(2026, 3, 4, 15, 0, tzinfo=BERLIN)  # a Wednesday


class House:
    """A registry with the timer tools, a clock to move and the notices it gave."""

    def __init__(self, data_dir: Path, clock: ManualClock) -> None:
        self.clock = clock
        self.notices: asyncio.Queue[str] = asyncio.Queue()
        self.registry = Registry(
            data_dir=data_dir, clock=clock, timezone=BERLIN, on_notice=self.notices.put_nowait
        )
        for tool in (set_timer, set_alarm, list_timers, cancel_timer, cancel_all_timers):
            self.registry.add(tool, "test")

    async def call(self, name: str, **arguments: Any) -> ToolOutcome:
        return await self.registry.call(name, json.dumps(arguments))

    async def ask(self, name: str, **arguments: Any) -> str:
        """Return what is spoken: the sentence of a result, or the error."""
        outcome = await self.call(name, **arguments)
        if outcome.is_error:
            return outcome.output
        return str(json.loads(outcome.output)["spoken"])

    async def notice(self) -> str:
        return await asyncio.wait_for(self.notices.get(), 5)


Restart = Callable[[], Awaitable[House]]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(AFTERNOON)


@pytest.fixture
async def house(tmp_path: Path, clock: ManualClock) -> AsyncIterator[House]:
    house = House(tmp_path, clock)
    async with house.registry:
        yield house


@pytest.fixture
async def restart(house: House, tmp_path: Path, clock: ManualClock) -> AsyncIterator[Restart]:
    """Close the first house and open another on the same files."""
    opened: list[House] = []

    async def reopen() -> House:
        await house.registry.close()
        opened.append(House(tmp_path, clock))
        await opened[-1].registry.start()
        return opened[-1]

    yield reopen
    for again in opened:
        await again.registry.close()


@pytest.mark.parametrize(
    ("arguments", "spoken", "seconds"),
    [
        ({"duration": "ten minutes"}, "Your timer for ten minutes is set.", 600),
        ({"duration": "an hour and a half"},
         "Your timer for one hour and thirty minutes is set.", 5400),
        ({"duration": 90}, "Your timer for one minute and thirty seconds is set.", 90),
        ({"duration": "8 min", "label": "the Pasta."},
         "Your Pasta timer for eight minutes is set.", 480),
    ],
)  # fmt: skip
async def test_a_timer_is_set_and_rings(
    house: House, arguments: dict[str, Any], spoken: str, seconds: int
) -> None:
    assert await house.ask("set_timer", **arguments) == spoken

    house.clock.advance(seconds - 1)
    assert "one second left" in await house.ask("list_timers")
    assert house.notices.empty()
    house.clock.advance(1)

    assert (await house.notice()).startswith("Your ")
    assert await house.ask("list_timers") == "You have no timers or alarms."


async def test_a_timer_that_is_due_says_which(house: House) -> None:
    await house.ask("set_timer", duration="ten minutes")
    await house.ask("set_timer", duration="eleven minutes", label="pasta")

    house.clock.advance(600)
    assert await house.notice() == "Your ten minute timer is done."
    house.clock.advance(60)
    assert await house.notice() == "Your pasta timer is done."


@pytest.mark.parametrize(
    ("arguments", "spoken", "ring"),
    [
        ({"time": "7 am"}, "Your alarm is set for 7 AM tomorrow.",
         "It's 7 AM. This is your alarm."),
        ({"time": "half past six"}, "Your alarm is set for 6:30 PM today.",
         "It's 6:30 PM. This is your alarm."),
        ({"time": "tomorrow at 8", "label": "school"},
         "Your school alarm is set for 8 AM tomorrow.", "It's 8 AM. This is your school alarm."),
        ({"time": "noon", "day": "next friday"},
         "Your alarm is set for noon on Friday, March 13th.", "It's noon. This is your alarm."),
        ({"time": "7:15 pm", "day": "friday"}, "Your alarm is set for 7:15 PM on Friday.",
         "It's 7:15 PM. This is your alarm."),
    ],
)  # fmt: skip
async def test_an_alarm_is_set_and_rings(
    house: House, arguments: dict[str, Any], spoken: str, ring: str
) -> None:
    outcome = await house.call("set_alarm", **arguments)
    answer = json.loads(outcome.output)

    house.clock.advance(answer["seconds_left"])

    assert answer["spoken"] == spoken
    assert await house.notice() == ring


async def test_an_alarm_holds_its_clock_time_over_the_change_to_summer(
    tmp_path: Path,
) -> None:
    clock = ManualClock(datetime(2026, 3, 28, 22, 0, tzinfo=BERLIN))
    house = House(tmp_path, clock)
    async with house.registry:
        await house.ask("set_alarm", time="7 am")
        await house.ask("set_timer", duration="nine hours")

        clock.advance(8 * 3600)
        assert await house.notice() == "It's 7 AM. This is your alarm."
        clock.advance(3600)
        assert await house.notice() == "Your nine hour timer is done."


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("set_timer", {"duration": "banana"}, "didn't catch how long"),
        ("set_timer", {"duration": "five"}, "didn't catch how long"),
        ("set_timer", {"duration": "0"}, "one second to one year"),
        ("set_timer", {"duration": "-5"}, "didn't catch"),
        ("set_timer", {"duration": "nine hundred weeks"}, "one second to one year"),
        ("set_timer", {}, '"duration" is missing'),
        ("set_alarm", {"time": "banana"}, "didn't catch the time"),
        ("set_alarm", {"time": "today at 7 am"}, "7 AM today has already passed."),
        ("set_alarm", {"time": "2099-01-01T07:00"}, "coming year"),
        ("cancel_timer", {}, "no timer or alarm to cancel"),
    ],
)
async def test_what_cannot_be_set_is_told(
    house: House, name: str, arguments: dict[str, Any], words: str
) -> None:
    outcome = await house.call(name, **arguments)

    assert outcome.is_error
    assert words in outcome.output


async def test_timers_are_listed_the_soonest_first(house: House) -> None:
    await house.ask("set_timer", duration="an hour")
    await house.ask("set_timer", duration="eight minutes", label="egg")
    await house.ask("set_alarm", time="7 am", label="school")
    await house.ask("set_alarm", time="8 pm")
    house.clock.advance(60)

    assert await house.ask("list_timers") == (
        "You have an egg timer with seven minutes left, a one hour timer with fifty-nine minutes "
        "left, an alarm for 8 PM today and a school alarm for 7 AM tomorrow."
    )


@pytest.mark.parametrize(
    ("which", "spoken"),
    [
        ("egg", "I cancelled your egg timer."),
        ("the eg timer", "I cancelled your egg timer."),
        ("one hour", "I cancelled your one hour timer."),
        ("the 60 minute timer", "I cancelled your one hour timer."),
        ("the alarm", "I cancelled your alarm for 7 AM tomorrow."),
        ("7 am", "I cancelled your alarm for 7 AM tomorrow."),
        ("the first", "I cancelled your egg timer."),
        ("last one", "I cancelled your alarm for 7 AM tomorrow."),
        ("all timers", "I cancelled both."),
        ("all", "I cancelled all three."),
        ("both timers", "I cancelled both."),
        ("", "You have an egg timer, a one hour timer and an alarm for 7 AM tomorrow. "
             "Which one should I cancel?"),
        ("timer", "You have an egg timer and a one hour timer. Which one should I cancel?"),
        ("rice", "I found no timer like that. "
                 "You have an egg timer, a one hour timer and an alarm for 7 AM tomorrow."),
    ],
)  # fmt: skip
async def test_timers_are_cancelled_by_what_people_call_them(
    house: House, which: str, spoken: str
) -> None:
    await house.ask("set_timer", duration="an hour")
    await house.ask("set_timer", duration="eight minutes", label="egg")
    await house.ask("set_alarm", time="7 am")

    assert await house.ask("cancel_timer", which=which) == spoken


@pytest.mark.parametrize(
    ("name", "arguments", "spoken"),
    [
        ("cancel_timer", {"kind": "alarm"}, "I cancelled your alarm for 7 AM tomorrow."),
        ("cancel_timer", {"kind": "timers"}, "You have an egg timer and a one hour timer. "
                                             "Which one should I cancel?"),
        ("cancel_all_timers", {"kind": "timer"}, "I cancelled both."),
        ("cancel_all_timers", {"kind": "Alarms"}, "I cancelled your alarm for 7 AM tomorrow."),
        ("cancel_all_timers", {}, "I cancelled all three."),
        ("list_timers", {"kind": "alarm"}, "You have an alarm for 7 AM tomorrow."),
    ],
)  # fmt: skip
async def test_timers_and_alarms_are_told_apart(
    house: House, name: str, arguments: dict[str, Any], spoken: str
) -> None:
    await house.ask("set_timer", duration="an hour")
    await house.ask("set_timer", duration="eight minutes", label="egg")
    await house.ask("set_alarm", time="7 am")

    assert await house.ask(name, **arguments) == spoken


async def test_a_missing_kind_is_told(house: House) -> None:
    assert await house.ask("cancel_all_timers", kind="alarm") == "There is no alarm to cancel."
    await house.ask("set_timer", duration="an hour")

    assert await house.ask("list_timers", kind="alarm") == "You have no alarms."
    assert await house.ask("cancel_timer", kind="alarm") == (
        "You have no alarm, but a one hour timer."
    )


async def test_a_cancelled_timer_never_rings(house: House) -> None:
    await house.ask("set_timer", duration="five minutes")
    await house.ask("set_timer", duration="six minutes", label="tea")
    await house.ask("cancel_timer", which="five minutes")

    house.clock.advance(3600)

    assert await house.notice() == "Your tea timer is done."
    assert house.notices.empty()


async def test_the_only_timer_needs_no_name(house: House) -> None:
    await house.ask("set_timer", duration="five minutes")

    assert await house.ask("cancel_timer") == "I cancelled your five minute timer."


async def test_a_restart_takes_timers_up_again(restart: Restart, house: House) -> None:
    await house.ask("set_timer", duration="ten minutes", label="tea")
    house.clock.advance(120)

    again = await restart()
    assert "eight minutes left" in await again.ask("list_timers")
    again.clock.advance(480)

    assert await again.notice() == "Your tea timer is done."


async def test_a_restart_reports_what_was_missed(restart: Restart, house: House) -> None:
    await house.ask("set_timer", duration="ten minutes", label="tea")
    await house.ask("set_alarm", time="4 pm")
    await house.ask("set_alarm", time="6 pm")
    house.clock.jump(AFTERNOON.replace(hour=17))

    again = await restart()

    assert await again.notice() == (
        "While I was off, your tea timer ended at 3:10 PM today and "
        "your alarm was due at 4 PM today."
    )
    assert await again.ask("list_timers") == "You have an alarm for 6 PM today."


async def test_a_damaged_file_is_told_and_kept(
    restart: Restart, house: House, tmp_path: Path
) -> None:
    (tmp_path / "timers.json").write_text("{torn")

    again = await restart()

    assert "timers.json.bad" in await again.notice()
    assert (tmp_path / "timers.json.bad").read_text() == "{torn"
    assert (await again.ask("set_timer", duration="five minutes")).endswith("is set.")


async def test_odd_entries_of_a_file_are_passed_over(
    restart: Restart, house: House, tmp_path: Path
) -> None:
    await house.ask("set_timer", duration="ten minutes")
    content = json.loads((tmp_path / "timers.json").read_text())
    content["timers"] += [None, 5, {}, {"id": 1, "kind": "timer", "due": "soon"}, {"due": 3},
                          {"id": 2, "kind": "timer", "due": "2026-03-04T16:00:00"}]  # fmt: skip
    (tmp_path / "timers.json").write_text(json.dumps(content))

    again = await restart()

    assert "You have a ten minute timer" in await again.ask("list_timers")


async def test_a_hundred_timers_are_enough(house: House) -> None:
    for _ in range(100):
        await house.call("set_timer", duration="ten minutes")

    assert "too many timers" in await house.ask("set_timer", duration="ten minutes")
