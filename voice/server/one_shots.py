"""One-shot requests to the engines, so limited that conversations never notice them.

At most ``ONE_SHOTS`` requests are in hand, and each engine works on one piece for them at a time:
its other threads stay free for sessions, which go before in the engines' own lines as well.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from voice.server.limits import ONE_SHOTS


class OneShotsFullError(Exception):
    """As many one-shot requests are in hand as there may be."""


class OneShots:
    """Counts the one-shot requests of one server and gives them their turns at the engines."""

    def __init__(self) -> None:
        """Start with none."""
        self.in_hand = 0
        self.recogniser = asyncio.Lock()
        """Held while the recogniser works on one stretch."""
        self.synthesiser = asyncio.Lock()
        """Held while the synthesiser makes one chunk."""

    @contextmanager
    def admitted(self) -> Iterator[None]:
        """Count one request for the length of the block. Raises OneShotsFullError."""
        if self.in_hand >= ONE_SHOTS:
            raise OneShotsFullError(f"{ONE_SHOTS} one-shot requests are in hand already")
        self.in_hand += 1
        try:
            yield
        finally:
            self.in_hand -= 1
