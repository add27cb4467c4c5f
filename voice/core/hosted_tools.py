"""Tools that the endpoint itself runs: what of them is under way, and what waits for the user.

A call is shown once its arguments are known, and over when its output or its failure is. Leave is
asked for once for each request, and answered once.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from voice.core.bounded import BoundedDict

APPROVAL_LIMIT_MS = 75_000
"""A request that nobody answered for so long is refused; whoever asks the user gives up before."""

CALL_LIMIT_MS = 180_000
"""A call of which nothing more is heard for so long is shown no more as one that runs."""

OUTPUT_LIMIT_MS = 2_000
"""The output of a call that is over comes within this, or not at all."""

GRANT_LIMIT_MS = 5_000
"""An endpoint that was given leave and makes no call within this waits to be asked."""

MAX_APPROVALS = 8
"""Requests that may wait for the user; further ones are refused."""

MAX_CALLS = 32
MAX_REMEMBERED = 256


@dataclass(slots=True)
class HostedCall:
    """One call that the endpoint makes; ``response_id`` is empty where nobody knows."""

    call_id: str
    server: str
    tool: str
    response_id: str
    arguments: str = ""
    deadline_ms: int = 0
    is_shown: bool = False
    has_failed: bool | None = None
    """What the endpoint says of its end; None until it does."""

    @property
    def name(self) -> str:
        """What people know the tool by, as those of servers that we run."""
        return f"{self.server}__{self.tool}" if self.server else self.tool


@dataclass(slots=True)
class HostedTools:
    """Everything that one session of an endpoint does with tools of its own."""

    servers: BoundedDict[str, str] = field(default_factory=lambda: BoundedDict(MAX_CALLS))
    """Which server a list of tools is of, by the list's item."""
    listed: BoundedDict[str, bool] = field(default_factory=lambda: BoundedDict(MAX_CALLS))
    """Lists that were told already."""
    calls: dict[str, HostedCall] = field(default_factory=dict)
    """Calls under way."""
    over: BoundedDict[str, bool] = field(default_factory=lambda: BoundedDict(MAX_REMEMBERED))
    """Calls that are over."""
    approvals: dict[str, int] = field(default_factory=dict)
    """Requests that wait for the user, and until when."""
    answered: BoundedDict[str, bool] = field(default_factory=lambda: BoundedDict(MAX_REMEMBERED))
    """Requests that were answered."""
    granted: dict[str, int] = field(default_factory=dict)
    """Requests that the user allowed and whose call has not begun, and until when it may."""
    owed_by: str | None = None
    """The response whose call is over and unanswered: another one has to tell of it."""

    @property
    def is_working(self) -> bool:
        """Whether a call that was shown runs, or one that was allowed is about to."""
        return bool(self.granted) or any(call.is_shown for call in self.calls.values())

    @property
    def is_busy(self) -> bool:
        """Whether anything would be lost with the session."""
        waiting = self.calls or self.approvals or self.granted
        return bool(waiting) or self.owed_by is not None

    @property
    def deadline_ms(self) -> int | None:
        """When something is given up."""
        calls = [call.deadline_ms for call in self.calls.values()]
        return min([*calls, *self.approvals.values(), *self.granted.values()], default=None)
