"""A scripted endpoint that holds a conversation, is strict, and remembers what it was told.

It answers as the big ones do: numbered words and sound, one response at a time, ids that begin anew
in every session. What a test wants to go wrong is put into ``plan``, or happens on the way to it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from websockets.exceptions import ConnectionClosed

from tests.chaos.numbered import Made, Numbered, numbers_of
from tests.chaos.talk_items import Item, item_of
from voice.protocol import client_events as ce
from voice.testing import events
from voice.testing.endpoint import DEFAULTS, Peer

SILENCE_ENDS_TURN_MS = 200
BYTES_PER_MS = 48
FRAME_BYTES = 20 * BYTES_PER_MS

Answer: TypeAlias = Callable[["Talk"], Awaitable[None]]


@dataclass
class Upstream:
    """All sessions of one endpoint, and what they are to do.

    ``plan`` holds special answers for the next responses, one each. ``hold_after`` stops an answer
    after so many chunks of sound until ``released`` is set. ``refuses`` says which item of the
    client's is refused. ``strict_errors`` collects what a strict endpoint had to refuse.
    """

    numbered: Numbered
    made: Made = field(default_factory=Made)
    deltas: int = 8
    delta_ms: int = 50
    hold_after: int | None = None
    released: asyncio.Event = field(default_factory=asyncio.Event)
    plan: deque[Answer] = field(default_factory=deque)  # bounded: by the test
    on_open: Callable[[Talk], Awaitable[bool]] | None = None
    """Called with each new session before it is greeted; False: it is not greeted."""
    refuses: Callable[[Item], bool] = lambda item: False
    is_slow_to_cancel_s: float = 0.0
    session: dict[str, Any] = field(default_factory=dict)
    talks: list[Talk] = field(default_factory=list)
    strict_errors: list[str] = field(default_factory=list)
    heard_turns: list[list[int]] = field(default_factory=list)
    """The numbers in the sound of each of the user's turns, silence left out."""

    async def script(self, peer: Peer) -> None:
        """Serve one session until it ends."""
        talk = Talk(self, peer)
        self.talks.append(talk)
        try:
            if self.on_open is None or await self.on_open(talk):
                await talk.live()
        except ConnectionClosed:
            pass
        finally:
            await talk.end()

    @property
    def current(self) -> Talk:
        """The newest session."""
        return self.talks[-1]

    def history(self) -> list[Item]:
        """Return the conversation as the newest session has it, in order."""
        return self.current.items if self.talks else []


