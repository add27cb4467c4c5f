"""What tools may know and ask of the session that they are called in, gathered from its updates."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from voice.core.updates import (
    AssistantTranscript,
    EndpointChanged,
    Interrupted,
    QuestionAsked,
    TranscriptCorrected,
    Update,
    UserTranscript,
)

MAX_TURNS = 60
MAX_TURN_CHARS = 4_000

Role: TypeAlias = Literal["user", "assistant"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a session is: names, never addresses or keys; empty where nobody knows."""

    endpoint: str = ""
    model: str = ""
    language: str = ""
    has_speaker: bool = False
    has_screen: bool = False


class ToolSurroundings:
    """Puts the questions of tools to one session, and keeps what was said in it.

    Everything belongs to the session's loop, but ``conversation`` and ``place``, which any thread
    may read.
    """

    def __init__(self, *, now_s: Callable[[], float] = time.monotonic) -> None:
        """Belong to no session yet; ``now_s`` is the clock by which turns begin."""
        self.place = Place()
        self._places: tuple[Place, ...] = ()
        self._index = 0
        self._now_s = now_s
        self._ask: Callable[[str], None] | None = None
        self._over: Callable[[], None] | None = None
        self._answer: asyncio.Future[str] | None = None
        self._asked_s: float | None = None
        self._turns: OrderedDict[str, tuple[Role, str]] = OrderedDict()
        self._typed = 0
        self._shown: tuple[tuple[Role, str], ...] = ()

    def attach(self, ask: Callable[[str], None], over: Callable[[], None], *places: Place) -> None:
        """Belong to a session, whose ``ask`` puts a question and whose ``over`` takes it back.

        ``places`` are where it may be, in the order of its endpoints; it may have left the first.
        """
        self._ask, self._over, self._places = ask, over, places
        self._be_at(self._index)

    async def ask(self, question: str) -> str | None:
        """Have the assistant ask, and return the words of the answer; None before the session."""
        if self._ask is None or self._over is None:
            return None
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._answer = answer
        self._asked_s = None
        self._ask(question)
        try:
            return await answer
        finally:
            self._answer = None
            self._over()

    async def free(self) -> None:
        """Wait until no tool waits for the user."""
        while self._answer is not None:
            await asyncio.wait({self._answer})
            await asyncio.sleep(0)  # Whoever asked takes the answer in this turn of the loop.

    def conversation(self) -> tuple[tuple[Role, str], ...]:
        """Return the last turns, oldest first, answers as far as they were heard."""
        return self._shown

    def take(self, update: Update) -> None:
        """See one update of the session."""
        match update:
            case EndpointChanged(index=index):
                self._be_at(index)
            case QuestionAsked():
                self._asked_s = self._now_s()
            case UserTranscript(item_id=item_id, text=text, is_final=True):
                self._note(item_id, "user", text)
            case AssistantTranscript(item_id=item_id, text=text, is_final=is_final):
                self._grow(item_id, text, is_whole=is_final)
            case Interrupted(item_id=item_id, heard_text=text):
                self._note(item_id, "assistant", text)
            case TranscriptCorrected(item_id=item_id, heard_text=text):
                self._note(item_id, "assistant", text)

    def answered(self, text: str, began_s: float | None) -> bool:
        """Take a turn of the user that began at ``began_s``; return whether a tool waited for it.

        A turn from before the question, or without words, is no answer.
        """
        answer, asked_s = self._answer, self._asked_s
        if answer is None or answer.done() or asked_s is None or not text.strip():
            return False
        if began_s is None or began_s < asked_s:
            return False
        answer.set_result(text)
        return True

    def typed(self, text: str) -> None:
        """Note a line that the user typed."""
        self._typed += 1
        self._note(f"typed {self._typed}", "user", text)

    def _be_at(self, index: int) -> None:
        """Be at one of the places, or note it where they are not known yet."""
        self._index = index
        if index < len(self._places):
            self.place = self._places[index]

    def _grow(self, item_id: str, text: str, *, is_whole: bool) -> None:
        before = self._turns.get(item_id, ("assistant", ""))[1]
        if is_whole:
            # The pieces were there before; an endpoint that sends none says it all here.
            text = before or text
        else:
            text = before + text
        self._note(item_id, "assistant", text)

    def _note(self, item_id: str, role: Role, text: str) -> None:
        if text.strip():
            self._turns[item_id] = (role, text.strip("\n")[:MAX_TURN_CHARS])
        else:
            self._turns.pop(item_id, None)
        while len(self._turns) > MAX_TURNS:
            self._turns.popitem(last=False)
        self._shown = tuple((role, said.strip()) for role, said in self._turns.values())
