"""Where to connect: URL, headers, dialect and capabilities of an endpoint.

``resolve`` makes an Endpoint of whatever a person types. Keys travel in headers only. A URL that
came with a key in its query keeps it, since some servers insist, but no message, repr or
``safe_url`` ever shows it.
"""

import re
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Final
from urllib.parse import urlencode, urlsplit

from voice.errors import SettingsError
from voice.protocol.capabilities import GATEWAY_CAPABILITIES, Capabilities
from voice.protocol.dialects import Dialect
from voice.protocol.hosted_places import (
    AZURE,
    AZURE_DOMAINS,
    AZURE_PREVIEW,
    AZURE_PREVIEW_VERSION,
    AZURE_VOICE_LIVE,
    OPENAI,
)
from voice.protocol.known_place import KnownPlace
from voice.protocol.known_places import KNOWN_PLACES, PRESETS
from voice.protocol.self_hosted_places import OWN
from voice.protocol.tool_examples import EXAMPLES_KEY, strip_examples
from voice.protocol.typed_url import TypedUrl, is_loopback, is_private, read_url

__all__ = [
    "AZURE_PREVIEW_VERSION",
    "EXAMPLES_KEY",
    "Capabilities",
    "Endpoint",
    "EndpointKind",
    "resolve",
    "strip_examples",
]

_SECRET_PARAMETERS: Final = re.compile(r"key|token|secret|passw|auth|sig|credential", re.I)


class EndpointKind(Enum):
    """Who is on the other side; for messages and metrics, never for decisions."""

    OPENAI = "openai"
    AZURE = "azure"
    GATEWAY = "gateway"
    LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A place that speaks the protocol; ``dialect`` None means: see ``session.created``.

    ``base_url`` has neither query nor model. ``model`` is what the given URL named, or what the
    caller chose.
    """

    kind: EndpointKind
    name: str
    base_url: str
    dialect: Dialect | None
    capabilities: Capabilities
    model: str | None = None
    model_parameter: str | None = "model"
    model_required: bool = False
    key_header: str = "Authorization"
    key_scheme: str = "Bearer"
    beta_header: bool = False
    query: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    @classmethod
    def openai(cls, *, model: str | None = None) -> "Endpoint":
        """Build OpenAI's own GA endpoint."""
        return cls.known(OPENAI, model=model)

    @classmethod
    def azure(cls, host: str, *, model: str | None = None, preview: bool = False) -> "Endpoint":
        """Build an Azure OpenAI resource's endpoint; ``model`` is the deployment's name.

        ``host`` may be a whole URL of the resource. ``preview`` chooses the older path, which
        speaks BETA. Raises SettingsError for a host that is none.
        """
        typed = replace(read_url(host), scheme="wss", path="", query=())
        return cls.known(AZURE_PREVIEW if preview else AZURE, typed, model=model)

    @classmethod
    def known(
        cls, place: KnownPlace, typed: TypedUrl | None = None, *, model: str | None = None
    ) -> "Endpoint":
        """Build the endpoint of a known place; ``typed`` is the URL where a person gave one.

        Raises SettingsError for a place without an address of its own where none is given.
        """
        if typed is None and not place.has_address:
            raise SettingsError(f"{place.name} needs a URL such as {place.url}")
        typed = typed or read_url(place.url)
        query = dict(typed.query)
        # What a person typed goes before what the place always wants.
        fixed = tuple(entry for entry in place.query if entry[0] not in query)
        no_model = typed.only_transcribes
        return cls(
            kind=_KINDS.get(place.preset, EndpointKind.GATEWAY),
            name=place.name,
            base_url=typed.realtime_url(place.path),
            dialect=place.dialect,
            capabilities=place.capabilities,
            model=model or typed.model,
            model_parameter=None if no_model else place.model_parameter,
            model_required=place.model_required and not no_model,
            key_header=place.key_header,
            key_scheme=place.key_scheme,
            beta_header=place.beta_header,
            query=(*typed.query, *fixed),
        )

    @classmethod
    def gateway(
        cls,
        url: str,
        *,
        model: str | None = None,
        dialect: Dialect | None = None,
        beta_header: bool | None = None,
    ) -> "Endpoint":
        """Build a gateway's endpoint from its base URL or its full one.

        ``beta_header`` None sends ``OpenAI-Beta`` only where ``dialect`` says BETA: OpenAI itself
        closes a connection that carries it.
        """
        typed = read_url(url)
        return cls(
            kind=EndpointKind.GATEWAY,
            name=typed.netloc,
            base_url=typed.realtime_url(),
            dialect=dialect,
            capabilities=GATEWAY_CAPABILITIES,
            model=model or typed.model,
            model_parameter=None if typed.only_transcribes else "model",
            beta_header=dialect is Dialect.BETA if beta_header is None else beta_header,
            query=typed.query,
        )

    @classmethod
    def local(cls, url: str, *, model: str | None = None) -> "Endpoint":
        """Build the endpoint of our own server at ``url``, a process of this machine."""
        known = cls.known(OWN, read_url(url), model=model)
        capabilities = replace(known.capabilities, crosses_network=False)
        return replace(known, name="local", dialect=Dialect.GA, capabilities=capabilities)

    @property
    def safe_url(self) -> str:
        """The URL for messages and logs: values of secret-looking parameters are masked."""
        shown = [(k, "***" if _SECRET_PARAMETERS.search(k) else v) for k, v in self.query]
        return f"{self.base_url}?{urlencode(shown, safe='*')}" if shown else self.base_url

    @property
    def is_plaintext(self) -> bool:
        """Whether a key would cross a public network unencrypted."""
        parts = urlsplit(self.base_url)
        return parts.scheme == "ws" and not is_private(parts.hostname or "")

    def url(self, model: str | None = None) -> str:
        """Return the URL to connect to; ``model`` replaces the endpoint's own.

        Raises SettingsError where the endpoint needs a model and has none.
        """
        model = model or self.model
        query = list(self.query)
        if self.model_parameter is not None:
            if model:
                query.insert(0, (self.model_parameter, model))
            elif self.model_required:
                raise SettingsError(
                    f"{self.name} needs a model: set one, or add ?model= to the URL"
                )
        return f"{self.base_url}?{urlencode(query)}" if query else self.base_url

    def headers(self, key: str | None) -> dict[str, str]:
        """Return the headers of the handshake; no key, no authorisation.

        Raises SettingsError for a key that no header can carry; the message does not show it.
        """
        headers = {"OpenAI-Beta": "realtime=v1"} if self.beta_header else {}
        key = key.strip() if key else None
        if not key:
            return headers
        if not (key.isascii() and key.isprintable()) or " " in key:
            raise SettingsError("the key has spaces or characters that no key has: copy it again")
        # An Entra token, which Azure takes as a bearer, is a JSON web token.
        if self.key_header == "Authorization" or key.startswith("eyJ"):
            # A token is always a bearer; a key is what the place calls it.
            scheme = "Bearer" if key.startswith("eyJ") else self.key_scheme
            headers["Authorization"] = f"{scheme} {key}"
        else:
            headers[self.key_header] = key
        return headers


