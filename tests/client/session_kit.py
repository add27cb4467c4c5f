"""What tests of whole sessions share: a reader of updates, and a tool that counts."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from voice.client.session import Session
from voice.core.updates import (
    Update,
)
from voice.protocol.session_config import (
    FunctionTool,
)

U = TypeVar("U")


class Reader:
    """Reads the updates of a session up to the ones that a test waits for."""

    def __init__(self, session: Session) -> None:
        self._updates = session.updates()

    async def until(self, kind: type[U], count: int = 1) -> U:
        """Return the ``count``-th update of a kind from here."""
        return (await self.until_all(kind, count))[-1]

    async def until_all(self, kind: type[U], count: int) -> list[U]:
        """Return the next ``count`` updates of a kind."""
        found: list[U] = []
        async with asyncio.timeout(5):
            async for update in self._updates:
                if isinstance(update, kind):
                    found.append(update)
                    if len(found) == count:
                        return found
        raise AssertionError(f"the session ended with {len(found)} of {count} {kind.__name__}")

    async def rest(self) -> list[Update]:
        """Return all updates up to the end."""
        async with asyncio.timeout(5):
            return [update async for update in self._updates]


async def rest_of(session: Session) -> list[Update]:
    return await Reader(session).rest()


@dataclass(frozen=True)
class Given:
    output: str
    is_error: bool = False
    speak: bool = True


class Clock:
    """One tool that tells the time of a city, and counts."""

    specs: Sequence[FunctionTool] = (FunctionTool(name="clock", description="Tells the time."),)
    cancellable: frozenset[str] = frozenset()

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []

    async def call(self, name: str, arguments: str, call_id: str | None = None) -> Given:
        self.calls.append((name, arguments))
        return Given(f"noon {len(self.calls)}")
