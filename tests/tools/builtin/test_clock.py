from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tools import ToolContext, ToolError
from tools.builtin.clock import get_date, get_time
from tools.testing import ManualClock, make_context

BERLIN = ZoneInfo("Europe/Berlin")


def at(tmp_path: Path, moment: str) -> ToolContext:
    """Return a context in Berlin at a local time."""
    now = datetime.fromisoformat(moment).replace(tzinfo=BERLIN)
    return make_context(tmp_path, clock=ManualClock(now), timezone=BERLIN)


@pytest.fixture
def wednesday(tmp_path: Path) -> ToolContext:
    return at(tmp_path, "2026-03-04T15:45")


@pytest.mark.parametrize(
    ("place", "spoken"),
    [
        ("", "It's 3:45 PM."),
        ("here", "It's 3:45 PM."),
        ("tokyo", "It's 11:45 PM in Tokyo."),
        ("Nepal", "It's 8:30 PM in Nepal."),
        ("auckland", "It's 3:45 AM on Thursday in Auckland."),
        ("the usa", "The United States has several time zones. In Washington it's 9:45 AM."),
        ("pacific time", "It's 6:45 AM, Pacific Time."),
    ],
)
def test_the_time_is_told(wednesday: ToolContext, place: str, spoken: str) -> None:
    assert get_time(wednesday, place)["spoken"] == spoken


def test_the_time_comes_with_its_data(wednesday: ToolContext) -> None:
    assert get_time(wednesday, "tokyo") == {
        "spoken": "It's 11:45 PM in Tokyo.",
        "place": "Tokyo",
        "time": "23:45",
        "date": "2026-03-04",
        "weekday": "Wednesday",
        "zone": "Asia/Tokyo",
        "utc_offset": "+0900",
    }


@pytest.mark.parametrize(
    ("moment", "new_york", "london"),
    [
        ("2026-03-07T12:00", "6 AM", "11 AM"),  # winter everywhere
        ("2026-03-09T12:00", "7 AM", "11 AM"),  # New York has moved its clocks, Europe has not
        ("2026-03-30T12:00", "6 AM", "11 AM"),  # summer everywhere
        ("2026-10-26T12:00", "7 AM", "11 AM"),  # Europe is back, New York is not
    ],
)
def test_summer_time_holds_where_it_holds(
    tmp_path: Path, moment: str, new_york: str, london: str
) -> None:
    context = at(tmp_path, moment)

    assert get_time(context, "new york")["spoken"] == f"It's {new_york} in New York."
    assert get_time(context, "london")["spoken"] == f"It's {london} in London."


def test_the_hour_that_the_clock_change_leaves_out_is_never_told(tmp_path: Path) -> None:
    clock = ManualClock(datetime(2026, 3, 29, 1, 59, tzinfo=BERLIN))
    context = make_context(tmp_path, clock=clock, timezone=BERLIN)

    clock.advance(60)

    assert get_time(context)["spoken"] == "It's 3 AM."


@pytest.mark.parametrize(
    ("place", "words"), [("narnia", "Did you mean"), ("mordor", "larger city"), ("x" * 5000, "…")]
)
def test_an_unknown_place_is_told(wednesday: ToolContext, place: str, words: str) -> None:
    with pytest.raises(ToolError, match=words) as caught:
        get_time(wednesday, place)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("day", "spoken"),
    [
        ("today", "Today is Wednesday, March 4th, 2026."),
        ("", "Today is Wednesday, March 4th, 2026."),
        ("tomorrow", "Tomorrow is Thursday, March 5th."),
        ("yesterday", "Yesterday was Tuesday, March 3rd."),
        ("next friday", "Next Friday is March 13th."),
        ("december 25", "December 25th is a Friday."),
        ("2027-01-01", "January 1st, 2027 is a Friday."),
        ("christmas", "Christmas is Friday, December 25th."),
        ("in two weeks", "In two weeks it is Wednesday, March 18th."),
        ("ten days ago", "Ten days ago it was Sunday, February 22nd."),
        ("the fifth", "The fifth is Thursday, March 5th."),
    ],
)
def test_the_date_is_told(wednesday: ToolContext, day: str, spoken: str) -> None:
    assert get_date(wednesday, day)["spoken"] == spoken


def test_the_date_of_another_place_may_be_another(tmp_path: Path) -> None:
    context = at(tmp_path, "2026-03-04T23:30")

    answer = get_date(context, place="Tokyo")

    assert answer["spoken"] == "In Tokyo, today is Thursday, March 5th, 2026."
    assert answer["date"] == "2026-03-05"


def test_an_unknown_day_is_told(wednesday: ToolContext) -> None:
    with pytest.raises(ToolError, match="banana"):
        get_date(wednesday, "banana")
