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
        self._held_bytes: BoundedDict[tuple[str, int], int] = BoundedDict(MAX_PARTS)
        self._is_paused = False

    def start(self, on_drained: Callable[[], None]) -> None:
        """Remember whom to tell."""
        self._on_drained = on_drained

    def play(self, item_id: str, content_index: int, pcm: bytes) -> None:
        """Count the samples as heard; say so in the loop's next round."""
        part = (item_id, content_index)
        counts = self._held_bytes if self._is_paused else self._heard_bytes
        counts[part] = counts.get(part, 0) + len(pcm)
        self._current.setdefault(part)
        self._drain_soon()

    def pause(self) -> None:
        """Count nothing as heard until ``resume``."""
        self._is_paused = True

    def resume(self) -> None:
        """Count what was played meanwhile as heard."""
        if not self._is_paused:
            return
        self._is_paused = False
        for part, count in self._held_bytes.items():
            self._heard_bytes[part] = self._heard_bytes.get(part, 0) + count
        self._held_bytes.clear()
        if self._current:
            self._drain_soon()

    def flush(self) -> Sequence[HeardPart]:
        """Report everything as heard but what was played during a pause, and end the pause."""
        report = self.heard()
        self._current.clear()
        self._held_bytes.clear()
        self._is_paused = False
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

    def _drain_soon(self) -> None:
        if not self._is_due and not self._is_paused:
            self._is_due = True
            asyncio.get_running_loop().call_soon(self._drain)

    def _drain(self) -> None:
        self._is_due = False
        if self._is_paused:
            return
        self._current.clear()
        if self._on_drained is not None:
            self._on_drained()
