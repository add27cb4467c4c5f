from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tools.builtin.timer_book import Timer
from tools.builtin.timer_choice import choose, name_of, say_all, with_article

NOW = datetime(2026, 3, 4, 15, tzinfo=UTC)
EGG = Timer("1", "timer", "egg", NOW + timedelta(minutes=8), 480)
HOUR = Timer("2", "timer", "", NOW + timedelta(hours=1), 3600)
SCHOOL = Timer("3", "alarm", "school", NOW + timedelta(hours=16), 0)
SEVEN_THIRTY = Timer("4", "alarm", "", NOW + timedelta(hours=16, minutes=30), 0)
ALL = [EGG, HOUR, SCHOOL, SEVEN_THIRTY]


@pytest.mark.parametrize(
    ("which", "chosen"),
    [
        ("egg", [EGG]), ("the eggs", [EGG]), ("Egg timer.", [EGG]), ("an hour", [HOUR]),
        ("60 minutes", [HOUR]), ("school alarm", [SCHOOL]), ("7 am", [SCHOOL]), ("seven", [SCHOOL]),
        ("half past seven", [SEVEN_THIRTY]), ("first", [EGG]), ("2nd", [HOUR]),
        ("the last one", [SEVEN_THIRTY]), ("next", [EGG]), ("fifth", []), ("rice", []),
        ("alarm", [SCHOOL, SEVEN_THIRTY]), ("the first alarm", [SCHOOL]), ("timers", [EGG, HOUR]),
        ("", ALL), ("all", ALL), ("both alarms", [SCHOOL, SEVEN_THIRTY]), ("timer and alarm", ALL),
    ],
)  # fmt: skip
def test_the_timer_that_is_meant_is_found(which: str, chosen: list[Timer]) -> None:
    assert choose(which, ALL, NOW) == chosen


def test_names_tell_timers_apart() -> None:
    assert [name_of(timer, NOW) for timer in ALL] == [
        "egg timer",
        "one hour timer",
        "school alarm",
        "alarm for 7:30 AM tomorrow",
    ]
    assert say_all([EGG, HOUR], NOW) == "an egg timer and a one hour timer"
    assert with_article("eight minute timer") == "an eight minute timer"
