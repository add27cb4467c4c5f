"""What a conversation costs: tokens by kind, money by price, and the caps on it.

Cached tokens are a subset of the input (PROTOCOL §2.14), so they are taken off before the rest is
priced. An endpoint that gives no detail is read as text, which is the cheaper guess; an endpoint
that gives no usage costs nothing here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Prices:
    """Money for a million tokens of each kind, in one currency.

    A cached price that is None equals the full one. ``transcription_minute`` is for recognisers
    that are paid by the length of the audio.
    """

    text_in: float = 0.0
    audio_in: float = 0.0
    image_in: float = 0.0
    text_out: float = 0.0
    audio_out: float = 0.0
    text_in_cached: float | None = None
    audio_in_cached: float | None = None
    image_in_cached: float | None = None
    transcription_minute: float = 0.0

    @property
    def is_free(self) -> bool:
        """Whether nothing costs anything."""
        return not any(getattr(self, field.name) for field in fields(self))


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens by kind; the three ``_cached`` ones are not in their plain counterparts."""

    text_in: int = 0
    audio_in: int = 0
    image_in: int = 0
    text_out: int = 0
    audio_out: int = 0
    text_in_cached: int = 0
    audio_in_cached: int = 0
    image_in_cached: int = 0

    def __add__(self, other: Tokens) -> Tokens:
        """Return the sum, kind by kind."""
        names = [field.name for field in fields(self)]
        return Tokens(*(getattr(self, name) + getattr(other, name) for name in names))

    def price(self, prices: Prices) -> float:
        """Return what they cost."""
        total = 0.0
        for field in fields(self):
            price = getattr(prices, field.name)
            if price is None:
                price = getattr(prices, field.name.removesuffix("_cached"))
            total += getattr(self, field.name) * price
        return total / _MILLION


def tokens_of(usage: Mapping[str, Any]) -> Tokens:
    """Return the tokens of a ``response.done``'s usage; whatever is missing or odd counts as 0."""
    given = _block(usage, "input_token_details")
    made = _block(usage, "output_token_details")
    cached = _block(given, "cached_tokens_details")
    text, audio, image = (_count(given, f"{kind}_tokens") for kind in ("text", "audio", "image"))
    # An endpoint without detail: everything is text.
    text = max(text, _count(usage, "input_tokens") - audio - image)
    text_out, audio_out = _count(made, "text_tokens"), _count(made, "audio_tokens")
    text_out = max(text_out, _count(usage, "output_tokens") - audio_out)
    audio_cached = min(audio, _count(cached, "audio_tokens"))
    image_cached = min(image, _count(cached, "image_tokens"))
    text_cached = _count(cached, "text_tokens")
    text_cached = max(text_cached, _count(given, "cached_tokens") - audio_cached - image_cached)
    text_cached = min(text, text_cached)
    return Tokens(
        text_in=text - text_cached,
        audio_in=audio - audio_cached,
        image_in=image - image_cached,
        text_out=text_out,
        audio_out=audio_out,
        text_in_cached=text_cached,
        audio_in_cached=audio_cached,
        image_in_cached=image_cached,
    )


def transcription_price(usage: Mapping[str, Any], prices: Prices) -> float:
    """Return what recognising one turn cost: by its length, or by its tokens."""
    seconds = usage.get("seconds")
    if usage.get("type") == "duration" and isinstance(seconds, int | float):
        return max(0.0, float(seconds)) / 60 * prices.transcription_minute
    return tokens_of(usage).price(prices)


@dataclass(frozen=True, slots=True)
class CostUpdated:
    """What a response, or a transcription, used, and what that adds up to.

    ``item_id`` is that of the user's item where it is a transcription; else ``response_id`` is set.
    Money is in ``currency``, and None at an endpoint whose prices nobody has told.
    """

    response_id: str
    item_id: str
    tokens: Tokens
    turn_tokens: Tokens
    session_tokens: Tokens
    price: float | None
    turn: float | None
    session: float | None
    day: float | None
    currency: str


@dataclass(frozen=True, slots=True)
class Caps:
    """The most that may be spent, in money; None for no cap. A warning comes at ``warn_at``."""

    session: float | None = None
    day: float | None = None
    warn_at: float = 0.8


@dataclass(frozen=True, slots=True)
class CapNotice:
    """A cap that is near, or reached; told once each."""

    of: Literal["session", "day"]
    is_reached: bool
    spent: float
    cap: float


class CostMeter:
    """Adds up one session's cost beside what the day has cost already."""

    def __init__(self, caps: Caps, *, spent_today: float = 0.0) -> None:
        self.tokens = Tokens()
        self.session = 0.0
        self.day = spent_today
        self._caps = caps
        self._told: set[tuple[str, bool]] = set()

    def add(
        self, tokens: Tokens, price: float, *, spent_today: float | None = None
    ) -> list[CapNotice]:
        """Add one response, or one transcription; return the caps that are newly near or reached.

        ``spent_today`` is what the day has cost with it, where others spend beside this session. A
        jump over both marks of a cap gives the second alone.
        """
        self.tokens = self.tokens + tokens
        self.session += price
        self.day = self.day + price if spent_today is None else spent_today
        return [
            notice
            for notice in (
                self._notice("session", self.session, self._caps.session),
                self._notice("day", self.day, self._caps.day),
            )
            if notice is not None
        ]

    def begin_day(self, spent_today: float = 0.0) -> None:
        """A new day: its cap counts anew."""
        self.day = spent_today
        self._told -= {("day", False), ("day", True)}

    def others_spent(self, spent_today: float) -> None:
        """Note what the day has cost by now, with what others spent."""
        self.day = max(self.day, spent_today)

    @property
    def reached(self) -> CapNotice | None:
        """The cap that forbids to go on, if any."""
        pairs = (("session", self.session, self._caps.session), ("day", self.day, self._caps.day))
        for of, spent, cap in pairs:
            if cap is not None and spent >= cap:
                return CapNotice("session" if of == "session" else "day", True, spent, cap)
        return None

    def _notice(
        self, of: Literal["session", "day"], spent: float, cap: float | None
    ) -> CapNotice | None:
        if cap is None or spent < cap * self._caps.warn_at:
            return None
        is_reached = spent >= cap
        if (of, is_reached) in self._told or (of, True) in self._told:
            return None
        self._told.add((of, is_reached))
        return CapNotice(of, is_reached, spent, cap)


def _block(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = value.get(name)
    return found if isinstance(found, Mapping) else {}


def _count(value: Mapping[str, Any], name: str) -> int:
    found = value.get(name)
    if isinstance(found, bool) or not isinstance(found, int | float):
        return 0
    return max(0, int(found))
