"""What a program lets its tools know and ask of the conversation that they are called in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

MAX_SAID = 50
"""Turns of the conversation that a tool is shown, the newest."""


class Said(NamedTuple):
    """One turn: who spoke, and what was heard of it."""

    role: Literal["user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """Where a tool is called; texts are empty where nobody knows.

    ``endpoint`` is a name, not an address. ``language`` is a code such as ``en``. ``has_speaker``
    says whether answers are heard, ``has_screen`` whether somebody can be shown something.
    """

    endpoint: str = ""
    model: str = ""
    language: str = ""
    has_speaker: bool = False
    has_screen: bool = False


def _silence() -> tuple[Said, ...]:
    return ()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the program hands in; all of it may be called from any thread but ``ask``.

    ``ask`` puts a question to the user and waits for the answer, on the registry's loop; it may be
    cancelled at any time. It returns None where nobody can be asked.
    """

    ask: Callable[[str], Awaitable[str | None]] | None = None
    conversation: Callable[[], tuple[Said, ...]] = field(default=_silence)
    session: Callable[[], SessionFacts] = field(default=SessionFacts)
