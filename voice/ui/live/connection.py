"""What the live view says of the connection: where it leads, since when, and why it is so."""

from __future__ import annotations

from voice.core.updates import (
    ConnectionLost,
    Ended,
    EndpointChanged,
    Reconnected,
    SessionRenewed,
    Update,
)
from voice.ui.live.entries import clean


class ConnectionFacts:
    """The connection's present state; ``why`` is what led to it, empty for the first."""

    def __init__(self, endpoint: str, now_s: float) -> None:
        self.endpoint = endpoint
        self.since_s = now_s
        self.why = ""
        self.is_up = True
        self._retry_at_s = now_s
        self._attempt = 0

    @property
    def state(self) -> str:
        """One word for it."""
        return "connected" if self.is_up else "lost"

    def take(self, update: Update, now_s: float) -> bool:
        """Take in an update; returns whether it was about the connection."""
        match update:
            case ConnectionLost():
                self.is_up, self.why = False, clean(update.reason)
                self._retry_at_s = now_s + update.retry_in_ms / 1_000
                self._attempt = update.attempt
            case Reconnected():
                partly = "" if update.restored == "full" else f", {update.skipped} items missing"
                self._up(f"found again{partly}", now_s)
            case SessionRenewed():
                self._up("renewed before the session expired", now_s)
            case EndpointChanged():
                self.endpoint = clean(update.name)
                why = f"left the other: {clean(update.reason)}" if update.reason else "it is back"
                self.why = why
            case Ended():
                self.is_up, self.why = False, f"ended: {update.kind.value}"
                self._attempt = 0
            case _:
                return False
        return True

    def line(self, now_s: float) -> str:
        """Return where it leads, or when the next try is."""
        if self.is_up:
            return self.endpoint
        if not self._attempt:
            return f"{self.endpoint}, closed"
        wait_s = max(0.0, self._retry_at_s - now_s)
        when = f"in {wait_s:.0f} s" if wait_s >= 1 else "now"
        return f"lost; try {self._attempt} {when}"

    def why_line(self, now_s: float) -> str:
        """Return why it is so and since when; empty for the first connection."""
        if self.why and self.is_up:
            return f"{self.why}, {duration(now_s - self.since_s)} ago"
        return self.why

    def _up(self, why: str, now_s: float) -> None:
        self.is_up, self.why, self.since_s, self._attempt = True, why, now_s, 0


def duration(seconds: float) -> str:
    """Return a length of time as people write it: ``0:42``, ``1:05:00``."""
    whole = max(0, int(seconds))
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
