"""Feeds one event to a core and performs what it asks for, in the one right order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Protocol

from voice.core.messages import Action, Input
from voice.protocol.server_events import ServerEvent


class Core(Protocol):
    """What is fed: ClientCore, or something that wraps one."""

    def handle(self, event: ServerEvent | Input, now_ms: int) -> list[Action]:
        """Take one event and return what is to be done."""
        ...


def feed(
    core: Core,
    event: ServerEvent | Input,
    now_ms: int,
    perform: Callable[[Action], Input | None],
) -> None:
    """Let ``core`` take ``event`` and have its actions performed in list order.

    Where ``perform`` answers with an input, that input is fed, and what it leads to performed,
    before anything else: nothing slips between a flush and its truncate (DESIGN §5).
    """
    actions = core.handle(event, now_ms)
    for position, action in enumerate(actions):
        answer = perform(action)
        if answer is not None:
            rest = deque(actions[position + 1 :])  # bounded: one step's actions
            _perform_all(core, answer, rest, now_ms, perform)
            return


def _perform_all(
    core: Core,
    answer: Input | None,
    waiting: deque[Action],
    now_ms: int,
    perform: Callable[[Action], Input | None],
) -> None:
    """Go on after the first answer: answers first, then what still waits."""
    while answer is not None or waiting:
        if answer is not None:
            waiting.extendleft(reversed(core.handle(answer, now_ms)))
            answer = None
            continue
        answer = perform(waiting.popleft())
