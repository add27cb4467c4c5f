"""Wishes for a response, and announcements that wait for a quiet moment.

At most one wish waits (FAULTS §1.1): one response answers everything that is in the conversation by
then. A response that the endpoint began by itself fulfils the wish too, if it began after the
endpoint had acknowledged every item that the wish is about.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

MAX_ANNOUNCEMENTS = 16
"""The oldest announcement is dropped beyond this many."""

MAX_ATTEMPTS = 5
"""A wish that the endpoint refuses this often is reported and dropped."""

RETRY_MS = 1_000
"""Wait after a refusal where we do not know of the response that is in the way."""


@dataclass(slots=True)
class Wish:
    """A response is wanted; ``unacknowledged`` names the items that it must take into account."""

    unacknowledged: set[str] = field(default_factory=set)
    attempts: int = 0
    not_before_ms: int = 0


@dataclass(slots=True)
class _Asked:
    event_id: str
    wish: Wish
    is_covered: bool = False


class Wishes:
    """The one wish that waits, the one that was asked for, and the announcements."""

    def __init__(self) -> None:
        self.pending: Wish | None = None
        self._asked: _Asked | None = None
        self._announcements: deque[str] = deque()  # bounded: announce drops the oldest

    @property
    def attempts(self) -> int:
        """How often the wish that was asked for last was asked for; 0 where there is none."""
        return 0 if self._asked is None else self._asked.wish.attempts

    def want(self, unacknowledged: Iterable[str] = ()) -> None:
        """Want a response that takes these items into account; joins a wish that waits."""
        if self.pending is None:
            self.pending = Wish()
        self.pending.unacknowledged.update(unacknowledged)

    def acknowledged(self, item_id: str) -> None:
        """Note that the endpoint has an item."""
        if self.pending is not None:
            self.pending.unacknowledged.discard(item_id)
        if self._asked is not None:
            self._asked.wish.unacknowledged.discard(item_id)

    def asked(self, event_id: str) -> None:
        """Note that the waiting wish was sent as ``event_id``."""
        wish = self.pending or Wish()
        wish.attempts += 1
        self.pending, self._asked = None, _Asked(event_id, wish)

    def response_began(self) -> None:
        """Note that a response began that answers the conversation as the endpoint has it."""
        if self.pending is not None and not self.pending.unacknowledged:
            self.pending = None
        if self._asked is not None:
            self._asked.is_covered = not self._asked.wish.unacknowledged

    def response_over(self) -> None:
        """Note that no response is on its way any more, nor asked for."""
        self._asked = None

    def refused(self, event_id: str | None, *, retry_at_ms: int | None) -> bool:
        """Take back what was asked as ``event_id``; return whether the wish is lost by that.

        It waits again until ``retry_at_ms``, unless that is None, another response has covered it
        meanwhile, or it was refused too often.
        """
        if self._asked is None or event_id != self._asked.event_id:
            return False
        asked, self._asked = self._asked, None
        if asked.is_covered:
            return False
        if retry_at_ms is None or asked.wish.attempts >= MAX_ATTEMPTS:
            return True
        self.want(asked.wish.unacknowledged)
        assert self.pending is not None
        self.pending.attempts = asked.wish.attempts
        self.pending.not_before_ms = retry_at_ms
        return False

    def connection_lost(self, *, ask_again: bool) -> bool:
        """Take back what was asked for; return whether the wish is lost by that.

        ``ask_again`` says that a response was on its way, asked for or not, and is still wanted.
        """
        asked, self._asked = self._asked, None
        attempts = 0 if asked is None else asked.wish.attempts
        if not ask_again:
            return False
        if attempts >= MAX_ATTEMPTS:
            return True
        self.want(() if asked is None else asked.wish.unacknowledged)
        assert self.pending is not None
        self.pending.attempts = max(self.pending.attempts, attempts)
        return False

    def rename(self, names: Mapping[str, str]) -> None:
        """Take the items' new ids; what has none was not told to the endpoint as an item."""
        if self.pending is not None:
            waits_for = self.pending.unacknowledged
            self.pending.unacknowledged = {names[old] for old in waits_for if old in names}

    def retry(self, not_before_ms: int, attempts: int) -> None:
        """Want a response again that failed, at a later time."""
        self.want()
        assert self.pending is not None
        self.pending.not_before_ms = max(self.pending.not_before_ms, not_before_ms)
        self.pending.attempts = max(self.pending.attempts, attempts)

    def drop(self) -> None:
        """Forget the wish that waits: the user wants silence."""
        self.pending = None

    def announce(self, text: str) -> bool:
        """Queue an announcement; return whether an older one was dropped for it."""
        self._announcements.append(text)
        if len(self._announcements) <= MAX_ANNOUNCEMENTS:
            return False
        self._announcements.popleft()
        return True

    def withdraw(self, text: str) -> bool:
        """Forget an announcement that is no longer true; return whether it still waited."""
        if text not in self._announcements:
            return False
        self._announcements.remove(text)
        return True

    def next_announcement(self) -> str | None:
        """Take the oldest announcement, or None."""
        return self._announcements.popleft() if self._announcements else None
