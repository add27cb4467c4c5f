"""A day of one conversation: a core on a moved clock, endpoints that end every session in an hour.

Nothing is real but the core, so that twenty-four hours and their rollovers pass in seconds.
"""

from __future__ import annotations

import gc
import heapq
import random
import sys
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.chaos.talk_items import Item, item_of
from voice.core import client_actions as act
from voice.core import client_inputs as inp
from voice.core.client import ClientCore
from voice.core.feeding import feed
from voice.core.restore import MAX_ITEMS
from voice.core.updates import ConnectionLost, SessionRenewed
from voice.protocol import client_events as ce
from voice.protocol.capabilities import Capabilities
from voice.protocol.dialects import Dialect
from voice.protocol.playback import HeardPart
from voice.protocol.session_config import SessionConfig
from voice.testing import events
from voice.testing.clock import SequentialIds
from voice.testing.sound import BYTES_PER_MS

HOUR_MS = 3_600_000
SESSION_LIMIT_S = 3_600
MAX_GROWN_BYTES = 256 * 1024
"""How much more a second day may take: what the sessions of the two moments differ by."""

WORDS_MS = (0, 4_000, 9_000)
"""When the words of an answer come; its end comes with the last."""


@dataclass
class Desk:
    """One session at the endpoint."""

    items: list[Item] = field(default_factory=list)
    responses: int = 0
    opened_ms: int = 0


