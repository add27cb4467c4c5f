"""The connection as a machine: offline, connecting, open, configuring, ready, closing, closed.

A 101 handshake proves nothing (PROTOCOL §0.3): a link is ready only when the endpoint has greeted
with ``session.created`` and has had our configuration. Time and chance come in as arguments.
"""

from __future__ import annotations

from enum import Enum

from voice.core.deadline_machine import DeadlineMachine
from voice.errors import LocalProtocolError

DIAL_DEADLINE_MS = 20_000
"""The shell's own time-out is shorter; this one is for a shell that never answers."""

GREETING_DEADLINE_MS = 10_000
"""An endpoint that says nothing on an open socket for this long is no realtime endpoint."""

CONFIGURED_DEADLINE_MS = 3_000
"""Some endpoints never send ``session.updated``; after this long we go on without it."""

CLOSING_DEADLINE_MS = 3_000
"""A close that nobody confirms is taken as done after this long."""

BACK_OFF_MS = (0, 500, 1_000, 2_000, 4_000)
"""Upper bounds of the wait before each further attempt; the last one stays.

A cable that is plugged in again must be noticed within five seconds, so it grows no further while
the tries are few; what keeps them few in the long run is in ``reconnect``.
"""


class LinkState(Enum):
    """Where the connection stands."""

    OFFLINE = "offline"
    CONNECTING = "connecting"
    OPEN = "open"
    CONFIGURING = "configuring"
    READY = "ready"
    CLOSING = "closing"
    CLOSED = "closed"


class LinkEvent(Enum):
    """What can happen to the connection."""

    DIAL = "we dial"
    OPENED = "the socket is open"
    GREETED = "session.created"
    CONFIGURED = "session.updated or its deadline"
    HANG_UP = "we close"
    LOST = "the socket closed, or never opened"
    GIVE_UP = "no further attempt"


_OFF, _DIAL, _OPEN = LinkState.OFFLINE, LinkState.CONNECTING, LinkState.OPEN
_CONF, _READY = LinkState.CONFIGURING, LinkState.READY
_CLOSING, _CLOSED = LinkState.CLOSING, LinkState.CLOSED

TRANSITIONS: dict[tuple[LinkState, LinkEvent], LinkState] = {
    (_OFF, LinkEvent.DIAL): _DIAL,
    (_OFF, LinkEvent.GIVE_UP): _CLOSED,
    (_OFF, LinkEvent.HANG_UP): _CLOSED,
    (_DIAL, LinkEvent.OPENED): _OPEN,
    (_DIAL, LinkEvent.GREETED): _CONF,
    (_DIAL, LinkEvent.LOST): _OFF,
    (_DIAL, LinkEvent.HANG_UP): _CLOSING,
    (_OPEN, LinkEvent.OPENED): _OPEN,
    (_OPEN, LinkEvent.GREETED): _CONF,
    (_OPEN, LinkEvent.LOST): _OFF,
    (_OPEN, LinkEvent.HANG_UP): _CLOSING,
    (_CONF, LinkEvent.CONFIGURED): _READY,
    (_CONF, LinkEvent.LOST): _OFF,
    (_CONF, LinkEvent.HANG_UP): _CLOSING,
    (_READY, LinkEvent.CONFIGURED): _READY,
    (_READY, LinkEvent.LOST): _OFF,
    (_READY, LinkEvent.HANG_UP): _CLOSING,
    (_CLOSING, LinkEvent.LOST): _CLOSED,
}
"""The whole machine; a missing key is a move that cannot be made."""

_LIMITS_MS = {
    _DIAL: DIAL_DEADLINE_MS,
    _OPEN: GREETING_DEADLINE_MS,
    _CONF: CONFIGURED_DEADLINE_MS,
    _CLOSING: CLOSING_DEADLINE_MS,
}


class Link(DeadlineMachine[LinkState, LinkEvent]):
    """The one connection of a session; ask ``may`` before a remote event."""

    def __init__(self) -> None:
        super().__init__(LinkState.OFFLINE, TRANSITIONS, _LIMITS_MS)

    @property
    def is_ready(self) -> bool:
        """Whether the conversation can go on: greeted and configured."""
        return self.state is LinkState.READY

    @property
    def is_over(self) -> bool:
        """Whether the session is closing or closed, and nothing that happens matters any more."""
        return self.state in (LinkState.CLOSING, LinkState.CLOSED)

    def move(self, event: LinkEvent, now_ms: int) -> bool:
        """Take one step; raises LocalProtocolError where it does not exist."""
        if not self.may(event):
            raise LocalProtocolError(f"link: {event.value!r} is illegal while {self.state.value}")
        return super().move(event, now_ms)

    def wait(self, until_ms: int) -> None:
        """Stay offline until then; ``is_late`` says when to dial.

        Raises LocalProtocolError where the link is not offline.
        """
        if self.state is not LinkState.OFFLINE:
            raise LocalProtocolError(f"link: cannot wait to dial while {self.state.value}")
        self.deadline_ms = until_ms


def back_off_ms(attempt: int, jitter: float) -> int:
    """Return how long to wait before an attempt, with full jitter.

    ``attempt`` counts from 0 (which never waits); ``jitter`` is a random number in [0, 1).
    """
    return int(BACK_OFF_MS[min(attempt, len(BACK_OFF_MS) - 1)] * jitter)
