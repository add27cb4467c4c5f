"""Where a session can be held: an endpoint with its key, and how to have it when it is needed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from pydantic import SecretStr

from voice.core.routes import Route
from voice.protocol.dialects import Dialect
from voice.protocol.endpoints import Endpoint
from voice.protocol.session_config import SessionConfig

Start: TypeAlias = Callable[[], Awaitable[tuple[Endpoint, SecretStr | None]]]
"""Returns an endpoint that is running, and its key; called before every dial. Raises VoiceError."""


@dataclass(frozen=True, slots=True)
class Place:
    """One endpoint of a session's list.

    ``config`` is what to ask of it, None for what the session asks of the first. ``start`` brings
    up an endpoint that runs only when it is needed, such as our own server; ``endpoint`` then
    says what is known of it before. ``notice`` is what the assistant is to tell when the
    conversation goes on here because a better place is gone; empty for nothing.
    """

    endpoint: Endpoint
    api_key: SecretStr | str | None = field(default=None, repr=False)
    config: SessionConfig | None = None
    start: Start | None = None
    notice: str = ""

    @property
    def key(self) -> str | None:
        """The key in clear; for headers, and to be masked."""
        key = self.api_key
        return key.get_secret_value() if isinstance(key, SecretStr) else key

    def route(self, config: SessionConfig) -> Route:
        """Return what the core needs to know; ``config`` where the place has none of its own."""
        endpoint = self.endpoint
        asks_beta = endpoint.beta_header or endpoint.dialect is Dialect.BETA
        wanted = self.config or config
        return Route(endpoint.name, endpoint.capabilities, wanted, asks_beta, self.notice)


def spoken(endpoint: Endpoint, dialect: Dialect | None) -> Endpoint:
    """Return an endpoint whose handshake asks for a dialect; None leaves it as it is.

    Which one the endpoint then speaks shows in its greeting.
    """
    if dialect is None:
        return endpoint
    return replace(endpoint, beta_header=dialect is Dialect.BETA, dialect=None)
