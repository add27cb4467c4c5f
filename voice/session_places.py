"""Where a session can be held, as the settings want it: the endpoints in their order."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Self

from pydantic import SecretStr

from voice.child import Child, running_child
from voice.child_main import MODULE as SERVER_MODULE
from voice.child_main import server_orders
from voice.client.place import Place, Start
from voice.core.reconnect import Persistence
from voice.protocol.endpoints import Endpoint
from voice.session_setup import (
    configured_endpoint,
    fallback_endpoints,
    fallback_notice,
    session_config,
)

if TYPE_CHECKING:
    from voice.settings import Settings

OWN_NAME = "the server on this device"
"""What a person is told that the conversation goes on at."""

TOKEN_BYTES = 32
"""Random bytes of the one-time token of our own server."""


class OwnServer:
    """Our own server in a child process: started when it is needed, and again when it has died.

    An async context manager, whose end is the server's.
    """

    def __init__(self, settings: Settings) -> None:
        self.token = SecretStr(secrets.token_urlsafe(TOKEN_BYTES))
        self._settings = settings
        self._stack = contextlib.AsyncExitStack()
        self._child: Child | None = None
        self._lock = asyncio.Lock()

    async def __aenter__(self) -> Self:
        """Start nothing yet."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the server, if it was ever started."""
        await self._stack.aclose()

    async def start(self) -> tuple[Endpoint, SecretStr | None]:
        """Return where the server is, once it runs. Raises EngineError and SettingsError."""
        async with self._lock:
            if self._child is None or self._child.has_ended:
                await self._stack.aclose()
                orders = server_orders(self._settings, self.token.get_secret_value())
                child = running_child(SERVER_MODULE, orders, name="speech server")
                self._child = await self._stack.enter_async_context(child)
            return Endpoint.local(self._child.ready), self.token


async def first_place(settings: Settings, own: OwnServer) -> Place:
    """Return the endpoint to talk to while all is well; our own server is started for it."""
    if settings.endpoint.url is not None:
        return Place(configured_endpoint(settings), settings.endpoint.api_key)
    endpoint, key = await own.start()
    return Place(endpoint, key, start=own.start)


def further_places(settings: Settings, own: OwnServer) -> list[Place]:
    """Return the endpoints to go to where the first is gone, the better ones first.

    Raises SettingsError for one with which no session could be opened.
    """
    if settings.endpoint.url is None:
        return []
    keys = [wanted.api_key for wanted in settings.endpoint.fallbacks]
    places = [
        _fallback(settings, endpoint, key)
        for endpoint, key in zip(fallback_endpoints(settings), keys, strict=True)
    ]
    if settings.endpoint.fallback == "embedded":
        # Where it listens is known only once it runs.
        later = replace(Endpoint.local("ws://127.0.0.1:1"), name=OWN_NAME)
        places.append(_fallback(settings, later, own.token, own.start))
    return places


def _fallback(
    settings: Settings, endpoint: Endpoint, key: SecretStr | None, start: Start | None = None
) -> Place:
    config, notice = session_config(settings, endpoint), fallback_notice(settings, endpoint)
    return Place(endpoint, key, config, start, notice)


def persistence_of(settings: Settings, patience_s: float | None) -> Persistence:
    """Return how long the settings want a connection tried; ``patience_s`` where they do not say.

    None is for ever.
    """
    wanted = settings.endpoint
    limit_s = patience_s if wanted.give_up_after_s is None else wanted.give_up_after_s
    return Persistence(
        give_up_after_ms=None if limit_s is None else int(limit_s * 1_000),
        at_start=wanted.retry_at_start,
        switch_after_ms=int(wanted.switch_after_s * 1_000),
    )
