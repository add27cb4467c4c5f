from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.tools.http_place import HttpPlace
from tools import ToolContext, ToolError
from tools.builtin.weather import get_weather
from tools.forecast import SKIES
from tools.online import OnlineServices, WeatherService
from tools.testing import make_context

MONDAY = date(2026, 3, 2)
BERLIN = {"name": "Berlin", "country": "Germany", "latitude": 52.52, "longitude": 13.41}
PARIS = [
    {"name": "Paris", "country": "France", "latitude": 48.85, "longitude": 2.35},
    {"name": "Paris", "country": "United States", "admin1": "Texas", "latitude": 33.6,
     "longitude": -95.5},
]  # fmt: skip


def forecast(begins: date = MONDAY) -> dict[str, Any]:
    days = [(begins + timedelta(days=n)).isoformat() for n in range(4)]
    return {
        "current": {"temperature_2m": -3.4, "weather_code": 71, "wind_speed_10m": 9.2},
        "daily": {
            "time": days,
            "weather_code": [71, 61, 0, 95],
            "temperature_2m_min": [-5.2, 0.4, 1, 2],
            "temperature_2m_max": [1.3, 5, 8, 9],
            "precipitation_probability_max": [80, 10, None, 60],
        },
    }


@pytest.fixture
def place() -> Iterator[HttpPlace]:
    with HttpPlace() as running:
        running.on("/geo", {"results": [BERLIN]})
        running.on("/forecast", forecast())
        yield running


def context(place: HttpPlace, folder: Path, **more: Any) -> ToolContext:
    service = WeatherService(f"{place.root}/forecast", f"{place.root}/geo", **more)
    return make_context(folder, online=OnlineServices(weather=service))


def asked(place: HttpPlace, number: int) -> dict[str, str]:
    return {k: v for k, (v,) in parse_qs(urlsplit(place.asked[number][1]).query).items()}


def test_the_weather_of_now_is_told(place: HttpPlace, tmp_path: Path) -> None:
    told = get_weather(context(place, tmp_path), "Berlin")

    assert told["spoken"] == (
        "In Berlin it's minus 3 degrees with light snow. "
        "Today it goes from minus 5 to 1 degree, 80 percent chance of rain."
    )
    assert asked(place, 0)["name"] == "Berlin"
    query = asked(place, 1)
    assert (query["latitude"], query["longitude"]) == ("52.5200", "13.4100")
    assert (query["temperature_unit"], query["wind_speed_unit"]) == ("celsius", "kmh")
    assert told["day"]["date"] == "2026-03-02"


@pytest.mark.parametrize(
    ("day", "spoken"),
    [
        ("tomorrow", "Tomorrow in Berlin: from 0 to 5 degrees with light rain."),
        ("on wednesday", "On Wednesday in Berlin: from 1 to 8 degrees and clear."),
        ("today", "In Berlin it's minus 3 degrees"),
        ("", "In Berlin it's minus 3 degrees"),
    ],
)
def test_the_weather_of_a_day_is_told(
    place: HttpPlace, tmp_path: Path, day: str, spoken: str
) -> None:
    told = get_weather(context(place, tmp_path, city="Berlin"), "", "fahrenheit", day)
    assert told["spoken"].startswith(spoken)
    assert asked(place, 1)["temperature_unit"] == "fahrenheit"


def test_a_city_where_it_is_tomorrow_already_is_read_by_its_dates(
    place: HttpPlace, tmp_path: Path
) -> None:
    place.on("/forecast", forecast(MONDAY + timedelta(days=1)))
    told = get_weather(context(place, tmp_path), "Tokyo", day="tomorrow")
    assert told["day"]["date"] == "2026-03-03"


def test_a_country_or_state_behind_the_name_chooses(place: HttpPlace, tmp_path: Path) -> None:
    place.on("/geo", {"results": PARIS})
    here = context(place, tmp_path)
    assert get_weather(here, "Paris")["city"] == "Paris, France"
    assert get_weather(here, "Paris, Texas")["city"] == "Paris, Texas, United States"


def test_a_name_that_was_misheard_is_looked_up_as_it_was_meant(
    place: HttpPlace, tmp_path: Path
) -> None:
    place.on("/geo", {})
    with pytest.raises(ToolError, match="I don't know a city called tokio"):
        get_weather(context(place, tmp_path), "tokio")
    assert [asked(place, n)["name"] for n in (0, 1)] == ["tokio", "Tokyo"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({}, r"For which city\? The setting tools\.weather\.city"),
        ({"city": "Berlin", "day": "when pigs fly"}, "don't know which day"),
        ({"city": "Berlin", "day": "in three weeks"}, "next two weeks only"),
        ({"city": "Berlin", "day": "yesterday"}, "next two weeks only"),
        ({"city": "Berlin", "day": "sunday"}, "does not look that far"),
    ],
)
def test_what_cannot_be_told_is_said(
    place: HttpPlace, tmp_path: Path, arguments: dict[str, str], told: str
) -> None:
    with pytest.raises(ToolError, match=told):
        get_weather(context(place, tmp_path), **arguments)


@pytest.mark.parametrize(
    ("path", "answer", "told"),
    [
        ("/forecast", {"current": {}}, "something else than weather"),
        ("/forecast", {"current": None, "daily": None}, "something else than weather"),
        ("/geo", {"results": [{"name": "x"}]}, "something else than places"),
        ("/geo", b"<html>", "can't get the weather just now: 127.0.0.1 answered"),
    ],
)
def test_a_service_that_answers_nonsense_is_told(
    place: HttpPlace, tmp_path: Path, path: str, answer: object, told: str
) -> None:
    place.on(path, answer)
    with pytest.raises(ToolError, match=told):
        get_weather(context(place, tmp_path), "Berlin")


def test_nobody_at_the_service_is_told_in_one_sentence(tmp_path: Path) -> None:
    with HttpPlace() as gone:
        here = context(gone, tmp_path)
    with pytest.raises(ToolError, match="can't get the weather just now: 127.0.0.1 could not"):
        get_weather(here, "Berlin")


def test_every_code_of_the_service_has_words() -> None:
    assert {0, 1, 2, 3, 45, 48, 51, 61, 71, 80, 95, 99} <= set(SKIES)
