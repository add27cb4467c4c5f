"""``[tools.image]``, ``[tools.search]``, ``[tools.weather]``: services that tools use."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from voice.settings_sections import BaseUrl, Secret, Section, UserPath

FORECAST_URL = "https://api.open-meteo.com/v1/forecast"
GEOCODING_URL = "https://geocoding-api.open-meteo.com/v1/search"


class ImageSettings(Section):
    """``[tools.image]``: what ``generate_image`` draws with, and where it keeps the pictures."""

    base_url: BaseUrl | None = None
    """Where ``/images/generations`` or ``/chat/completions`` begins; unset, nothing draws."""
    api_key: Secret | None = None
    """Unset, the key of the brain or of the endpoint where it is the same host's."""
    model: str = Field(default="gpt-image-1", min_length=1)
    interface: Literal["auto", "images", "chat"] = "auto"
    """``auto`` asks models such as ``gpt-4o-image`` by Chat Completions, others by images."""
    size: str | None = Field(default=None, pattern=r"^(\d{2,4}x\d{2,4}|auto)$")
    """Such as ``1024x1024``; unset, the model's own. Chat Completions knows none."""
    folder: UserPath | None = None
    """Unset, ``pictures`` in ``tools.data_dir``."""

    def by_chat(self) -> bool:
        """Return whether the model is asked by Chat Completions."""
        if self.interface != "auto":
            return self.interface == "chat"
        return "4o" in self.model or self.model.endswith(("-image", "-image-preview"))


class SearchSettings(Section):
    """``[tools.search]``: the model that ``web_search`` asks, with ``web_search_options``."""

    base_url: BaseUrl | None = None
    """Where ``/chat/completions`` begins; unset, nothing searches."""
    api_key: Secret | None = None
    """Unset, the key of the brain or of the endpoint where it is the same host's."""
    model: str = Field(default="gpt-4o-mini-search-preview", min_length=1)


class WeatherSettings(Section):
    """``[tools.weather]``: the forecast service that ``get_weather`` asks; it takes no key."""

    url: BaseUrl = FORECAST_URL
    """A forecast API of Open-Meteo's kind."""
    geocoding_url: BaseUrl = GEOCODING_URL
    """What finds a city on the map for it."""
    city: str | None = Field(default=None, min_length=1, max_length=100)
    """Where the person is, for questions that name no city."""
    unit: Literal["celsius", "fahrenheit"] = "celsius"
