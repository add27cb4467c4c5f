"""What becomes of a user's turn, from ears to events; orders to the shell pass among it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from voice.core.server_messages import ServerAction


@dataclass(frozen=True, slots=True)
class UserBegan:
    """The user speaks; the turn will become ``item_id``."""

    item_id: str
    audio_start_ms: int


@dataclass(frozen=True, slots=True)
class UserEnded:
    """The detector closed the turn; ``cause`` says why, for people."""

    item_id: str
    audio_end_ms: int
    silence_ms: int
    audio_ms: int
    cause: str


@dataclass(frozen=True, slots=True)
class TurnReadSoFar:
    """What the recogniser makes of a turn that goes on; all of it may still change."""

    item_id: str
    text: str


@dataclass(frozen=True, slots=True)
class TurnDropped:
    """An announced turn will never become an item: its audio was thrown away."""

    item_id: str


@dataclass(frozen=True, slots=True)
class TurnTranscribed:
    """The words of a committed turn are known; ``error`` where the recogniser failed."""

    item_id: str
    text: str
    error: str | None = None


Signal: TypeAlias = (
    UserBegan | UserEnded | TurnReadSoFar | TurnDropped | TurnTranscribed | ServerAction
)
