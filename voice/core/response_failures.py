"""What to do when responses fail: ask again, ask later, in a new session, or not for a while.

A response can fail by a fault of the endpoint that the next try does not meet, or one that stays
with the session (FAULTS §2.3). What no try can mend is in ``verdicts``.
"""

from __future__ import annotations

from collections import deque
from enum import Enum

from voice.core.verdicts import Rule, Verdict

ASK_AGAIN_MS = 500
"""Wait after a first fault of the endpoint."""

BUSY_MS = 3_000
"""Wait where the rate limit was reached."""

MAX_IN_A_ROW = 5
FAILURES_WINDOW_MS = 60_000
"""So many failures within the window, and nothing is asked for a while."""

PAUSE_MS = 30_000


class Remedy(Enum):
    """What to do about one failure."""

    ASK_AGAIN = "ask again after a short wait"
    ASK_LATER = "ask again when the endpoint is less busy"
    REBUILD = "begin a new session and ask there"
    PAUSE = "ask nothing for a while"
    NONE = "another try cannot help, or nobody knows"


class ResponseFailures:
    """The failures of one conversation's responses."""

    def __init__(self) -> None:
        self._recent: deque[int] = deque(maxlen=MAX_IN_A_ROW)
        self._in_a_row = 0
        self.paused_until_ms = 0

    def succeeded(self) -> None:
        """Note a response that completed."""
        self._in_a_row = 0

    def failed(self, rule: Rule | None, now_ms: int) -> Remedy:
        """Note a failure and return what to do; ``rule`` None is for one without a known code."""
        self._recent.append(now_ms)
        self._in_a_row += 1
        is_flood = len(self._recent) == MAX_IN_A_ROW
        if is_flood and now_ms - self._recent[0] <= FAILURES_WINDOW_MS:
            self._recent.clear()
            self._in_a_row = 0
            self.paused_until_ms = now_ms + PAUSE_MS
            return Remedy.PAUSE
        if rule is None:
            return Remedy.NONE
        if rule.verdict is Verdict.LATER:
            return Remedy.ASK_LATER
        if rule.verdict is not Verdict.RETRY:
            return Remedy.NONE
        return Remedy.ASK_AGAIN if self._in_a_row % 2 else Remedy.REBUILD
