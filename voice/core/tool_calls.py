"""Tool calls of a conversation: each one is known once, runs at most once and is answered once.

A tool call is running or answered; the calls of one response form a group, and the group is closed
when its response is over and every call of it is answered.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from voice.core.bounded import BoundedDict

MAX_REMEMBERED = 256
"""Answered call ids kept, so that a call that is sent again has no second effect."""

MAX_RUNNING = 32
MAX_PER_TURN = 32
"""Calls between two turns of the user: a model that calls for ever costs money for ever."""

MAX_GROUPS = 64

REPEAT_MS = 30_000
"""A call of an earlier session that comes again later than this, as it was, is another call."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a tool.

    ``call_id`` is what the shell knows it by, and never repeats. The endpoint knows it by
    ``wire_id``, which is the same where it is empty: some count their calls anew in every session.
    """

    call_id: str
    name: str
    response_id: str
    arguments: str = ""
    wire_id: str = ""

    @property
    def on_wire(self) -> str:
        """What the endpoint knows it by."""
        return self.wire_id or self.call_id


@dataclass(slots=True)
class _Answered:
    name: str
    arguments: str
    session: int
    at_ms: int


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
        self._seen_in: dict[str, int] = {}
        self._answered: BoundedDict[str, _Answered] = BoundedDict(MAX_REMEMBERED)
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

    def is_known(self, wire_id: str) -> bool:
        """Return whether a call was seen before under this id of an endpoint."""
        return self.running_as(wire_id) is not None or wire_id in self._answered

    def running_as(self, wire_id: str) -> Call | None:
        """Return the call that runs under this id of an endpoint."""
        return next((call for call in self._running.values() if call.on_wire == wire_id), None)

    def is_repeated(self, wire_id: str, name: str, arguments: str, now_ms: int) -> bool:
        """Return whether a known id means the call that had it before.

        In one session it always does. Of an earlier session's it means that only where it calls the
        same thing soon after; else the endpoint counts its ids anew.
        """
        running = self.running_as(wire_id)
        if running is not None:
            is_same = (running.name, running.arguments) == (name, arguments)
            return is_same or self._seen_in[running.call_id] == self._session
        before = self._answered[wire_id]
        is_same = (before.name, before.arguments) == (name, arguments)
        is_soon = now_ms - before.at_ms <= REPEAT_MS
        return before.session == self._session or (is_same and is_soon)

    def release(self, wire_id: str, other_id: str) -> None:
        """Let an id go that an endpoint uses anew: the call that had it has another from now on."""
        self._answered.pop(wire_id, None)
        running = self.running_as(wire_id)
        if running is not None:
            self._running[running.call_id] = replace(running, wire_id=other_id)

    def session_began(self) -> None:
        """Note that another session of an endpoint goes on with the conversation."""
        self._session += 1

    def take_repeated(self, wire_id: str) -> bool:
        """Return whether a call was answered in an earlier session and not yet in this one.

        From now on it counts as answered, or as seen, in this one.
        """
        running, answered = self.running_as(wire_id), self._answered.get(wire_id)
        if running is not None:
            self._seen_in[running.call_id] = self._session
        if answered is None or answered.session == self._session:
            return False
        answered.session = self._session
        return True

    def has_called(self, response_id: str) -> bool:
        """Return whether a response made calls whose results will ask for its continuation."""
        return response_id in self._groups

    def started(self, call: Call) -> None:
        """Note a call that runs, or that is answered without running."""
        self._running[call.call_id] = call
        self._seen_in[call.call_id] = self._session
        self._in_this_turn += 1
        group = self._groups.get(call.response_id)
        if group is None:
            group = self._groups[call.response_id] = _Group()
        group.open_calls.add(call.call_id)

    def finished(
        self, call_id: str, output_id: str, *, speak: bool, now_ms: int = 0
    ) -> Call | None:
        """Take the one answer of a call, sent as item ``output_id``.

        Returns None for a call that is unknown or was answered before; then send nothing.
        """
        call = self._running.pop(call_id, None)
        if call is None:
            return None
        del self._seen_in[call_id]
        answered = _Answered(call.name, call.arguments, self._session, now_ms)
        self._answered[call.on_wire] = answered
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
