"""Asks a forecast API of Open-Meteo's kind: where a city is, and what its weather will be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from tools.endpoint import get_json
from tools.errors import ToolError
from tools.online import Unit, WeatherService

MAX_DAYS = 16
"""As far as the API looks ahead, today included."""

_LIMIT_S = 6.0
_MAX_NAME_CHARS = 100
_CURRENT = "temperature_2m,weather_code,wind_speed_10m"
_DAILY = "weather_code,temperature_2m_max,temperature_2m_min,precipitation_probability_max"

_SKIES = {
    (0,): "clear", (1,): "mostly clear", (2,): "partly cloudy", (3,): "cloudy",
    (45, 48): "foggy", (51, 53, 55): "drizzle", (56, 57): "freezing drizzle",
    (61,): "light rain", (63,): "rain", (65,): "heavy rain", (66, 67): "freezing rain",
    (71,): "light snow", (73,): "snow", (75,): "heavy snow", (77,): "snow grains",
    (80, 81): "showers", (82,): "heavy showers", (85, 86): "snow showers",
    (95,): "thunderstorms", (96, 99): "thunderstorms with hail",
}  # fmt: skip
"""The World Meteorological Organization's codes that the API uses, in words."""

SKIES = {code: words for codes, words in _SKIES.items() for code in codes}


@dataclass(frozen=True, slots=True)
class City:
    """A place on the map; ``region`` and ``country`` may be empty."""

    name: str
    country: str
    region: str
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Day:
    """One day's weather; ``rain_percent`` is None where the service does not tell."""

    date: date
    sky: str
    low: int
    high: int
    rain_percent: int | None


@dataclass(frozen=True, slots=True)
class Forecast:
    """The weather of now and of the days from today on; the wind is in km/h or mph."""

    temperature: int
    sky: str
    wind: int
    days: tuple[Day, ...]


def find_city(service: WeatherService, name: str) -> City | None:
    """Return the city that is meant, "Paris, Texas" too; None where none is called that.

    Raises ToolError where the service is not reached or not understood.
    """
    first, _, rest = (part.strip() for part in name[:_MAX_NAME_CHARS].partition(","))
    asked = {"name": first, "count": "10", "language": "en", "format": "json"}
    found = _get(service.geocoding_url, asked).get("results")
    cities = [_city(entry) for entry in found if isinstance(entry, dict)] if found else []
    wanted = rest.lower()
    near = [c for c in cities if wanted in (c.country.lower(), c.region.lower())]
    return next(iter((near if wanted else cities) or cities), None)


def read_forecast(service: WeatherService, city: City, *, days: int, unit: Unit) -> Forecast:
    """Return the weather of a city for so many days. Raises ToolError."""
    asked = {
        "latitude": f"{city.latitude:.4f}",
        "longitude": f"{city.longitude:.4f}",
        "current": _CURRENT,
        "daily": _DAILY,
        "timezone": "auto",
        "forecast_days": str(max(1, min(MAX_DAYS, days))),
        "temperature_unit": unit,
        "wind_speed_unit": "kmh" if unit == "celsius" else "mph",
    }
    answer = _get(service.forecast_url, asked)
    try:
        now, daily = answer["current"], answer["daily"]
        chances = daily.get("precipitation_probability_max") or [None] * len(daily["time"])
        columns = ("time", "weather_code", "temperature_2m_min", "temperature_2m_max")
        rows = zip(*(daily[column] for column in columns), chances, strict=True)
        return Forecast(
            round(now["temperature_2m"]),
            _sky(now["weather_code"]),
            round(now["wind_speed_10m"]),
            tuple(
                Day(date.fromisoformat(day), _sky(code), round(low), round(high), _whole(chance))
                for day, code, low, high, chance in rows
                if None not in (code, low, high)
            ),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ToolError("The weather service answered with something else than weather.") from error


def _get(url: str, asked: dict[str, str]) -> dict[str, Any]:
    try:
        return get_json(url, asked, limit_s=_LIMIT_S)
    except ToolError as error:
        raise ToolError(f"I can't get the weather just now: {error}") from error


def _city(entry: dict[str, Any]) -> City:
    try:
        return City(
            str(entry["name"])[:_MAX_NAME_CHARS],
            str(entry.get("country") or ""),
            str(entry.get("admin1") or ""),
            float(entry["latitude"]),
            float(entry["longitude"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ToolError("The weather service answered with something else than places.") from error


def _sky(code: object) -> str:
    return SKIES.get(int(code), "") if isinstance(code, int | float) else ""


def _whole(chance: object) -> int | None:
    return round(chance) if isinstance(chance, int | float) else None
