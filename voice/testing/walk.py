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

from voice.core import client_actions as act
from voice.core import client_inputs as inp
from voice.core.updates import Phase
from voice.protocol.capabilities import Capabilities
from voice.protocol.server_events import ServerEvent
from voice.protocol.session_config import (
    AudioConfig,
    AudioInputConfig,
    ServerVad,
    SessionConfig,
)
from voice.testing.pure_shell import PureShell
from voice.testing.walk_endpoint import WalkedEndpoint
from voice.testing.walk_links import WalkedLinks
from voice.testing.walk_person import WalkedPerson
from voice.testing.walk_pick import Pick, one_of
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
    """One random conversation; each step is one move of the person, the endpoint or the network."""

    def __init__(self, pick: Pick) -> None:
        self._pick = pick
        rules = one_of(pick, ServerVad(), ServerVad(interrupt_response=False), None)
        self._has_buttons = rules is None
        shell = self.shell = WatchedShell(
            SessionConfig(audio=AudioConfig(input=AudioInputConfig(turn_detection=rules))),
            capabilities=one_of(
                pick,
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
        self._seen = 0
        links = self._links = WalkedLinks(pick, self._feed, self._begin_session)
        self._person = WalkedPerson(
            pick, self._feed, self._advance, self.watcher.started, has_buttons=self._has_buttons
        )
        self._endpoint = WalkedEndpoint(
            pick, self._feed, self._advance, links, has_buttons=self._has_buttons
        )
        self._sides = {
            "person": self._person, "endpoint": self._endpoint, "network": links, "both": self,
        }  # fmt: skip
        shell.feed(inp.Started())
        self._follow()
        self._links.open(surely=True)

    def step(self) -> None:
        """Make one move; raises PropertyBroken."""
        self.move(one_of(self._pick, *MOVES))

    def move(self, name: str) -> None:
        """Make the move of this name, which says whose it is."""
        side, _, what = name.partition(".")
        getattr(self._sides[side], what)()

    def hear_mere_sound(self) -> None:
        """Let both ears hear a sound that is none of ours to answer, the ear first."""
        person, endpoint, pick = self._person, self._endpoint, self._pick
        person.hear_near()
        if not self._has_buttons and pick(2):
            endpoint.hear()
        if pick(2):
            self._advance(one_of(pick, 100, 300))
            endpoint.speak()
        if pick(2):
            endpoint.finish_response()
        if pick(8):
            self._feed(inp.NearVerdict(inp.NearKind.BACKCHANNEL, "mm-hm"))
        if pick(2):
            endpoint.hear()

    def finish(self) -> None:
        """Let everything come to its end, and check what must be true then."""
        shell = self.shell
        self._come_back()
        self._endpoint.cancel_all()
        if self._has_buttons:
            self._feed(inp.UserPressed(inp.Button.TALK_UP))
        else:
            self._endpoint.hear_last()
        for call_id in sorted(self.watcher.started):
            self._feed(inp.ToolFinished(call_id, "done"))
        for _ in range(40):
            self._advance(5_000)
            self._come_back()
            self._endpoint.answer_wholly()
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
        refusal = inp.LinkDown(401, "refused", is_auth=True)
        self._feed(inp.HangUp() if self._pick(2) == 0 else refusal)
        for name in MOVES:
            before = len(shell.done)
            self.move(name)
            if len(shell.done) != before:
                raise PropertyBroken(f"property 5: something happened after the end: {name}")
        if not shell.replays():
            raise PropertyBroken("property 6: the log gives other actions")

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
        self._endpoint.begin_session()


MOVES = tuple(
    name
    for name, weight in {
        "person.mic": 3, "person.wait": 6, "person.wait_long": 1, "person.type": 2,
        "person.press": 3, "person.commit": 2, "person.announce": 1, "person.hear_near": 3,
        "person.judge": 4, "both.hear_mere_sound": 3, "person.change_device": 1,
        "person.finish_tool": 4, "endpoint.spoil_frame": 1, "endpoint.hear": 3,
        "endpoint.hear_no_more": 4, "endpoint.transcribe": 1, "endpoint.answer_request": 6,
        "endpoint.begin": 2, "endpoint.begin_again": 1, "endpoint.refuse": 2, "endpoint.fail": 1,
        "endpoint.speak": 8, "endpoint.speak_of_nobody": 1, "endpoint.complete_part": 2,
        "endpoint.complete_item": 2, "endpoint.call": 4, "endpoint.finish_response": 6,
        "endpoint.finish_any": 1, "endpoint.acknowledge": 3, "endpoint.cut": 1,
        "endpoint.delete": 1, "endpoint.reconfigure": 1, "endpoint.surprise": 1,
        "network.open": 12, "network.lose": 2, "network.open_standby": 4, "person.sleep": 1,
    }.items()
    for _ in range(weight)
)  # fmt: skip
"""Names of moves, each as often as it is likely."""


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
