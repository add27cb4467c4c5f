"""A speaker for sessions that have none: everything counts as heard at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from voice.audio.ports import RATE_HZ
from voice.core.bounded import BoundedDict
from voice.protocol.playback import HeardPart

BYTES_PER_MS = 2 * RATE_HZ // 1000

MAX_PARTS = 256
"""Parts whose length is remembered."""


class SilentSpeaker:
    """Plays nothing; implements ``voice.audio.ports.Speaker``."""

    def __init__(self) -> None:
        self._on_drained: Callable[[], None] | None = None
        self._is_due = False
        self._heard_bytes: BoundedDict[tuple[str, int], int] = BoundedDict(MAX_PARTS)
        self._current: dict[tuple[str, int], None] = {}

    def start(self, on_drained: Callable[[], None]) -> None:
        """Remember whom to tell."""
        self._on_drained = on_drained

    def play(self, item_id: str, content_index: int, pcm: bytes) -> None:
        """Count the samples as heard; say so in the loop's next round."""
        part = (item_id, content_index)
        self._heard_bytes[part] = self._heard_bytes.get(part, 0) + len(pcm)
        self._current.setdefault(part)
        if not self._is_due:
            self._is_due = True
            asyncio.get_running_loop().call_soon(self._drain)

    def flush(self) -> Sequence[HeardPart]:
        """Report everything as heard."""
        report = self.heard()
        self._current.clear()
        return report

    def heard(self) -> Sequence[HeardPart]:
        """Report everything as heard."""
        return [
            HeardPart(*part, self._heard_bytes.get(part, 0) // BYTES_PER_MS)
            for part in self._current
        ]

    async def close(self) -> None:
        """Forget whom to tell."""
        self._on_drained = None

    def _drain(self) -> None:
        self._is_due = False
        self._current.clear()
        if self._on_drained is not None:
            self._on_drained()
