"""Tool calls of a conversation: each one is known once, runs at most once and is answered once.

A tool call is running or answered; the calls of one response form a group, and the group is closed
when its response is over and every call of it is answered.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from voice.core.bounded import BoundedDict

MAX_REMEMBERED = 256
"""Answered call ids kept, so that a call that is sent again has no second effect."""

MAX_RUNNING = 32
MAX_PER_TURN = 32
"""Calls between two turns of the user: a model that calls for ever costs money for ever."""

MAX_GROUPS = 64


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a tool."""

    call_id: str
    name: str
    response_id: str


@dataclass(slots=True)
class _Group:
    open_calls: set[str] = field(default_factory=set)
    output_ids: list[str] = field(default_factory=list)
    is_over: bool = False
    wants_speech: bool = False


class ToolCalls:
    """Every call that the endpoint made, from first sight to its one answer."""

    def __init__(self) -> None:
        self._running: dict[str, Call] = {}
        self._answered: BoundedDict[str, int] = BoundedDict(MAX_REMEMBERED)
        self._session = 0
        self._groups: BoundedDict[str, _Group] = BoundedDict(MAX_GROUPS)
        self._in_this_turn = 0

    @property
    def running(self) -> tuple[Call, ...]:
        """Calls that were started and not answered."""
        return tuple(self._running.values())

    @property
    def is_working(self) -> bool:
        """Whether any call runs."""
        return bool(self._running)

    @property
    def is_full(self) -> bool:
        """Whether one more call would be too many, at once or in this turn."""
        return len(self._running) >= MAX_RUNNING or self._in_this_turn >= MAX_PER_TURN

    def turn_began(self) -> None:
        """Note that the user said something new: calls are counted from nothing again."""
        self._in_this_turn = 0

    def is_known(self, call_id: str) -> bool:
        """Return whether this call was seen before."""
        return call_id in self._running or call_id in self._answered

    def session_began(self) -> None:
        """Note that another session of an endpoint goes on with the conversation."""
        self._session += 1

    def take_repeated(self, call_id: str) -> bool:
        """Return whether a call was answered in an earlier session and not yet in this one.

        From now on it counts as answered in this one.
        """
        answered_in = self._answered.get(call_id)
        if answered_in is None or answered_in == self._session:
            return False
        self._answered[call_id] = self._session
        return True

    def has_called(self, response_id: str) -> bool:
        """Return whether a response made calls whose results will ask for its continuation."""
        return response_id in self._groups

    def started(self, call: Call) -> None:
        """Note a call that runs, or that is answered without running."""
        self._running[call.call_id] = call
        self._in_this_turn += 1
        group = self._groups.get(call.response_id)
        if group is None:
            group = self._groups[call.response_id] = _Group()
        group.open_calls.add(call.call_id)

    def finished(self, call_id: str, output_id: str, *, speak: bool) -> Call | None:
        """Take the one answer of a call, sent as item ``output_id``.

        Returns None for a call that is unknown or was answered before; then send nothing.
        """
        call = self._running.pop(call_id, None)
        if call is None:
            return None
        self._answered[call_id] = self._session
        group = self._groups.get(call.response_id)
        if group is not None:
            group.open_calls.discard(call_id)
            group.output_ids.append(output_id)
            group.wants_speech = group.wants_speech or speak
        return call

    def response_over(self, response_id: str) -> None:
        """Note that a response makes no more calls."""
        group = self._groups.get(response_id)
        if group is not None:
            group.is_over = True

    def take_closed(self) -> list[str] | None:
        """Forget every closed group; return the outputs of those that want speech.

        None where no closed group wants any.
        """
        closed = [
            response_id
            for response_id, group in self._groups.items()
            if group.is_over and not group.open_calls
        ]
        output_ids: list[str] | None = None
        for response_id in closed:
            group = self._groups.pop(response_id)
            if group.wants_speech:
                output_ids = (output_ids or []) + group.output_ids
        return output_ids
