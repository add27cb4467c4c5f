"""The second connection: opened and loaded while the first still talks, to take over from it.

When one is wanted is in ``standby_plan``. The machine is the first connection's own, ``Link``, with
the loading of the history after it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from voice.core.link import Link
from voice.core.restore import SETTLE_LIMIT_MS, History
from voice.core.standby_plan import Purpose
from voice.protocol.dialects import Dialect
from voice.protocol.session_config import SessionConfig


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
