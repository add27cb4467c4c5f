"""The history as one session of an endpoint has it: how it gets there, and what differs since.

A new session knows nothing. It is told the conversation item by item: words as text, calls with
their outputs, of an answer only what was heard. Every item gets a new id, so that none can meet an
id of the new session's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from voice.core.ledger import Entry, Ledger
from voice.protocol.client_events import (
    ClientEvent,
    ConversationItemCreate,
    ConversationItemDelete,
)
from voice.protocol.items import (
    AnyItem,
    AssistantMessage,
    FunctionCall,
    FunctionCallOutput,
    InputImage,
    InputText,
    OutputText,
    SystemMessage,
    UserMessage,
)

MAX_ITEMS = 500
MAX_CHARACTERS = 80_000
"""Newest items, and characters of them, that a new session is told: some 20,000 tokens, which the
smallest realtime models still hold beside their instructions."""

MAX_PICTURES = 4
MAX_PICTURE_CHARACTERS = 2 * 1024 * 1024
"""Newest pictures, and characters of them as data URIs: each is sent again whole, in one frame."""

NEVER_MISSED = frozenset({"mcp_list_tools", "mcp_approval_request", "mcp_approval_response"})
"""Items with nothing to tell: a new session lists the tools and asks for leave itself."""

SETTLE_LIMIT_MS = 3_000
"""Endpoints that do not confirm items are believed after this long."""

CONTINUES = (
    "This conversation goes on after a break in the connection: the messages before were already "
    "said and heard. Do not greet, and do not repeat them. Where your last message stops in the "
    "middle, the user heard no more of it: go on from there."
)
"""Told to the model at the end of its instructions in every session but the first. Not an item:
the instructions are sent anyway, cannot be refused apart, and never pile up (README, decisions)."""

RESTORE = "restore"
"""Kind of the event ids with which items of the history are created."""


@dataclass(frozen=True, slots=True)
class _Told:
    item_id: str
    content: tuple[object, ...]


class History:
    """What one session was told of a ledger.

    ``load`` once, then ``catch_up`` for what came after, then ``adopt`` when the session becomes
    the one that is talked to. ``with_pictures`` says that the endpoint takes them.
    """

    def __init__(self, new_id: Callable[[str], str], *, with_pictures: bool = True) -> None:
        self._new_id = new_id
        self._pictures_left = MAX_PICTURES if with_pictures else 0
        self._picture_characters_left = MAX_PICTURE_CHARACTERS
        self._told: dict[str, _Told] = {}
        self._open: dict[str, str] = {}
        self.left_out = 0
        """Items that could not be told: what was said is not known, or there were too many."""
        self.refused = 0
        """Items that the endpoint did not take."""

    @property
    def is_settled(self) -> bool:
        """Whether the endpoint has answered for every item."""
        return not self._open

    @property
    def is_full(self) -> bool:
        """Whether the endpoint has the whole history, as far as is known."""
        return not self.left_out and not self.refused

    def load(self, ledger: Ledger, wordless: Iterable[str] = ()) -> list[ClientEvent]:
        """Return the events that tell a new session the history.

        ``wordless`` are items of the user in which nothing was said.
        """
        known_silent = set(wordless)
        chosen: list[tuple[Entry, AnyItem]] = []
        characters, is_full = 0, False
        for entry in reversed(_tellable(ledger)):
            item = self._item_of(entry, self._new_id("item"))
            size = len(entry.text) + len(entry.arguments)
            is_full = is_full or len(chosen) >= MAX_ITEMS or characters + size > MAX_CHARACTERS
            if item is None or is_full:
                self.left_out += _is_missed(entry, known_silent)
                continue
            characters += size
            chosen.append((entry, item))
        kept_calls = {entry.call_id for entry, _ in chosen if entry.kind == "function_call"}
        events: list[ClientEvent] = []
        for entry, item in reversed(chosen):
            if entry.kind == "function_call_output" and entry.call_id not in kept_calls:
                self.left_out += 1
                continue
            events.append(self._tell(entry, item))
        return events

    def catch_up(self, ledger: Ledger) -> list[ClientEvent]:
        """Return the events that tell what changed in the ledger since it was told last."""
        entries = _tellable(ledger)
        present = {entry.item_id for entry in entries}
        events: list[ClientEvent] = [
            self._take_back(item_id) for item_id in list(self._told) if item_id not in present
        ]
        places = [place for place, entry in enumerate(entries) if entry.item_id in self._told]
        # What was left out of the first load, before everything that was told, stays out.
        first, newest = (places[0], places[-1]) if places else (0, -1)
        previous = None
        for place, entry in enumerate(entries):
            told = self._told.get(entry.item_id)
            if told is not None and told.content != _content(entry):
                events.append(self._take_back(entry.item_id))
                told = None
            if told is None and place >= first:
                item = self._item_of(entry, self._new_id("item"))
                if item is not None:
                    anchor = previous if place < newest else None
                    events.append(self._tell(entry, item, anchor))
            told = self._told.get(entry.item_id)
            previous = previous if told is None else told.item_id
        return events

    def adopt(self, ledger: Ledger) -> dict[str, str]:
        """Give every entry of ``ledger`` the id that it has in the new session.

        What was not told gets a new id too. Returns old ids to new ones.
        """
        names = {}
        for entry in ledger:
            told = self._told.get(entry.item_id)
            names[entry.item_id] = self._new_id("item") if told is None else told.item_id
        ledger.rename(names)
        return names

    def retell(self, ledger: Ledger, item_id: str) -> tuple[list[ClientEvent], str]:
        """Return the events that tell an entry anew, after it was adopted, and its new id.

        An entry of which nothing is left is taken back alone.
        """
        new_id = self._new_id("item")
        delete = ConversationItemDelete(event_id=self._new_id(RESTORE), item_id=item_id)
        item = _item_of(ledger.entry(item_id), new_id)
        if item is None:
            return [delete], new_id
        anchor = ledger.previous_id(item_id) or "root"
        create = ConversationItemCreate(
            event_id=self._new_id(RESTORE), previous_item_id=anchor, item=item
        )
        return [delete, create], new_id

    def acknowledged(self, item_id: str) -> None:
        """Note that the endpoint has an item."""
        for event_id, open_id in self._open.items():
            if open_id == item_id:
                del self._open[event_id]
                return

    def refuse(self, event_id: str | None) -> bool:
        """Note that the endpoint refused an event; return whether it was one of these."""
        if event_id is None or not event_id.startswith(RESTORE):
            return False
        self.refused += self._open.pop(event_id, None) is not None
        return True

    def give_up_waiting(self) -> None:
        """Take what the endpoint has not answered for as taken."""
        self._open.clear()

    def _tell(
        self, entry: Entry, item: AnyItem, previous_item_id: str | None = None
    ) -> ConversationItemCreate:
        event_id, item_id = self._new_id(RESTORE), str(getattr(item, "id", ""))
        self._told[entry.item_id] = _Told(item_id, _content(entry))
        self._open[event_id] = item_id
        return ConversationItemCreate(
            event_id=event_id, previous_item_id=previous_item_id, item=item
        )

    def _item_of(self, entry: Entry, item_id: str) -> AnyItem | None:
        """Return an entry as an item, with its pictures as long as there is room for some."""
        size, count = sum(map(len, entry.image_urls)), len(entry.image_urls)
        has_room = count <= self._pictures_left and size <= self._picture_characters_left
        if not count or not has_room or entry.role != "user" or not all(entry.image_urls):
            self.left_out += bool(count and entry.text)
            return _item_of(entry, item_id)
        self._pictures_left -= count
        self._picture_characters_left -= size
        words = [InputText(text=entry.text)] if entry.text else []
        pictures = [InputImage(image_url=url) for url in entry.image_urls]
        return UserMessage(id=item_id, content=[*words, *pictures])

    def _take_back(self, ledger_id: str) -> ConversationItemDelete:
        told = self._told.pop(ledger_id)
        return ConversationItemDelete(event_id=self._new_id(RESTORE), item_id=told.item_id)


def _item_of(entry: Entry, item_id: str) -> AnyItem | None:
    """Return an entry as an item of text; None where it has nothing to tell."""
    match entry.kind, entry.role:
        case "function_call", _:
            return FunctionCall(
                id=item_id,
                name=entry.name or "",
                call_id=entry.call_id or "",
                arguments=entry.arguments,
            )
        case "function_call_output", _:
            return FunctionCallOutput(id=item_id, call_id=entry.call_id or "", output=entry.text)
        case "message", "user" if entry.text:
            return UserMessage(id=item_id, content=[InputText(text=entry.text)])
        case "message", "system" if entry.text:
            return SystemMessage(id=item_id, content=[InputText(text=entry.text)])
        case "message", "assistant" if entry.text:
            return AssistantMessage(id=item_id, content=[OutputText(text=entry.text)])
    return None


def _content(entry: Entry) -> tuple[object, ...]:
    return (entry.text, entry.name, entry.call_id, entry.arguments)


def _tellable(ledger: Ledger) -> list[Entry]:
    """Return the entries that a session may be told: of calls, whole ones, and each once.

    A call that runs is told together with its output, once there is one.
    """
    called = {entry.call_id for entry in ledger if entry.kind == "function_call"}
    answered = {entry.call_id for entry in ledger if entry.kind == "function_call_output"}
    whole = called & answered
    entries: list[Entry] = []
    seen: set[tuple[str, str]] = set()
    for entry in ledger:
        if entry.call_id is not None:
            key = (entry.kind, entry.call_id)
            if key in seen or entry.call_id not in whole:
                continue
            seen.add(key)
        entries.append(entry)
    return entries


def _is_missed(entry: Entry, known_silent: set[str]) -> bool:
    """Return whether something is lost by leaving an entry out."""
    if entry.kind == "message" and not entry.text:
        is_silent = entry.role != "user" or entry.item_id in known_silent
        return bool(entry.image_urls) or not is_silent
    return entry.kind != "other" or entry.name not in NEVER_MISSED
