"""Which models the configured places offer, and whether the configured ones are among them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

from pydantic import SecretStr

from voice.client.model_list import list_models, models_url, not_offered
from voice.engines.remote_speech import OPENAI_BASE_URL, refusal
from voice.errors import ConnectError, SettingsError
from voice.session_setup import configured_endpoint
from voice.settings import Settings

ANTHROPIC_VERSION = "2023-06-01"
"""The version of the interface that Anthropic's own ``/v1/models`` wants to be told."""


@dataclass(frozen=True, slots=True)
class ModelPlace:
    """A place that has models: ``name`` is the section of the settings that it comes from."""

    name: str
    base_url: str
    wanted: str | None
    key: SecretStr | None = None
    key_header: str = "Authorization"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def address(self) -> str:
        """The base URL without what may be secret in it."""
        parts = urlsplit(self.base_url)
        host = parts.netloc.rpartition("@")[2]
        return urlunsplit((parts.scheme, host, parts.path, "", ""))


@dataclass(frozen=True, slots=True)
class Offer:
    """What a place offers, or why that is not known and how to mend it."""

    place: ModelPlace
    models: tuple[str, ...] = ()
    problem: str = ""
    mend: str = ""

    @property
    def advice(self) -> str:
        """What to say of the configured model where it is not offered; "" otherwise."""
        return "" if self.problem else not_offered(self.place.wanted, self.models)


def configured_places(settings: Settings) -> list[ModelPlace]:
    """Return the places that the settings name: the endpoint, the brain, the ears, the mouth.

    Raises SettingsError for an endpoint that is none.
    """
    places: list[ModelPlace] = []
    if settings.endpoint.url is not None:
        endpoint = configured_endpoint(settings)
        places.append(
            ModelPlace(
                "endpoint",
                models_url(endpoint.base_url),
                endpoint.model,
                settings.endpoint.api_key,
                endpoint.key_header,
            )
        )
    if settings.brain.kind != "offline":
        places.append(_brain_place(settings))
    for name, stage in (("stt", settings.stt), ("tts", settings.tts)):
        if stage.engine == "openai":
            base_url = stage.base_url or OPENAI_BASE_URL
            places.append(ModelPlace(name, base_url, stage.model, stage.api_key))
    return places


async def model_offers(places: Sequence[ModelPlace]) -> list[Offer]:
    """Ask all places at the same time; the answers are in their order. Never raises."""
    return list(await asyncio.gather(*(model_offer(place) for place in places)))


async def model_offer(place: ModelPlace) -> Offer:
    """Ask one place which models it has. Never raises; the key is in nothing that is returned."""
    key = place.key.get_secret_value() if place.key is not None else None
    try:
        names = await list_models(
            place.base_url, key, key_header=place.key_header, more_headers=place.headers
        )
    except ConnectError as error:
        return Offer(place, (), str(error), _mend(error, place))
    return Offer(place, tuple(names))


def no_place() -> SettingsError:
    """Return the error for settings that name no place to ask."""
    return SettingsError(
        "there is nothing to ask: the built-in engines have no list of models; give --url, or set "
        "endpoint.url, brain.base_url, stt.base_url or tts.base_url"
    )


def _brain_place(settings: Settings) -> ModelPlace:
    brain = settings.brain
    base_url = brain.base_url or OPENAI_BASE_URL
    if brain.kind != "anthropic":
        return ModelPlace("brain", base_url, brain.model, brain.api_key)
    parts = urlsplit(base_url)
    if not parts.path.rstrip("/").endswith("/v1"):
        base_url = f"{base_url.rstrip('/')}/v1"
    is_own = (parts.hostname or "").endswith("anthropic.com")
    takes_bearer = brain.auth == "bearer" or (brain.auth == "auto" and not is_own)
    return ModelPlace(
        "brain",
        base_url,
        brain.model,
        brain.api_key,
        "Authorization" if takes_bearer else "x-api-key",
        {"anthropic-version": ANTHROPIC_VERSION},
    )


def _mend(error: ConnectError, place: ModelPlace) -> str:
    match error.status:
        case None:
            return f"check {place.name}.{_address_key(place)}, and the network"
        case 404 | 405:
            return "it may have no list of models; that is not needed to talk"
        case status:
            cause, _ = refusal(status, "", stage=place.name, model=place.wanted or "")
            return cause.partition("; ")[2] or "see the message"


def _address_key(place: ModelPlace) -> str:
    return "url" if place.name == "endpoint" else "base_url"
