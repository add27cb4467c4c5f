"""What must hold of everything that the server sends, whatever a client sent."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final, TypeAlias

import orjson

from tests.frame_validation import faults
from voice.core import server_messages as msg
from voice.core.bounded import BoundedDict
from voice.core.ledger import MAX_ITEMS, Ledger
from voice.engines.chat_messages import request_body
from voice.protocol.dialects import Dialect
from voice.protocol.server_events import AudioDelta
from voice.server.prompts import brain_request

Wire: TypeAlias = dict[str, Any]

_ERROR_FIELDS: Final = {"type": str, "message": str, "code": str, "param": str, "event_id": str}
_NULLABLE: Final = frozenset({"code", "param", "event_id"})

REMEMBERED: Final = 4_000
"""Event and response ids of one session that are remembered, to see one used twice."""


class Violation(AssertionError):
    """Something that must hold did not."""


class Checks:
    """Watches what one session is sent; raises Violation."""

    def __init__(self, dialect: Dialect) -> None:
        """Start with nothing sent."""
        self.errors: Counter[str] = Counter()
        self._dialect = dialect
        self._event_ids: BoundedDict[str, None] = BoundedDict(REMEMBERED)
        self._running: dict[str, bool] = {}  # bounded: by the core
        self._ended: BoundedDict[str, None] = BoundedDict(REMEMBERED)
        self._kept: BoundedDict[str | None, None] = BoundedDict(REMEMBERED)
        self._items: set[str] = set()
        self._has_overflowed = False

    # --- events, in GA ----------------------------------------------------------------------------

    def event(self, event: Any) -> None:
        """Take an event as the core sends it: responses, their order, and items."""
        kind = event.type if not isinstance(event, AudioDelta) else "response.output_audio.delta"
        match kind:
            case "response.created":
                self._created(event.response.to_wire())
            case "response.done":
                self._done(event.response.to_wire())
            case "conversation.item.added":
                self._added(event.item.id)
            case "conversation.item.deleted":
                self._items.discard(event.item_id)
        response_id = getattr(event, "response_id", None)
        if response_id is not None and response_id not in self._running:
            raise Violation(f"{kind} of a response that is not running: {response_id}")

    def _created(self, response: Wire) -> None:
        response_id, is_beside = response["id"], response.get("conversation_id") is None
        if response_id in self._running or response_id in self._ended:
            raise Violation(f"response {response_id} was created twice")
        if not is_beside and not all(self._running.values()):
            raise Violation(f"response {response_id} was created while another one was active")
        self._running[response_id] = is_beside

    def _done(self, response: Wire) -> None:
        if self._running.pop(response["id"], None) is None:
            raise Violation(f"response {response['id']} is done, and was not running")
        self._ended[response["id"]] = None
        if response["status"] not in ("completed", "cancelled", "incomplete", "failed"):
            raise Violation(f"a response is done with status {response['status']!r}")
        for item in response["output"]:
            if item.get("status") == "in_progress":
                raise Violation(f"a response is done with item {item['id']} in progress")

    def _added(self, item_id: str) -> None:
        if item_id in self._items and not self._has_overflowed:
            raise Violation(f"item {item_id} was added twice")
        self._items.add(item_id)
        self._has_overflowed |= len(self._items) > MAX_ITEMS

    def follow(self, dialect: Dialect) -> None:
        """Note the dialect that the session speaks now."""
        self._dialect = dialect

    # --- frames, as they are spelt ----------------------------------------------------------------

    def frame(self, frame: str) -> Wire:
        """Take a frame as it leaves; returns it parsed."""
        wire: Wire = orjson.loads(frame)
        event_id = wire.get("event_id")
        if not isinstance(event_id, str) or event_id in self._event_ids:
            raise Violation(f"{wire['type']} has no event_id of its own: {event_id!r}")
        self._event_ids[event_id] = None
        if wire["type"] == "error":
            self._error(wire["error"])
        for fault in faults(frame, self._dialect)[:1]:
            raise Violation(f"a frame that the API does not have: {fault}")
        return wire

    def _error(self, error: Wire) -> None:
        for name, kind in _ERROR_FIELDS.items():
            value = error.get(name)
            if not isinstance(value, kind) and not (value is None and name in _NULLABLE):
                raise Violation(f"error.{name} is {value!r}")
        if len(error["message"]) > 2_000:
            raise Violation(f"an error of {len(error['message'])} characters: {error['code']}")
        self.errors[error["code"] or "no code"] += 1

    # --- what belongs to a frame ------------------------------------------------------------------

    def answer(self, client_event: Wire | None, sent: list[Wire]) -> bool:
        """Check the errors that were sent for a client's event; None for what an engine said.

        Returns whether the event was refused.

        A ``response.create`` that came too early is kept, and may be refused later.
        """
        event_id = client_event.get("event_id") if client_event else None
        event_id = event_id if isinstance(event_id, str) else None
        named = [wire["error"]["event_id"] for wire in sent if wire["type"] == "error"]
        late = [name for name in named if name in self._kept and name != event_id]
        own = [name for name in named if name not in late]
        if client_event is None and own and None not in self._kept:
            raise Violation(f"an error that answers no event: {own}")
        if client_event is not None and (len(own) > 1 or own not in ([], [event_id])):
            raise Violation(f"errors name {own} and not {event_id!r}")
        kinds = {wire["type"] for wire in sent}
        is_ask = client_event is not None and client_event.get("type") == "response.create"
        if is_ask and not kinds & {"error", "response.created"}:
            self._kept[event_id] = None
        return bool(own)

    @staticmethod
    def prompt(start: msg.StartResponse) -> None:
        """Check that any brain can be asked: each call is followed by its one output."""
        body = request_body(brain_request(start.prompt), model="any")
        awaited: list[str] = []
        for message in body["messages"]:
            if message["role"] == "tool" and message["tool_call_id"] in awaited:
                awaited.remove(message["tool_call_id"])
            elif message["role"] == "tool" or awaited:
                raise Violation(f"the prompt's {message['role']} message is out of place")
            awaited += [call["id"] for call in message.get("tool_calls", ())]
        if awaited:
            raise Violation(f"the prompt holds calls without an output: {awaited}")

    def ledger(self, ledger: Ledger) -> None:
        """Check that the conversation is bounded and holds what was announced."""
        if len(ledger) > MAX_ITEMS:
            raise Violation(f"the conversation holds {len(ledger)} items")
        held = {entry.item_id for entry in ledger}
        if held - self._items or (self._items - held and not self._has_overflowed):
            raise Violation(f"announced and held items differ: {self._items ^ held}")

    @property
    def running(self) -> frozenset[str]:
        """The responses that were created and are not done."""
        return frozenset(self._running)
