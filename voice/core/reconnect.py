"""When to try again: back-off with full jitter, and a slow circuit after many tries.

The tries of one conversation form a streak, which ends only once a connection has held for a while:
an endpoint that accepts and drops every two seconds is not up (FAULTS N25).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from voice.core.link import back_off_ms

STABLE_MS = 10_000
"""A connection that held for this long ends the streak."""

BUSY_MS = 5_000
"""Wait at least half of this where an endpoint is busy and does not say for how long."""

MAX_RETRY_AFTER_MS = 600_000
"""What an endpoint asks us to wait is believed up to here."""


@dataclass(frozen=True, slots=True)
class Persistence:
    """How long a conversation tries to get its connection back.

    The defaults never give up: after ``quick_attempts`` of one streak there is one each
    ``slow_ms`` or a little more, which makes at most 60 in any ten minutes. ``give_up_after_ms`` 0
    never tries again. ``at_start`` also tries again where there has not been a session yet; else
    the first failure ends it, since the person is there to mend it.

    After ``switch_after_ms`` without a connection, or so many failures of one endpoint, the next
    endpoint of the list is tried.
    """

    give_up_after_ms: int | None = None
    quick_attempts: int = 20
    slow_ms: int = 15_000
    at_start: bool = False
    switch_after_ms: int = 4_000
    switch_after_failures: int = 3


class Attempts:
    """The tries to connect: those of this streak, and since when there is no connection."""

    def __init__(self, rules: Persistence, jitter: Callable[[], float]) -> None:
        self._rules = rules
        self._jitter = jitter
        self._up_since_ms: int | None = None
        self.count = 0
        """Tries of this streak."""
        self.failures = 0
        """Failures in a row at the endpoint that is being tried."""
        self._dialled_at_ms: int | None = None
        self._tried_for_ms = 0
        self.lost_at_ms: int | None = None
        """When the conversation last had a connection; None while it has one."""

    def began(self, now_ms: int) -> None:
        """Note that a try begins."""
        self._dialled_at_ms = now_ms

    def succeeded(self, now_ms: int) -> None:
        """Note that the conversation is connected."""
        self._up_since_ms = now_ms
        self._dialled_at_ms = None
        self.lost_at_ms = None
        self.failures = 0

    def failed(self, now_ms: int) -> None:
        """Note that the connection is lost, or that a try failed."""
        if self._up_since_ms is not None and now_ms - self._up_since_ms >= STABLE_MS:
            self.count = 0
        self._up_since_ms = None
        if self.lost_at_ms is None:
            self.lost_at_ms = now_ms
        self.count += 1
        self.failures += 1
        dialled_at_ms, self._dialled_at_ms = self._dialled_at_ms, None
        self._tried_for_ms = 0 if dialled_at_ms is None else now_ms - dialled_at_ms

    def switched(self) -> None:
        """Note that another endpoint is tried from now on."""
        self.failures = 0

    def is_hopeless(self, now_ms: int) -> bool:
        """Return whether it was tried for as long as it shall be."""
        limit_ms = self._rules.give_up_after_ms
        return limit_ms is not None and self._lost_for_ms(now_ms) >= limit_ms

    def should_switch(self, now_ms: int) -> bool:
        """Return whether it is time for the next endpoint of the list."""
        is_long = self._lost_for_ms(now_ms) >= self._rules.switch_after_ms
        return is_long or self.failures >= self._rules.switch_after_failures

    def _lost_for_ms(self, now_ms: int) -> int:
        return 0 if self.lost_at_ms is None else now_ms - self.lost_at_ms

    def wait_ms(self, *, is_busy: bool = False, retry_after_ms: int = 0) -> int:
        """Return how long to wait before the next try; the first of a streak comes at once.

        What the last try took counts: one that hung for seconds has waited already.
        """
        wait_ms = max(0, back_off_ms(self.count - 1, self._jitter()) - self._tried_for_ms)
        if is_busy and not retry_after_ms:
            wait_ms = max(wait_ms, int(BUSY_MS * (0.5 + self._jitter() / 2)))
        wait_ms = max(wait_ms, min(retry_after_ms, MAX_RETRY_AFTER_MS))
        if self.count > self._rules.quick_attempts:
            slow_ms = self._rules.slow_ms
            wait_ms = max(wait_ms, slow_ms + int(slow_ms * self._jitter() / 5))
        return wait_ms
