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
from voice.protocol.capabilities import (
    AZURE_CAPABILITIES,
    AZURE_PREVIEW_CAPABILITIES,
    GATEWAY_CAPABILITIES,
    KNOWN_GATEWAYS,
    LOCAL_CAPABILITIES,
    OPENAI_CAPABILITIES,
    Capabilities,
)
from voice.protocol.dialects import Dialect
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

AZURE_PREVIEW_VERSION: Final = "2025-04-01-preview"

_SECRET_PARAMETERS: Final = re.compile(r"key|token|secret|passw|auth|sig|credential", re.I)
_AZURE_DOMAINS: Final = ("openai.azure.com", "cognitiveservices.azure.com", "services.ai.azure.com")


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
    beta_header: bool = False
    query: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    @classmethod
    def openai(cls, *, model: str | None = None) -> "Endpoint":
        """Build OpenAI's own GA endpoint."""
        return cls(
            kind=EndpointKind.OPENAI,
            name="OpenAI",
            base_url="wss://api.openai.com/v1/realtime",
            dialect=Dialect.GA,
            capabilities=OPENAI_CAPABILITIES,
            model=model,
            model_required=True,
        )

    @classmethod
    def azure(cls, host: str, *, model: str | None = None, preview: bool = False) -> "Endpoint":
        """Build an Azure OpenAI resource's endpoint; ``model`` is the deployment's name.

        ``host`` may be a whole URL of the resource. ``preview`` chooses the older path, which
        speaks BETA. Raises SettingsError for a host that is none.
        """
        host = read_url(host).netloc
        if preview:
            return cls(
                kind=EndpointKind.AZURE,
                name="Azure preview",
                base_url=f"wss://{host}/openai/realtime",
                dialect=Dialect.BETA,
                capabilities=AZURE_PREVIEW_CAPABILITIES,
                model=model,
                model_parameter="deployment",
                model_required=True,
                key_header="api-key",
                query=(("api-version", AZURE_PREVIEW_VERSION),),
            )
        return cls(
            kind=EndpointKind.AZURE,
            name="Azure",
            base_url=f"wss://{host}/openai/v1/realtime",
            dialect=Dialect.GA,
            capabilities=AZURE_CAPABILITIES,
            model=model,
            model_required=True,
            key_header="api-key",
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
        known = next((k for k in KNOWN_GATEWAYS if typed.is_at(k.host_suffix)), None)
        if dialect is None and known is not None:
            dialect = known.dialect
        return cls(
            kind=EndpointKind.GATEWAY,
            name=known.name if known else typed.netloc,
            base_url=typed.realtime_url(),
            dialect=dialect,
            capabilities=known.capabilities if known else GATEWAY_CAPABILITIES,
            model=model or typed.model,
            model_parameter=None if typed.only_transcribes else "model",
            beta_header=dialect is Dialect.BETA if beta_header is None else beta_header,
            query=typed.query,
        )

    @classmethod
    def local(cls, url: str, *, model: str | None = None) -> "Endpoint":
        """Build the endpoint of our own server at ``url``."""
        return replace(
            cls.gateway(url, model=model, dialect=Dialect.GA),
            kind=EndpointKind.LOCAL,
            name="local",
            capabilities=LOCAL_CAPABILITIES,
        )

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
            headers["Authorization"] = f"Bearer {key}"
        else:
            headers[self.key_header] = key
        return headers

    def with_dialect(self, dialect: Dialect) -> "Endpoint":
        """Return the endpoint with the dialect that ``session.created`` showed."""
        capabilities = self.capabilities
        if dialect is Dialect.BETA:
            capabilities = replace(capabilities, emits_item_done=False)
        return replace(self, dialect=dialect, capabilities=capabilities)


def resolve(
    url: str,
    *,
    model: str | None = None,
    dialect: Dialect | None = None,
    beta_header: bool | None = None,
) -> Endpoint:
    """Make an Endpoint of what a person typed: a full URL, a base URL, ``host:port``, ``openai``.

    A loopback host is taken for our own server, whose dialect is still looked at. Raises
    SettingsError with one clear sentence for anything that is no URL of a realtime endpoint.
    """
    if url.strip().lower() == "openai":
        return Endpoint.openai(model=model)
    typed = read_url(url)
    endpoint = _known_place(typed, model=model or typed.model)
    if endpoint is None:
        endpoint = Endpoint.gateway(url, model=model, dialect=dialect, beta_header=beta_header)
        if is_loopback(typed.host):
            name = f"local server at {typed.netloc}"
            endpoint = replace(
                endpoint, kind=EndpointKind.LOCAL, name=name, capabilities=LOCAL_CAPABILITIES
            )
    if dialect is not None:
        endpoint = endpoint.with_dialect(dialect)
    if beta_header is not None:
        endpoint = replace(endpoint, beta_header=beta_header)
    return endpoint


def _known_place(typed: TypedUrl, *, model: str | None) -> Endpoint | None:
    """Return OpenAI's or Azure's endpoint where the host is theirs; both only answer on wss."""
    if typed.is_at("api.openai.com"):
        endpoint = replace(Endpoint.openai(model=model), query=typed.query)
        if typed.only_transcribes:
            return replace(endpoint, model_parameter=None, model_required=False)
        return endpoint
    if any(typed.is_at(domain) for domain in _AZURE_DOMAINS) and "voice-live" not in typed.path:
        preview = typed.path == "/openai/realtime"
        endpoint = Endpoint.azure(typed.netloc, model=model, preview=preview)
        return replace(endpoint, query=typed.query or endpoint.query)
    return None
