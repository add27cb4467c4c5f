"""The one crossing from the sound card's threads into the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress


class LoopBridge:
    """Hands calls of other threads over to the loop that it was made on."""

    def __init__(self) -> None:
        """Remember the running loop. Raises RuntimeError where none runs."""
        self._loop = asyncio.get_running_loop()

    def call(self, callback: Callable[[], object]) -> None:
        """Have ``callback`` called on the loop; nothing happens where the loop is closed."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(callback)
