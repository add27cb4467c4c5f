"""What the server counts about itself: plain numbers, cheap enough for every frame.

They hold no content: kinds, codes, sizes and times alone. ``metrics_page`` writes them out.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from voice.core import server_messages as msg

STAGE_BOUNDS_S: Final = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)
LAG_BOUNDS_S: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)

LAG_EVERY_S = 0.25

MAX_LABELS = 64
"""Values of one label that are kept apart; later ones count as ``other``."""


class Histogram:
    """How often a duration fell below each of some bounds."""

    def __init__(self, bounds_s: tuple[float, ...]) -> None:
        """Start empty; bounds are upper ones, rising, in seconds."""
        self.bounds_s = bounds_s
        self.counts = [0] * (len(bounds_s) + 1)
        """Durations between each bound and the one before; the last counts what is longer."""
        self.sum_s = 0.0

    def observe(self, duration_s: float) -> None:
        """Count one duration."""
        self.counts[bisect_left(self.bounds_s, duration_s)] += 1
        self.sum_s += duration_s

    def cumulative(self) -> list[tuple[str, float]]:
        """Return each bound as text with how many fell at or below it, "+Inf" last."""
        total, rows = 0, []
        names = [*(f"{bound:g}" for bound in self.bounds_s), "+Inf"]
        for name, count in zip(names, self.counts, strict=True):
            total += count
            rows.append((name, float(total)))
        return rows


class Meters:
    """The counts of one server, from its start; used from its event loop only."""

    def __init__(self) -> None:
        """Start at nothing."""
        self.sessions = 0
        self.refusals: Counter[str] = Counter()
        self.turns = 0
        self.responses: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        self.audio_in_s = 0.0
        self.audio_out_s = 0.0
        self.bytes_in = 0
        self.bytes_out = 0
        self.stages = {
            stage: Histogram(STAGE_BOUNDS_S)
            for stage in ("transcript", "first_token", "first_audio")
        }
        self.loop_lag = Histogram(LAG_BOUNDS_S)
        self.one_shots: Counter[str] = Counter()

    def measured(self, turn: msg.TurnMeasured) -> None:
        """Count how long a stage of a turn took since the user's last word."""
        self.stages[turn.stage].observe(turn.since_ms / 1_000)

    def refused(self, code: str) -> None:
        """Count a handshake that was turned away."""
        _count(self.refusals, code)

    def failed(self, code: str) -> None:
        """Count an ``error`` event."""
        _count(self.errors, code)

    @asynccontextmanager
    async def watching_loop(self) -> AsyncIterator[None]:
        """Measure how late the event loop is for the length of the block."""
        watch = asyncio.create_task(self._watch_loop())
        try:
            yield
        finally:
            watch.cancel()
            await asyncio.wait({watch})

    async def _watch_loop(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due_s = loop.time() + LAG_EVERY_S
            await asyncio.sleep(LAG_EVERY_S)
            self.loop_lag.observe(max(0.0, loop.time() - due_s))


def _count(counter: Counter[str], label: str) -> None:
    # Labels come from our own code, but a bound costs nothing and a bug would cost memory.
    counter[label if label in counter or len(counter) < MAX_LABELS else "other"] += 1