class Talk:
    """One session at the endpoint."""

    def __init__(self, upstream: Upstream, peer: Peer) -> None:
        self.upstream = upstream
        self.peer = peer
        self.items: list[Item] = []
        self.asked = 0
        self.active: str | None = None
        self.answering: asyncio.Task[None] | None = None
        self.is_closed = False
        self._answers = 0
        self._turn = bytearray()
        self._quiet_ms = 0
        self._is_speaking = False
        self._turns = 0
        self._heard_ms = 0

    async def live(self) -> None:
        """Greet, then react to everything."""
        await self.peer.send(events.session_created(**{**DEFAULTS, **self.upstream.session}))
        while True:
            await self.take(await self.peer.next_event())

    async def end(self) -> None:
        """Stop what is being said."""
        self.is_closed = True
        if self.answering is not None:
            self.answering.cancel()
            await asyncio.wait({self.answering})

    async def take(self, event: Any) -> None:
        """React to one event of the client."""
        match event:
            case ce.AudioAppend():
                for start in range(0, len(event.audio), FRAME_BYTES):
                    await self._hear(event.audio[start : start + FRAME_BYTES])
            case ce.SessionUpdate():
                await self.peer.send(events.session_updated(event.session.to_wire()))
            case ce.ConversationItemCreate():
                await self._create(event)
            case ce.ConversationItemDelete():
                if await self._find(event.item_id, event.event_id, "delete"):
                    self.items = [i for i in self.items if i.item_id != event.item_id]
                    await self.peer.send(events.deleted(event.item_id))
            case ce.ConversationItemTruncate():
                await self._truncate(event)
            case ce.ConversationItemRetrieve():
                found = await self._find(event.item_id, event.event_id, "retrieve")
                if found:
                    item = events.assistant_item(found.item_id, found.text)
                    await self.peer.send(events.retrieved(item))
            case ce.ResponseCreate():
                self.asked += 1
                if self.active is not None:
                    code = "conversation_already_has_active_response"
                    await self.refuse(code, event.event_id, is_strict=False)
                else:
                    self.answer()
            case ce.ResponseCancel():
                await self._cancel(event)

    async def refuse(self, code: str, event_id: str | None, *, is_strict: bool = True) -> None:
        """Send an error; a strict one is a fault of the client's."""
        if is_strict:
            self.upstream.strict_errors.append(code)
        with contextlib.suppress(ConnectionClosed):
            await self.peer.send(events.error(code, event_id=event_id))

    # --- items ------------------------------------------------------------------------------------

    async def _find(self, item_id: str, event_id: str | None, verb: str) -> Item | None:
        found = next((item for item in self.items if item.item_id == item_id), None)
        if found is None:
            # A lost race, which an endpoint tells of and a client survives.
            await self.refuse(f"item_{verb}_invalid_item_id", event_id, is_strict=False)
        return found

    async def _create(self, event: ce.ConversationItemCreate) -> None:
        item = item_of(event.item.to_wire())
        if any(known.item_id == item.item_id for known in self.items):
            await self.refuse("duplicate_item_id", event.event_id)
            return
        if self.upstream.refuses(item):
            await self.refuse("invalid_value", event.event_id, is_strict=False)
            return
        calls = {known.call_id for known in self.items if known.kind == "function_call"}
        if item.kind == "function_call_output" and item.call_id not in calls:
            await self.refuse("unknown_call", event.event_id)
            return
        place, after = len(self.items), event.previous_item_id
        if after == "root":
            place = 0
        elif after is not None:
            place = 1 + next((n for n, i in enumerate(self.items) if i.item_id == after), place - 1)
        self.items.insert(place, item)
        await self.peer.send(events.item_added(event.item.to_wire()))

    async def _truncate(self, event: ce.ConversationItemTruncate) -> None:
        found = await self._find(event.item_id, event.event_id, "truncate")
        if found is None:
            return
        if not 0 < event.audio_end_ms <= found.sound_ms:
            await self.refuse("item_truncate_invalid_audio_end_ms", event.event_id)
            return
        found.words = [word for word, end in found.words_at if end <= event.audio_end_ms]
        await self.peer.send(events.truncated(event.item_id, event.audio_end_ms))

    # --- answers ----------------------------------------------------------------------------------

    def answer(self) -> None:
        """Begin the next answer: a planned one, or the usual one."""
        plan = self.upstream.plan
        self._answers += 1
        self.active = f"r{self._answers}"
        self.answering = asyncio.create_task(self._answer(plan.popleft() if plan else usual))

    async def _answer(self, answer: Answer) -> None:
        with contextlib.suppress(ConnectionClosed):
            await answer(self)

    def new_item(self) -> Item:
        """Return an item of the assistant, in the conversation from now on."""
        item = Item(f"a{self._answers}", "message", "assistant")
        self.items.append(item)
        return item

    async def chunk(self, response_id: str, item: Item) -> None:
        """Say one more word, and its sound."""
        upstream = self.upstream
        word, sound = upstream.numbered.word(), upstream.numbered.sound(upstream.delta_ms)
        upstream.made.part(sound, is_new=not item.sound_ms)
        item.sound_ms += upstream.delta_ms
        item.words_at.append((word, item.sound_ms))
        item.words.append(word)
        await self.peer.send(
            events.words(response_id, item.item_id, f"{word} "),
            events.AudioDelta(response_id, item.item_id, 0, 0, sound),
        )

    async def finish(self, response_id: str, item: Item) -> None:
        """Say that an answer is complete."""
        text = item.text
        self.active = None
        await self.peer.send(
            events.audio_done(response_id, item.item_id),
            events.words_done(response_id, item.item_id, text),
            events.item_done(response_id, events.assistant_item(item.item_id, text)),
            events.response_done(response_id),
        )

    async def done(self, response_id: str, status: str = "completed", **fields: Any) -> None:
        """End a response."""
        self.active = None
        await self.peer.send(events.response_done(response_id, status, **fields))

    async def _cancel(self, event: ce.ResponseCancel) -> None:
        if self.active is None or event.response_id not in (None, self.active):
            await self.refuse("response_cancel_not_active", event.event_id, is_strict=False)
            return
        response_id, slow_s = self.active, self.upstream.is_slow_to_cancel_s
        if slow_s:
            # It talks on for a while, as endpoints do whose cancel takes the long way.
            await asyncio.sleep(slow_s)
        if self.active == response_id and self.answering is not None:
            self.answering.cancel()
            await self.done(response_id, "cancelled")

    # --- the user's voice -------------------------------------------------------------------------

    async def _hear(self, audio: bytes) -> None:
        ms = len(audio) // BYTES_PER_MS
        self._heard_ms += ms
        is_sound = bool(numbers_of(audio).any())
        if is_sound and not self._is_speaking:
            self._is_speaking = True
            self._turns += 1
            await self.peer.send(events.speech_started(f"u{self._turns}", self._heard_ms - ms))
            if self.active is not None and self.answering is not None:
                self.answering.cancel()
                await self.done(self.active, "cancelled")
        if not self._is_speaking:
            return
        self._turn += audio
        self._quiet_ms = 0 if is_sound else self._quiet_ms + ms
        if self._quiet_ms >= SILENCE_ENDS_TURN_MS:
            await self._end_turn()

    async def _end_turn(self) -> None:
        item_id = f"u{self._turns}"
        numbers = [int(number) for number in numbers_of(bytes(self._turn)) if number]
        self.upstream.heard_turns.append(numbers)
        self._turn.clear()
        self._quiet_ms, self._is_speaking = 0, False
        item = Item(item_id, "message", "user")
        item.words = [f"spoken {len(self.upstream.heard_turns)}"]
        self.items.append(item)
        await self.peer.send(
            events.speech_stopped(item_id, self._heard_ms),
            events.committed(item_id),
            events.item_added(events.user_item(item_id)),
            events.transcribed(item_id, item.text),
        )
        if self.active is None:
            self.answer()


async def usual(talk: Talk) -> None:
    """Answer with numbered words and sound."""
    upstream, response_id = talk.upstream, talk.active
    assert response_id is not None
    await talk.peer.send(events.response_created(response_id))
    item = talk.new_item()
    begun = events.assistant_item(item.item_id, status="in_progress")
    await talk.peer.send(events.item_added(begun))
    for number in range(upstream.deltas):
        if upstream.hold_after is not None and number >= upstream.hold_after:
            await upstream.released.wait()
        await talk.chunk(response_id, item)
    await talk.finish(response_id, item)