class Day:
    """One conversation, its endpoint, and a user who speaks, types and uses tools by chance."""

    def __init__(self, seed: int, *, pause_ms: int) -> None:
        self.random = random.Random(seed)
        self.now_ms = 0
        self.renewals: list[SessionRenewed] = []
        self.losses = 0
        self.turns = self.effects = 0
        self.said: list[str] = []
        self.longest_session_ms = 0
        self._pause_ms = pause_ms
        self._core = ClientCore(
            SessionConfig(),
            new_id=SequentialIds(),
            capabilities=Capabilities(session_limit_s=SESSION_LIMIT_S),
            jitter=self.random.random,
        )
        self._current: Desk | None = None
        self._standby: Desk | None = None
        self._agenda: list[tuple[int, int, Desk | None, Any]] = []
        self._count = 0
        self._playing: dict[tuple[str, int], int] = {}
        self._silent_at_ms = 0
        self._acts: dict[type, Callable[[Any], inp.Input | None]] = {
            act.Connect: lambda action: self._open(is_standby=False),
            act.ConnectStandby: lambda action: self._open(is_standby=True),
            act.SendEvent: lambda action: self._take(self._current, action.event),
            act.SendStandby: lambda action: self._take(self._standby, action.event),
            act.TakeOver: self._take_over,
            act.CloseStandby: self._close_standby,
            act.PlayAudio: self._play,
            act.FlushPlayback: self._flush,
            act.StartTool: self._tool,
            act.Publish: self._note,
        }
        for silent in (act.SendAudio, act.DropLink, act.CancelTool, act.Close):
            self._acts[silent] = lambda action: None

    def live(self, hours: int) -> None:
        """Let so many hours pass."""
        end_ms = self.now_ms + hours * HOUR_MS
        if self._current is None:
            self._feed(inp.Started())
            self._at(self._pause_ms, None, "turn")
        while self.now_ms < end_ms:
            due_ms = self._core.next_deadline_ms()
            next_ms = self._agenda[0][0]
            if due_ms is not None and due_ms < next_ms:
                self.now_ms = max(self.now_ms, due_ms)
                self._feed(inp.Tick())
                continue
            self.now_ms = max(self.now_ms, next_ms)
            _, _, desk, event = heapq.heappop(self._agenda)
            if event == "turn":
                self._turn()
            elif event == "silence":
                self._drained()
            elif desk is None or desk is self._current:
                self._feed(event)
            elif desk is self._standby:
                self._feed(inp.StandbyEvent(event))

    @property
    def told(self) -> list[str]:
        """The conversation as the session of now has it."""
        assert self._current is not None
        return [item.text.strip() for item in self._current.items if item.text]

    # --- the user ---------------------------------------------------------------------------------

    def _turn(self) -> None:
        """Say something, and plan the next time."""
        self.turns += 1
        desk = self._current
        assert desk is not None
        if self.random.random() < 0.5:
            text = f"typed {self.turns}"
            self.said.append(text)
            self._feed(inp.UserTyped(text))
        else:
            self._speak(desk)
        self._at(int(self._pause_ms * self.random.uniform(0.3, 1.7)), None, "turn")

    def _speak(self, desk: Desk) -> None:
        item_id, text = f"u{self.turns}", f"spoken {self.turns}"
        self.said.append(text)
        self._at(0, desk, events.speech_started(item_id))
        desk.items.append(Item(item_id, "message", "user", words=[text]))
        for event in (
            events.speech_stopped(item_id),
            events.committed(item_id),
            events.item_added(events.user_item(item_id)),
            events.transcribed(item_id, text),
        ):
            self._at(1_500, desk, event)
        self._answer(desk, after_ms=1_600)

    # --- the endpoint -----------------------------------------------------------------------------

    def _open(self, *, is_standby: bool) -> None:
        desk = Desk(opened_ms=self.now_ms)
        if is_standby:
            self._standby = desk
        else:
            self._current = desk
        for event in (inp.LinkUp(), inp.DialectDetected(Dialect.GA), events.session_created()):
            self._at(50, desk, event)

    def _take(self, desk: Desk | None, event: Any) -> None:
        assert desk is not None
        match event:
            case ce.SessionUpdate():
                self._at(20, desk, events.session_updated())
            case ce.ConversationItemCreate():
                wire = event.item.to_wire()
                desk.items.append(item_of(wire))
                self._at(20, desk, events.item_added(wire))
            case ce.ConversationItemDelete():
                desk.items = [item for item in desk.items if item.item_id != event.item_id]
                self._at(20, desk, events.deleted(event.item_id))
            case ce.ConversationItemTruncate():
                self._at(20, desk, events.truncated(event.item_id, event.audio_end_ms))
            case ce.ResponseCreate():
                self._answer(desk, after_ms=200)

    def _answer(self, desk: Desk, *, after_ms: int) -> None:
        desk.responses += 1
        response_id, item_id = f"r{desk.responses}", f"a{desk.responses}"
        self._at(after_ms, desk, events.response_created(response_id))
        if self.random.random() < 0.2:
            call_id = f"call_{self.turns}_{desk.responses}_{id(desk)}"
            desk.items.append(Item(f"item_of_{call_id}", "function_call", call_id=call_id))
            self._at(after_ms + 300, desk, events.call_done(response_id, call_id))
            self._at(after_ms + 300, desk, events.response_done(response_id))
            return
        words = [f"answer {self.turns}.{desk.responses} word {n} " for n in range(len(WORDS_MS))]
        text = "".join(words).strip()
        self.said.append(text)
        desk.items.append(Item(item_id, "message", "assistant", words=[text]))
        for word, at_ms in zip(words, WORDS_MS, strict=True):
            self._at(after_ms + at_ms, desk, events.words(response_id, item_id, word))
            self._at(after_ms + at_ms, desk, events.audio_delta(response_id, item_id, 1_000))
        end_ms = after_ms + WORDS_MS[-1]
        self._at(end_ms, desk, events.audio_done(response_id, item_id))
        self._at(end_ms, desk, events.words_done(response_id, item_id, text))
        self._at(end_ms, desk, events.response_done(response_id))

    # --- the shell --------------------------------------------------------------------------------

    def _feed(self, event: Any) -> None:
        feed(self._core, event, self.now_ms, self._acts)

    def _at(self, after_ms: int, desk: Desk | None, event: Any) -> None:
        self._count += 1
        heapq.heappush(self._agenda, (self.now_ms + after_ms, self._count, desk, event))

    def _take_over(self, action: act.TakeOver) -> None:
        assert self._current is not None and self._standby is not None
        lived_ms = self.now_ms - self._current.opened_ms
        self.longest_session_ms = max(self.longest_session_ms, lived_ms)
        self._current, self._standby = self._standby, None

    def _close_standby(self, action: act.CloseStandby) -> None:
        self._standby = None

    def _play(self, action: act.PlayAudio) -> None:
        ms = len(action.audio) // BYTES_PER_MS
        part = (action.item_id, action.content_index)
        self._playing[part] = self._playing.get(part, 0) + ms
        self._silent_at_ms = max(self._silent_at_ms, self.now_ms) + ms
        self._at(self._silent_at_ms - self.now_ms, None, "silence")

    def _drained(self) -> None:
        """Say that all was heard, unless more was queued since."""
        if self._playing and self._silent_at_ms <= self.now_ms:
            self._playing.clear()
            self._feed(inp.PlaybackDrained())

    def _flush(self, action: act.FlushPlayback) -> inp.Input:
        unheard_ms = max(0, self._silent_at_ms - self.now_ms)
        heard = []
        for part, ms in reversed(self._playing.items()):
            cut_ms = min(ms, unheard_ms)
            unheard_ms -= cut_ms
            heard.append(HeardPart(*part, ms - cut_ms))
        self._playing.clear()
        self._silent_at_ms = self.now_ms
        return inp.PlaybackStopped(tuple(reversed(heard)))

    def _tool(self, action: act.StartTool) -> None:
        self.effects += 1
        text = f"result {self.effects}"
        self.said.append(text)
        self._at(700, None, inp.ToolFinished(action.call_id, text))

    def _note(self, action: act.Publish) -> None:
        update = action.update
        if isinstance(update, SessionRenewed):
            self.renewals.append(update)
        elif isinstance(update, ConnectionLost):
            self.losses += 1


def check_day(day: Day) -> None:
    """Check that nothing was lost and that nobody noticed."""
    assert not day.losses, "a session reached its limit"
    assert day.longest_session_ms < SESSION_LIMIT_S * 1_000, "a session grew too old"
    said, told = day.said[-MAX_ITEMS // 2 :], Counter(day.told)
    missing = [text for text in said if told[text] != 1]
    assert not missing, f"{len(missing)} of {len(said)} items lost or twice: {missing[:3]}"


def soak(seed: int) -> int:
    """Live through two busy days; the second must need no more memory than the first."""
    begun_s = time.perf_counter()
    # From the beginning: what replaces something older must not count as more.
    tracemalloc.start()
    day = Day(seed, pause_ms=45_000)
    day.live(24)
    day.said = day.said[-MAX_ITEMS:]
    gc.collect()
    before = tracemalloc.get_traced_memory()[0]
    day.live(24)
    day.said = day.said[-MAX_ITEMS:]
    gc.collect()
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    check_day(day)
    took_s = time.perf_counter() - begun_s
    sys.stdout.write(
        f"48 hours, {day.turns:,} turns, {len(day.renewals)} rollovers, 0 items lost, "
        f"{grown / 1_024:+.0f} KiB on the second day; {took_s:.0f} s\n"
    )
    return 0 if grown < MAX_GROWN_BYTES else 1
