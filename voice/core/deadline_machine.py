"""A machine as data: a table of steps, and how long each state may last.

Who owns a machine hands its two tables in and asks ``is_late`` when time has passed; what a
deadline means is the owner's to say. Nothing happens by itself here.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Generic, TypeVar

S = TypeVar("S", bound=Enum)
E = TypeVar("E", bound=Enum)


class DeadlineMachine(Generic[S, E]):
    """A state, and the time until which it may last.

    ``steps`` is the whole machine: a step that it does not hold changes nothing. ``limits_ms`` says
    how long a state may last; one that is not in it lasts as long as it likes.
    """

    def __init__(
        self, first: S, steps: Mapping[tuple[S, E], S], limits_ms: Mapping[S, int]
    ) -> None:
        self.state = first
        self.deadline_ms: int | None = None
        self._steps = steps
        self._limits_ms = limits_ms

    def may(self, event: E) -> bool:
        """Return whether ``event`` means anything in this state."""
        return (self.state, event) in self._steps

    def move(self, event: E, now_ms: int) -> bool:
        """Take one step and set the deadline of its state; return whether the step exists."""
        after = self._steps.get((self.state, event))
        if after is None:
            return False
        self.state = after
        limit_ms = self._limits_ms.get(after)
        self.deadline_ms = None if limit_ms is None else now_ms + limit_ms
        return True

    def is_late(self, now_ms: int) -> bool:
        """Return whether the deadline of the state has passed."""
        return self.deadline_ms is not None and now_ms >= self.deadline_ms
