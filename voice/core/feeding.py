"""Feeds one event to a core and performs what it asks for, in the one right order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeAlias

from voice.core.client_actions import Action
from voice.core.client_inputs import Input
from voice.protocol.server_events import ServerEvent


class Core(Protocol):
    """What is fed: ClientCore, or something that wraps one."""

    def handle(self, event: ServerEvent | Input, now_ms: int) -> list[Action]:
        """Take one event and return what is to be done."""
        ...


Acts: TypeAlias = Mapping[type, Callable[[Any], Input | None]]
"""How to perform each type of action; what it returns is fed before anything else."""


def feed(core: Core, event: ServerEvent | Input, now_ms: int, acts: Acts) -> None:
    """Let ``core`` take ``event`` and have its actions performed in list order.

    Where an act answers with an input, that input is fed, and what it leads to performed, before
    anything else: nothing slips between a flush and its truncate (DESIGN §5).
    """
    position = 0
    actions = core.handle(event, now_ms)
    for action in actions:
        position += 1
        answer = acts[type(action)](action)
        if answer is not None:
            rest = deque(actions[position:])  # bounded: one step's actions
            _perform_all(core, answer, rest, now_ms, acts)
            return


def _perform_all(
    core: Core, answer: Input | None, waiting: deque[Action], now_ms: int, acts: Acts
) -> None:
    """Go on after the first answer: answers first, then what still waits."""
    while answer is not None or waiting:
        if answer is not None:
            waiting.extendleft(reversed(core.handle(answer, now_ms)))
            answer = None
            continue
        action = waiting.popleft()
        answer = acts[type(action)](action)
