"""The endpoints of one conversation, best first, and what was learned of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from voice.protocol.capabilities import Capabilities
from voice.protocol.dialects import Dialect
from voice.protocol.session_config import SessionConfig


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint as the core sees it: a name for people, and what it can do.

    ``config`` is the session to ask it for; it may be partial. ``asks_beta`` says that its
    handshake asks for the beta dialect. ``notice`` is announced where the conversation goes on here
    because a better endpoint is gone; empty for nothing.
    """

    name: str
    capabilities: Capabilities
    config: SessionConfig
    asks_beta: bool = False
    notice: str = ""


class Routes:
    """Which endpoint is in use, which are out of the question, and how each is to be spoken to."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._routes = tuple(routes)
        self._closed: set[int] = set()
        self._barred: frozenset[int] = frozenset()
        self._dialects: dict[int, Dialect] = {}
        self.current = 0
        """Index of the endpoint that is used, or tried."""

    @property
    def route(self) -> Route:
        """The endpoint that is used, or tried."""
        return self._routes[self.current]

    @property
    def all(self) -> tuple[Route, ...]:
        """Every endpoint, best first."""
        return self._routes

    def replace(self, index: int, route: Route) -> None:
        """Have another description of an endpoint from now on."""
        self._routes = (*self._routes[:index], route, *self._routes[index + 1 :])

    def at(self, index: int) -> Route:
        """Return one endpoint."""
        return self._routes[index]

    def dialect(self, index: int) -> Dialect | None:
        """Return the dialect that an endpoint turned out to want; None where nothing is known."""
        return self._dialects.get(index)

    def turn_dialect(self, index: int) -> bool:
        """Use the other dialect at an endpoint; return False where that was done before."""
        if index in self._dialects:
            return False
        asks_beta = self._routes[index].asks_beta
        self._dialects[index] = Dialect.GA if asks_beta else Dialect.BETA
        return True

    def close(self, index: int) -> None:
        """Never try an endpoint again."""
        self._closed.add(index)

    def bar(self, endpoints: frozenset[int]) -> None:
        """Use these no more, and those again that were barred before."""
        self._barred = endpoints

    @property
    def is_barred(self) -> bool:
        """Whether the current endpoint must not be used."""
        return self.current in self._barred

    def is_barred_at(self, index: int) -> bool:
        """Return whether an endpoint must not be used for what it costs."""
        return index in self._barred

    def is_closed(self, index: int) -> bool:
        """Return whether an endpoint is not to be tried: never again, or for now."""
        return index in self._closed or index in self._barred

    def next(self) -> int | None:
        """Return the endpoint to try after the current one, round the list; None for no other."""
        count = len(self._routes)
        for step in range(1, count):
            index = (self.current + step) % count
            if not self.is_closed(index):
                return index
        return None

    def better(self) -> int | None:
        """Return the best endpoint that is better than the current one; None for none."""
        return next((i for i in range(self.current) if not self.is_closed(i)), None)