_KINDS: Final = {
    OPENAI.preset: EndpointKind.OPENAI,
    AZURE.preset: EndpointKind.AZURE,
    AZURE_PREVIEW.preset: EndpointKind.AZURE,
    AZURE_VOICE_LIVE.preset: EndpointKind.AZURE,
    OWN.preset: EndpointKind.LOCAL,
}


def resolve(
    url: str,
    *,
    model: str | None = None,
    dialect: Dialect | None = None,
    beta_header: bool | None = None,
    preset: str | None = None,
) -> Endpoint:
    """Make an Endpoint of what a person typed: a full URL, a base URL, ``host:port``, ``openai``.

    The name of a known place stands for its URL; ``preset`` says what kind of server answers at
    another one. A loopback host is else taken for our own server, whose dialect is still looked
    at. Raises SettingsError with one clear sentence for anything that is no URL of a realtime
    endpoint.
    """
    endpoint = _resolve(url.strip(), model=model, preset=preset)
    if dialect is not None:
        # Azure and the like have ways of their own to say it; a relay wants the header.
        says_beta = endpoint.kind is EndpointKind.GATEWAY and endpoint.dialect is None
        endpoint = replace(endpoint, dialect=dialect)
        if says_beta:
            endpoint = replace(endpoint, beta_header=dialect is Dialect.BETA)
    if beta_header is not None:
        endpoint = replace(endpoint, beta_header=beta_header)
    return endpoint


def _resolve(url: str, *, model: str | None, preset: str | None) -> Endpoint:
    if preset is not None and preset not in PRESETS:
        raise SettingsError(
            f"expected an endpoint preset of {', '.join(sorted(PRESETS))}, got {preset!r}"
        )
    named = PRESETS.get(url.lower())
    if named is not None:
        return Endpoint.known(named, model=model)
    typed = read_url(url)
    place = PRESETS[preset] if preset is not None else _place_of(typed)
    if place is None:
        return Endpoint.gateway(url, model=model)
    if place is OPENAI or place.hosts is AZURE_DOMAINS:
        if any(typed.is_at(host) for host in place.hosts):
            # Both answer on TLS and at one path only, whatever was typed.
            typed = replace(typed, scheme="wss", path="")
    endpoint = Endpoint.known(place, typed, model=model)
    if place is OWN:
        return replace(endpoint, name=f"local server at {typed.netloc}")
    return endpoint


def _place_of(typed: TypedUrl) -> KnownPlace | None:
    """Return the place that a host is known for; a loopback host is our own server."""
    if any(typed.is_at(domain) for domain in AZURE_DOMAINS):
        if "voice-live" in typed.path.split("/"):
            return AZURE_VOICE_LIVE
        return AZURE_PREVIEW if typed.path == AZURE_PREVIEW.path else AZURE
    for place in KNOWN_PLACES:
        if any(typed.is_at(host) for host in place.hosts):
            return place
    return OWN if is_loopback(typed.host) else None
