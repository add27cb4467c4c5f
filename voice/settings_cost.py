"""``[cost]``: what tokens cost, and how much may be spent."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator
from pydantic_settings import NoDecode

from voice.settings_sections import Section, read_json

_Price = Annotated[float, Field(ge=0.0, le=1_000_000.0)]
_Money = Annotated[float, Field(gt=0.0, le=1_000_000_000.0)]

EMBEDDED = "embedded"
"""The table of our own server, which costs nothing unless there is one."""


class PriceSettings(Section):
    """Money for a million tokens of each kind.

    A cached price that is left out equals the full one; any other costs nothing.
    """

    text_in: _Price | None = None
    text_in_cached: _Price | None = None
    audio_in: _Price | None = None
    audio_in_cached: _Price | None = None
    image_in: _Price | None = None
    image_in_cached: _Price | None = None
    text_out: _Price | None = None
    audio_out: _Price | None = None
    transcription_minute: _Price | None = None
    """For recognisers that are paid by the length of the audio; a minute, not a million."""

    @property
    def is_set(self) -> bool:
        """Whether any price is given."""
        return any(getattr(self, name) is not None for name in PriceSettings.model_fields)


class CostSettings(PriceSettings):
    """``[cost]``: prices of any endpoint, tables for single models or endpoints, and caps.

    A table ``[cost.prices."gpt-realtime"]`` replaces the prices of this section for the model, or
    the endpoint, of that name; ``embedded`` is our own server. Without prices only tokens are
    counted.
    """

    currency: str = Field(default="USD", min_length=1, max_length=8, pattern=r"^\S+$")
    prices: Annotated[dict[str, PriceSettings], NoDecode, BeforeValidator(read_json)] = Field(
        default_factory=dict
    )
    session_cap: _Money | None = None
    day_cap: _Money | None = None
    warn_at: float = Field(default=0.8, gt=0.0, le=1.0)
    """The part of a cap at which there is a warning."""

    @model_validator(mode="after")
    def _a_cap_needs_prices(self) -> Self:
        has_prices = self.is_set or any(table.is_set for table in self.prices.values())
        if (self.session_cap or self.day_cap) and not has_prices:
            raise ValueError(
                "a cap can never be reached without prices; set them in [cost] or in "
                '[cost.prices."MODEL"]'
            )
        return self
