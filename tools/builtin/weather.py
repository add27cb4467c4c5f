"""The weather of a city, now or on one of the next days, from a public forecast service."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from tools import ToolContext, ToolError, tool
from tools.builtin.places import Place, find_place
from tools.forecast import MAX_DAYS, City, Day, Forecast, find_city, read_forecast
from tools.online import WeatherService
from tools.spoken.dates import parse_day, say_day

_HERE = frozenset({"", "here", "today", "now", "right now", "outside", "my city"})
_THINGS = ("drizzle", "rain", "snow", "showers", "thunderstorms")
_RAIN_FROM_PERCENT = 20


@tool(
    effect="read",
    timeout_s=20.0,
    examples=[
        "(what|how) is the weather [like] [in {city}] [right now]",
        "what will the weather be [like] [in {city}] [{day}]",
        "weather [forecast] (for|in) {city} [{day}]",
        "how (warm|cold|hot|windy|wet) (is it|will it be) [in {city}] [{day}]",
        "(is it|will it be) (raining|rain|snowing|snow|sunny|warm|cold) in {city} [{day}]",
        "will it (rain|snow) {day} [in {city}]",
        "tell me the weather forecast [for {city}]",
        "what is the [weather] forecast [looking like] [for {city}] [{day}]",
        "do i need (an umbrella|a jacket|a coat|a raincoat|sunglasses) [in {city}] [{day}]",
        "(will|should) i (need|take) (an umbrella|a jacket|a coat) [in {city}] [{day}]",
        "is it going to (rain|snow|be sunny|be warm|be cold) [in {city}] [{day}]",
        "how (is|will) it (be|look) outside [in {city}] [{day}]",
        "(what|how) is the temperature [outside] [in {city}] [{day}]",
        "how many degrees (is it|are there|will it be) [in {city}] [{day}]",
        "(is|will) there [be] (rain|snow|sun|wind|a storm) in {city} [{day}]",
        "will it (stay|be|get) (dry|nice|warm|cold|hot|sunny) [in {city}] [{day}]",
        "do i have to (dress|wrap up) (warmly|warm) [{day}]",
        "what will {day} be like in {city}",
        "what will it be like [in {city}] {day}",
        "(what is|how is) it (like|looking) (out there|out|outside) [in {city}] [today]",
        "is it (cold|warm|hot|nice|wet|windy|raining) (out|outside|out there) [today]",
        "what is the weather doing [in {city}] [{day}]",
        "do i (need|have) to (wear|bring|take) (a coat|a jacket|an umbrella) [in {city}] [{day}]",
        "should i (wear|bring|take|pack) (a coat|a jacket|an umbrella) [to {city}] [{day}]",
        "[is there] any (rain|snow|sun|wind) [coming|forecast] [{day}]",
        "what are the (chances|odds) of (rain|snow) [in {city}] [{day}]",
        "is {day} going to be (nice|warm|cold|wet|dry|sunny|rainy)",
        "{city} weather [{day}]",
        "how (hot|cold|warm) will it get [in {city}] [{day}]",
        "what should i wear [{day}]",
    ],
)
def get_weather(
    ctx: ToolContext,
    city: str = "",
    unit: Literal["celsius", "fahrenheit"] | None = None,
    day: str = "",
) -> dict[str, Any]:
    """Tell the weather of a city, now or on one of the next days.

    Args:
        ctx: Given by the registry.
        city: The city, such as "Berlin" or "Paris, Texas". Leave it out for where the person is.
        unit: Degrees; leave it out for the person's own.
        day: A day, such as "tomorrow" or "saturday". Leave it out for now.
    """
    service = ctx.online.weather
    wanted = city.strip().rstrip("?.!") if city.strip().lower() not in _HERE else service.city
    if not wanted:
        raise ToolError("For which city? The setting tools.weather.city names yours.")
    today = ctx.now().date()
    asked = _asked(day, today)
    found = _find(service, wanted)
    unit = unit or service.unit
    # One day more, because it may be yesterday there still.
    days = (asked - today).days + 2 if asked else 1
    forecast = read_forecast(service, found, days=days, unit=unit)
    that = next((d for d in forecast.days if asked is None or d.date >= asked), None)
    if that is None:
        raise ToolError("The weather service does not look that far ahead.")
    spoken = _say_now(found, forecast, that) if asked is None else _say_day(found, that, today)
    return {
        "spoken": spoken,
        "city": ", ".join(part for part in (found.name, found.region, found.country) if part),
        "unit": unit,
        "now": {"temperature": forecast.temperature, "sky": forecast.sky, "wind": forecast.wind},
        "day": {
            "date": that.date.isoformat(),
            "sky": that.sky,
            "low": that.low,
            "high": that.high,
            "rain_percent": that.rain_percent,
        },
    }


def _asked(day: str, today: date) -> date | None:
    """Return the day that is meant, None for now. Raises ToolError."""
    if day.strip().lower() in _HERE:
        return None
    asked = parse_day(day, today)
    if asked is None:
        raise ToolError("I don't know which day that is. Try tomorrow, or the name of a day.")
    if not 0 <= (asked - today).days <= MAX_DAYS - 2:
        raise ToolError("I know the weather of the next two weeks only.")
    return asked


def _find(service: WeatherService, wanted: str) -> City:
    """Return the city, also one that was misheard. Raises ToolError."""
    found = find_city(service, wanted)
    if found is None:
        meant = find_place(wanted)
        name = (meant.capital or meant.name) if isinstance(meant, Place) else meant.suggestion
        found = find_city(service, name) if name and name.lower() != wanted.lower() else None
    if found is None:
        raise ToolError(f"I don't know a city called {wanted[:60]}.")
    return found


def _say_now(city: City, forecast: Forecast, today: Day) -> str:
    now = f"In {city.name} it's {_degrees(forecast.temperature)}{_sky(forecast.sky)}."
    return f"{now} Today it goes from {_between(today)}{_chance(today)}."


def _say_day(city: City, day: Day, today: date) -> str:
    when = say_day(day.date, today)
    told = f"{when} in {city.name}: from {_between(day)}{_sky(day.sky)}{_chance(day)}."
    return told[:1].upper() + told[1:]


def _between(day: Day) -> str:
    return f"{_number(day.low)} to {_degrees(day.high)}"


def _degrees(value: int) -> str:
    return f"{_number(value)} degree{'' if abs(value) == 1 else 's'}"


def _number(value: int) -> str:
    return f"minus {-value}" if value < 0 else str(value)


def _sky(sky: str) -> str:
    if not sky:
        return ""
    is_thing = any(word in sky for word in _THINGS)
    return f" {'with' if is_thing else 'and'} {sky}"


def _chance(day: Day) -> str:
    if day.rain_percent is None or day.rain_percent < _RAIN_FROM_PERCENT:
        return ""
    return f", {day.rain_percent} percent chance of rain"
