"""Random conversations: a client core between a capricious endpoint and a capricious person.

``python -m voice.testing.walk --steps 100000 --seed 1`` walks so many steps and says whether every
property held. Whoever chooses the moves hands in ``pick``: a random generator here, Hypothesis in
the tests.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from typing import Any

from voice.core import client_actions as act
from voice.core import client_inputs as inp
from voice.core.updates import Phase
from voice.protocol.capabilities import Capabilities
from voice.protocol.server_events import ServerEvent, UnknownEvent
from voice.protocol.session_config import (
    AudioConfig,
    AudioInputConfig,
    ServerVad,
    SessionConfig,
)
from voice.testing import events
from voice.testing.pure_shell import PureShell
from voice.testing.walk_links import Pick, WalkedLinks
from voice.testing.watcher import PropertyBroken, Watcher

STEPS_PER_CONVERSATION = 400


class WatchedShell(PureShell):
    """A shell whose every event and action a watcher sees."""

    watcher: Watcher

    def handle(self, event: ServerEvent | inp.Input, now_ms: int) -> list[act.Action]:
        """Show the event to the watcher, then let the core take it."""
        self.watcher.event(event, now_ms)
        return super().handle(event, now_ms)

    def perform(self, action: act.Action) -> inp.Input | None:
        """Show the action to the watcher, then do it."""
        self.watcher.action(action)
        return super().perform(action)


class ClientWalk:
    """One random conversation; each step is one move of the endpoint or of the person."""

    def __init__(self, pick: Pick) -> None:
        self._pick = pick
        rules = self._one_of(ServerVad(), ServerVad(interrupt_response=False), None)
        self._has_buttons = rules is None
        shell = self.shell = WatchedShell(
            SessionConfig(audio=AudioConfig(input=AudioInputConfig(turn_detection=rules))),
            capabilities=self._one_of(
                Capabilities(),
                Capabilities(cancels_on_speech=False),
                Capabilities(can_truncate=False, can_retrieve=False),
                Capabilities(session_limit_s=30),
            ),
            push_to_talk=rules is None and bool(pick(2)),
            cancellable_tools=frozenset({"search"}),
        )
        interrupts = isinstance(rules, ServerVad) and rules.interrupt_response
        self.watcher = shell.watcher = Watcher(shell.speaker, endpoint_interrupts=interrupts)
        self._links = WalkedLinks(pick, self._feed, self._begin_session)
        self._count = 0
        self._seen = 0
        self._responses: list[str] = []
        self._ended_responses: list[str] = []
        self._items: dict[str, list[str]] = {}
        self._calls: list[str] = []
        self._answered: set[str] = set()
        shell.feed(inp.Started())
        self._follow()
        self._links.open(surely=True)

    def step(self) -> None:
        """Make one move; raises PropertyBroken."""
        self.move(self._one_of(*MOVES))

    def move(self, name: str) -> None:
        """Make the move of this name."""
        getattr(self, f"_{name}")()

    def finish(self) -> None:
        """Let everything come to its end, and check what must be true then."""
        shell = self.shell
        self._come_back()
        for response_id in list(self._responses):
            self._feed(events.response_done(response_id, "cancelled"))
        if self._has_buttons:
            self._feed(inp.UserPressed(inp.Button.TALK_UP))
        else:
            self._feed(events.speech_started("user_last"))
            self._feed(events.speech_stopped("user_last"))
        for call_id in sorted(self.watcher.started):
            self._feed(inp.ToolFinished(call_id, "done"))
        for _ in range(40):
            self._advance(5_000)
            self._come_back()
            if self._links.requests:
                self._answer_request()
                self._feed(events.response_done(self._responses.pop()))
        self.watcher.finish()
        if shell.core.phase is not Phase.LISTENING:
            raise PropertyBroken(f"not quiet in the end, but {shell.core.phase.value}")
        self._end()

    def _come_back(self) -> None:
        """Let the network be well until there is a session again."""
        for _ in range(100):
            if self._links.is_up:
                return
            if not self._links.is_dialling:
                self._advance(30_000)
            self._links.open(surely=True)
        raise PropertyBroken("property 8: no session came back on a network that is well")

    def _end(self) -> None:
        """End the session in one of its ways, after which nothing may happen any more."""
        shell = self.shell
        self._feed(self._one_of(inp.HangUp(), inp.LinkDown(401, "refused", is_auth=True)))
        for name in MOVES:
            before = len(shell.done)
            self.move(name)
            if len(shell.done) != before:
                raise PropertyBroken(f"property 5: something happened after the end: {name}")
        if not shell.replays():
            raise PropertyBroken("property 6: the log gives other actions")

    # --- moves of the person ----------------------------------------------------------------------

    def _mic(self) -> None:
        for _ in range(1 + self._pick(20)):
            self._feed(inp.MicFrame(bytes(960)))

    def _wait(self) -> None:
        self._advance(self._one_of(1, 20, 100, 400, 1_000, 3_000))

    def _wait_long(self) -> None:
        if self._pick(8) == 0:
            self._advance(self._one_of(10_000, 61_000))

    def _type(self) -> None:
        self._feed(inp.UserTyped("words"))

    def _press(self) -> None:
        buttons = [inp.Button.INTERRUPT, inp.Button.MUTE, inp.Button.UNMUTE]
        if self._has_buttons:
            buttons += [inp.Button.TALK_DOWN, inp.Button.TALK_UP]
        self._feed(inp.UserPressed(self._one_of(*buttons)))

    def _hear_near(self) -> None:
        self._feed(inp.NearSpeech("a sound"))

    def _judge(self) -> None:
        self._feed(inp.NearVerdict(self._one_of(*inp.NearKind), "words", "a cause"))

    def _hear_mere_sound(self) -> None:
        """Let both ears hear a sound that is none of ours to answer, the ear first."""
        self._hear_near()
        if not self._has_buttons and self._pick(2):
            self._hear()
        if self._pick(2):
            self._advance(self._one_of(100, 300))
            self._speak()
        if self._pick(2):
            self._finish_response()
        if self._pick(8):
            self._feed(inp.NearVerdict(inp.NearKind.BACKCHANNEL, "mm-hm"))
        if self._pick(2):
            self._hear()

    def _change_device(self) -> None:
        self._feed(inp.DeviceChanged("microphone", "USB", bool(self._pick(2)), "unplugged"))

    def _commit(self) -> None:
        self._feed(inp.CommitTurn())

    def _announce(self) -> None:
        self._feed(inp.Announce("tea"))

    def _finish_tool(self) -> None:
        known = sorted(self.watcher.started)
        call_id = self._one_of(*known) if known and self._pick(8) else "call_nobody"
        is_error, speak = self._pick(5) == 0, self._pick(4) > 0
        self._feed(inp.ToolFinished(call_id, "output", speak=speak, is_error=is_error))

    def _spoil_frame(self) -> None:
        if self._pick(4) == 0:
            self._feed(inp.FrameRefused("expected a frame of JSON"))
            self._advance(1_000)

    # --- moves of the endpoint --------------------------------------------------------------------

    def _hear(self) -> None:
        if not self._has_buttons:
            self._feed(events.speech_started(self._new("user")))

    def _hear_no_more(self) -> None:
        if not self._has_buttons:
            item_id = f"user_{self._count}"
            what = self._one_of(events.speech_stopped, events.committed)
            self._feed(what(item_id))

    def _transcribe(self) -> None:
        self._feed(events.transcribed(f"user_{self._count}", "words"))

    def _answer_request(self) -> None:
        if self._links.requests:
            self._links.requests.pop(0)
            self._begin()

    def _begin(self) -> None:
        response_id = self._new("response")
        self._responses.append(response_id)
        self._feed(events.response_created(response_id))

    def _begin_again(self) -> None:
        self._feed(events.response_created(self._any_response()))

    def _refuse(self) -> None:
        code = self._one_of("conversation_already_has_active_response", "rate_limit_exceeded")
        requests = self._links.requests
        event_id = requests.pop(0) if requests else None
        self._feed(events.error(code, event_id=self._one_of(event_id, event_id, None)))

    def _fail(self) -> None:
        code = self._one_of("response_cancel_not_active", "invalid_value", "server_error", None)
        kind = self._one_of("truncate_1", "cancel_1", "add_1", None)
        self._feed(events.error(code, event_id=kind))

    def _speak(self) -> None:
        response_id = self._any_response()
        item_id = self._item(response_id)
        for _ in range(1 + self._pick(3)):
            self._feed(events.words(response_id, item_id, "some words "))
            index = self._pick(8) // 7
            ms = self._one_of(20, 100, 400, 1_500)
            self._feed(events.audio_delta(response_id, item_id, ms, index=index))

    def _speak_of_nobody(self) -> None:
        response_id = self._one_of("", self._new("ghost"))
        self._feed(events.audio_delta(response_id, self._new("reply"), 100))

    def _complete_part(self) -> None:
        response_id = self._any_response()
        item_id = self._item(response_id)
        self._feed(events.audio_done(response_id, item_id))
        self._feed(events.words_done(response_id, item_id, "some words "))

    def _complete_item(self) -> None:
        response_id = self._any_response()
        status = self._one_of("completed", "incomplete")
        item = events.assistant_item(self._item(response_id), "some words ", status=status)
        self._feed(events.item_done(response_id, item))

    def _call(self) -> None:
        call_id = self._new("call")
        if len(self._calls) > 150:
            return
        if self._calls and self._pick(4) == 0:
            call_id = self._one_of(*self._calls)
        self._calls.append(call_id)
        status = "incomplete" if self._pick(8) == 0 else "completed"
        name = self._one_of("clock", "search")
        self._feed(events.call_done(self._any_response(), call_id, name, status=status))

    def _finish_response(self) -> None:
        if not self._responses:
            return
        response_id = self._responses.pop(self._pick(len(self._responses)))
        self._ended_responses.append(response_id)
        status = self._one_of("completed", "cancelled", "failed", "incomplete")
        output = (
            [_call_item(self._one_of(*self._calls))] if self._calls and self._pick(4) == 0 else []
        )
        self._feed(events.response_done(response_id, status, output=output))

    def _finish_any(self) -> None:
        self._feed(events.response_done(self._one_of(self._any_response(), self._new("ghost"))))

    def _acknowledge(self) -> None:
        created = self._links.created
        if created:
            item = self._one_of(*created[-3:]).item
            self._feed(events.item_added(item.to_wire()))

    def _cut(self) -> None:
        item_id = self._item(self._any_response())
        self._feed(events.truncated(item_id))
        self._feed(events.retrieved(events.assistant_item(item_id, "some ")))

    def _delete(self) -> None:
        self._feed(events.deleted(self._item(self._any_response())))

    def _reconfigure(self) -> None:
        self._feed(events.session_updated())

    def _surprise(self) -> None:
        self._feed(UnknownEvent(self._new("from.the.future"), None, {}))

    # --- odds and ends ----------------------------------------------------------------------------

    def _feed(self, event: ServerEvent | inp.Input) -> None:
        """Feed an event; an endpoint to which there is no connection has nothing to say."""
        if self._links.is_up or isinstance(event, inp.Input):
            self.shell.feed(event)
            self._follow()

    def _advance(self, ms: int) -> None:
        self.shell.advance(ms)
        self._follow()

    def _follow(self) -> None:
        """Let the network see what the core did since it looked last."""
        while self._seen < len(self.shell.done):
            action = self.shell.done[self._seen]
            self._seen += 1
            self._links.follow(action)

    def _begin_session(self) -> None:
        """Forget what an endpoint knew; some count their ids anew."""
        self._responses, self._ended_responses, self._items = [], [], {}
        if self._pick(2):
            self._count = 0

    # --- moves of the network ---------------------------------------------------------------------

    def _open_link(self) -> None:
        self._links.open()

    def _lose_link(self) -> None:
        if self._pick(4) == 0:
            self._links.lose()

    def _open_standby(self) -> None:
        self._links.open_standby()

    def _sleep(self) -> None:
        if self._pick(16) == 0:
            self._feed(inp.ClockJumped())

    def _any_response(self) -> str:
        """Return mostly the newest response, sometimes an older one, or one that is over."""
        if self._responses and self._pick(4):
            return self._responses[-1]
        chosen: str = self._one_of("response_0", *self._responses, *self._ended_responses[-5:])
        return chosen

    def _item(self, response_id: str) -> str:
        """Return an item of a response, now and then a new one."""
        items = self._items.setdefault(response_id, [])
        if not items or self._pick(6) == 0:
            items.append(self._new("reply"))
        chosen: str = items[-1] if self._pick(6) else self._one_of(*items)
        return chosen

    def _new(self, kind: str) -> str:
        self._count += 1
        return f"{kind}_{self._count}"

    def _one_of(self, *options: Any) -> Any:
        return options[self._pick(len(options))]


MOVES = tuple(
    name
    for name, weight in {
        "mic": 3, "wait": 6, "wait_long": 1, "type": 2, "press": 3, "commit": 2, "announce": 1,
        "hear_near": 3, "judge": 4, "hear_mere_sound": 3, "change_device": 1,
        "finish_tool": 4, "spoil_frame": 1, "hear": 3, "hear_no_more": 4, "transcribe": 1,
        "answer_request": 6, "begin": 2, "begin_again": 1, "refuse": 2, "fail": 1, "speak": 8,
        "speak_of_nobody": 1, "complete_part": 2, "complete_item": 2, "call": 4,
        "finish_response": 6, "finish_any": 1, "acknowledge": 3, "cut": 1, "delete": 1,
        "reconfigure": 1, "surprise": 1, "open_link": 12, "lose_link": 2, "open_standby": 4,
        "sleep": 1,
    }.items()
    for _ in range(weight)
)  # fmt: skip
"""Names of moves, each as often as it is likely."""


def _call_item(call_id: str) -> dict[str, Any]:
    return {
        "type": "function_call",
        "id": f"item_of_{call_id}",
        "name": "clock",
        "call_id": call_id,
        "arguments": "{}",
    }


def walk(steps: int, seed: int) -> int:
    """Walk so many steps over fresh conversations; return how many conversations it took.

    Raises PropertyBroken, naming the seed of the conversation that broke it.
    """
    conversations = 0
    while steps > 0:
        generator = random.Random(f"{seed}/{conversations}")
        length = min(steps, STEPS_PER_CONVERSATION)
        try:
            conversation = ClientWalk(generator.randrange)
            for _ in range(length):
                conversation.step()
            conversation.finish()
        except Exception as exc:
            exc.add_note(f"conversation {conversations} of seed {seed}")
            raise
        steps -= length
        conversations += 1
    return conversations


def main() -> None:
    """Walk from the command line."""
    parser = argparse.ArgumentParser(description="Walk random conversations of the client core.")
    parser.add_argument("--steps", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    begun = time.perf_counter()
    conversations = walk(options.steps, options.seed)
    took_s = time.perf_counter() - begun
    sys.stdout.write(
        f"client core: {options.steps:,} random steps in {conversations} conversations, "
        f"{took_s:.1f} s, {options.steps / took_s:,.0f} steps/s: all properties held\n"
    )


if __name__ == "__main__":
    main()
