"""Services on the network that built-in tools use, as a person set them up."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

FORECAST_URL = "https://api.open-meteo.com/v1/forecast"
GEOCODING_URL = "https://geocoding-api.open-meteo.com/v1/search"

Unit = Literal["celsius", "fahrenheit"]


@dataclass(frozen=True, slots=True)
class ModelEndpoint:
    """Where a model answers: ``base_url`` ends before ``/chat/completions``."""

    base_url: str
    model: str
    api_key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class PictureEndpoint:
    """What draws: by ``/images/generations``, or by ``/chat/completions`` where ``by_chat``."""

    endpoint: ModelEndpoint
    by_chat: bool = False
    size: str = ""


@dataclass(frozen=True, slots=True)
class WeatherService:
    """A forecast API of Open-Meteo's kind; ``city`` is where the person is, "" where not known."""

    forecast_url: str = FORECAST_URL
    geocoding_url: str = GEOCODING_URL
    city: str = ""
    unit: Unit = "celsius"


@dataclass(frozen=True, slots=True)
class OnlineServices:
    """All of them; None for what nobody set up. ``pictures_dir`` keeps what was drawn."""

    pictures: PictureEndpoint | None = None
    search: ModelEndpoint | None = None
    weather: WeatherService = field(default_factory=WeatherService)
    pictures_dir: Path | None = None
