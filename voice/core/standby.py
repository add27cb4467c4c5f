"""The second connection: opened and loaded while the first still talks, to take over from it.

Two things want one: a session that nears its longest duration, and a better endpoint that may be
back. The machine is the first connection's own, ``Link``, with the loading of the history after it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from voice.core.link import Link
from voice.core.restore import SETTLE_LIMIT_MS, History
from voice.protocol.dialects import Dialect
from voice.protocol.session_config import SessionConfig

RENEW_AT = 0.90
"""Part of the session's longest duration after which a second one is opened."""

FORCE_AT = 0.98
"""Part after which it takes over even in the middle of a sentence."""

MIN_LIFE_MS = 1_000
MAX_LIFE_MS = 24 * 3_600_000
"""An expiry outside of this is an endpoint's odd idea of time."""

RENEW_AGAIN_MS, MAX_RENEW_AGAIN_MS = 2_000, 30_000
"""Wait before a second try to renew; doubled for each further one, up to the second figure."""

PROBE_MS = (15_000, 30_000, 60_000, 120_000)
"""Waits before each look whether a better endpoint is back; the last one stays."""


class Purpose(Enum):
    """Why a second connection is wanted."""

    RENEW = "the session would soon expire"
    RETURN = "a better endpoint may be back"


@dataclass(slots=True)
class Standby:
    """One second connection, from the dial to the take-over."""

    purpose: Purpose
    endpoint: int
    config: SessionConfig
    history: History
    link: Link = field(default_factory=Link)
    effective: SessionConfig | None = None
    dialect: Dialect = Dialect.GA
    update_event_id: str = ""
    unix_s: int = 0
    expires_at: int | None = None
    loaded_at_ms: int = 0

    def is_loaded(self, now_ms: int) -> bool:
        """Return whether it can take over: configured, and the history is there."""
        if not self.link.is_ready:
            return False
        return self.history.is_settled or now_ms >= self.loaded_at_ms + SETTLE_LIMIT_MS

    @property
    def deadline_ms(self) -> int | None:
        """When something is due: of the link, or the end of the wait for the history."""
        if self.link.is_ready and not self.history.is_settled:
            return self.loaded_at_ms + SETTLE_LIMIT_MS
        return self.link.deadline_ms


def life_ms(limit_s: int | None, expires_at: int | None, unix_s: int) -> int | None:
    """Return how long a session lives, by its endpoint's rule and its own word; None for ever."""
    lives = [] if limit_s is None else [limit_s * 1_000]
    if expires_at is not None and unix_s:
        left_ms = (expires_at - unix_s) * 1_000
        if MIN_LIFE_MS <= left_ms <= MAX_LIFE_MS:
            lives.append(left_ms)
    return min(lives, default=None)
