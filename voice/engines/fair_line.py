"""Who is served next: callers in turn, and whoever somebody waits for in silence before others.

Pure bookkeeping without threads or clocks; ``EngineThreads`` locks it and tells it the time.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Hashable
from dataclasses import dataclass
from enum import IntEnum
from typing import Generic, TypeVar

T = TypeVar("T")

_OLDEST_EVERY = 4
"""One call in so many is the one that has waited longest, whatever its urgency: nothing starves."""


class Urgency(IntEnum):
    """How soon a call matters; smaller is sooner."""

    WAITED_FOR = 0
    """Somebody waits in silence: the words of a turn, the first piece of an answer."""

    AHEAD = 1
    """What comes before it still sounds: later pieces of an answer."""

    UNHURRIED = 2
    """Nobody is in a conversation over it: one-shot requests, transcripts of half a turn."""


class LineFullError(Exception):
    """The line, or the caller's own part of it, holds as much as it may."""


@dataclass(eq=False, slots=True)
class Place(Generic[T]):
    """One call's place in the line."""

    call: T
    caller: Hashable
    urgency: Urgency
    since_s: float


class FairLine(Generic[T]):
    """A bounded waiting line that takes its callers in turn within each urgency."""

    def __init__(self, *, max_waiting: int, max_waiting_each: int) -> None:
        """Hold at most ``max_waiting`` calls, at most ``max_waiting_each`` of one caller."""
        self._max_waiting = max_waiting
        self._max_waiting_each = max_waiting_each
        self._lanes: dict[Urgency, OrderedDict[Hashable, deque[Place[T]]]] = {
            urgency: OrderedDict() for urgency in Urgency
        }
        self._count = 0
        self._taken = 0

    def __len__(self) -> int:
        """Calls that wait."""
        return self._count

    def put(
        self, call: T, *, caller: Hashable, urgency: Urgency, now_s: float, idle_workers: int = 0
    ) -> Place[T]:
        """Put a call at its caller's end.

        Calls that idle workers are about to take do not count as waiting. Raises LineFullError.
        """
        own = sum(len(lane.get(caller, ())) for lane in self._lanes.values())
        is_full = self._count - idle_workers >= self._max_waiting
        if is_full or own - idle_workers >= self._max_waiting_each:
            raise LineFullError
        place = Place(call, caller, urgency, now_s)
        lane = self._lanes[urgency]
        if caller not in lane:
            lane[caller] = deque()  # bounded: max_waiting_each
        lane[caller].append(place)
        self._count += 1
        return place

    def take(self) -> T | None:
        """Remove and return the call that is next; None when none waits."""
        if not self._count:
            return None
        self._taken += 1
        place = self._oldest() if self._taken % _OLDEST_EVERY == 0 else self._next()
        self.remove(place)
        lane = self._lanes[place.urgency]
        if place.caller in lane:
            lane.move_to_end(place.caller)
        return place.call

    def remove(self, place: Place[T]) -> None:
        """Remove a call; nothing where it has left the line already."""
        lane = self._lanes[place.urgency]
        own = lane.get(place.caller)
        if own is None or place not in own:
            return
        own.remove(place)
        self._count -= 1
        if not own:
            del lane[place.caller]

    def drain(self) -> list[T]:
        """Remove and return all calls."""
        calls = [
            place.call for lane in self._lanes.values() for own in lane.values() for place in own
        ]
        for lane in self._lanes.values():
            lane.clear()
        self._count = 0
        return calls

    def longest_wait_s(self, now_s: float) -> float:
        """How long the first call that somebody waits for has been in the line; 0 if none."""
        heads = self._lanes[Urgency.WAITED_FOR].values()
        return max((now_s - own[0].since_s for own in heads), default=0.0)

    def _next(self) -> Place[T]:
        lane = next(lane for lane in self._lanes.values() if lane)
        return next(iter(lane.values()))[0]

    def _oldest(self) -> Place[T]:
        heads = (own[0] for lane in self._lanes.values() for own in lane.values())
        return min(heads, key=lambda place: place.since_s)
