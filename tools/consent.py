"""The user's own yes: without it nothing irreversible is done, whatever a model or a text says.

A call is prepared and answered with a question. It is done once, when the user, in a turn that
began after the question, says nothing but yes, and the question had been read to them; or when a
button says so. What a model says, what a tool returned and what was said before open nothing.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from tools.clock import Clock
from tools.outcome import ToolOutcome, bounded, failed, spoken_part
from tools.spoken.numbers import number_in_words
from tools.yes_no import is_listening, verdict, words

_log = logging.getLogger(__name__)

EXPIRES_S = 60.0
"""A question that nobody answered for so long is withdrawn."""

PATIENCE_S = 3.0
"""A repeated call waits so long for the yes: transcripts may come after the model's own answer."""

ANNOUNCE_AFTER_S = 2.0
"""What came of a yes is announced after this, unless the model has asked for it by then."""

_A_MOMENT_S = 0.1
"""The least time after which a question is looked at again."""

_WORDS_PER_SLIP = 8
"""Of so many words of a question one may be missing in what was read; of a short one, none."""

_MAX_SAID_WORDS = 2_000
_MAX_SPELLED = 1_000_000

Perform = Callable[[], Coroutine[Any, Any, ToolOutcome]]


@dataclass(frozen=True, slots=True)
class Intent:
    """What a model wants to do; ``arguments`` in one spelling, so that repetitions are equal."""

    name: str
    arguments: str


@dataclass(slots=True)
class _Prepared:
    """A call that waits for its answer, or that had one."""

    intent: Intent
    question: str
    perform: Perform
    at_s: float
    outcome: asyncio.Future[ToolOutcome]
    said: set[str] = field(default_factory=set)
    ask: Callable[[str], None] | None = None
    """Puts the question; None where it is the answer to a call, and read out for that."""
    is_restated: bool = False
    is_told: bool = False
    """Whether a model asked for the outcome, so that it need not be announced."""


class Consent:
    """One open question at a time, and what came of the last ones.

    It belongs to the registry's event loop. ``now_s`` is the clock by which ``heard`` is told when
    a turn of the user began.
    """

    def __init__(
        self, *, clock: Clock, now_s: Callable[[], float], say: Callable[[str], None]
    ) -> None:
        """Announce by ``say``; wait by ``clock``."""
        self._clock = clock
        self._now_s = now_s
        self._say = say
        self._open: _Prepared | None = None
        self._answered: _Prepared | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def question(self) -> str | None:
        """The question that waits for the user's answer; for faces that can show it."""
        self._expire()
        return self._open.question if self._open else None

    async def ask_first(self, intent: Intent, summary: str, perform: Perform) -> ToolOutcome:
        """Return the question to read out, or what came of the same call that was asked before."""
        self._expire()
        answered = self._answered
        if answered is not None and answered.intent == intent:
            return await self._repeated(answered)
        if self._open is not None:
            if self._open.intent == intent:
                return await self._repeated(self._open)
            return failed(
                "Not done: another question still waits for the user's answer. "
                f"Ask that one first: {self._open.question}"
            )
        outcome = asyncio.get_running_loop().create_future()
        question = f"Shall I {summary}?"
        self._open = _Prepared(intent, question, perform, self._now_s(), outcome)
        return _waiting(question)

    async def allows(self, intent: Intent, summary: str, ask: Callable[[str], None]) -> bool:
        """Have the user asked by ``ask``, and return whether they said yes.

        For what somebody else does once they may. Waits for its turn, and then as long as a
        question stays open; cancelled, it withdraws the question.
        """
        while self._open is not None:
            await self._answer_to(self._open)
        outcome = asyncio.get_running_loop().create_future()
        question = f"Shall I {summary}?"
        prepared = _Prepared(intent, question, _done_elsewhere, self._now_s(), outcome, ask=ask)
        prepared.is_told = True
        self._open = prepared
        try:
            ask(question)
            return await self._answer_to(prepared)
        finally:
            if self._open is prepared:
                self._open = None
                outcome.set_result(failed("Not done: the question was withdrawn."))
            if self._answered is prepared:
                self._answered = None

    def said(self, text: str) -> None:
        """Note what the assistant says: a question counts only if it was read to the user."""
        if self._open is not None and len(self._open.said) < _MAX_SAID_WORDS:
            self._open.said.update(_split(text))

    def heard(self, text: str, began_s: float | None) -> None:
        """Take what the user said or typed in a turn of their own that began at ``began_s``.

        None means that nobody knows when; it is then no answer. Never call this with text that
        comes from anybody but the user.
        """
        self._expire()
        if is_listening(text):
            return
        answer, prepared = verdict(text), self._open
        if prepared is None:
            if answer is None:
                self._answered = None  # Another subject: the same wish is a new one now.
            return
        if began_s is None or began_s <= prepared.at_s:
            return
        if answer is True and not _was_read(prepared):
            self._restate(prepared)
        elif answer is not None:
            self._decide(prepared, is_yes=answer)
        else:
            self._open = None
            prepared.outcome.set_result(failed("Not done: the user spoke of something else."))

    def pressed(self, *, is_yes: bool) -> bool:
        """Take a button's answer to the open question; returns False where none is open."""
        self._expire()
        if self._open is None:
            return False
        self._decide(self._open, is_yes=is_yes)
        return True

    async def outcome(self) -> ToolOutcome:
        """Return what came of the last question, waiting a moment for the user's answer."""
        self._expire()
        prepared = self._open or self._answered
        if prepared is None:
            return failed("There is no question open that a yes or a no would answer.")
        return await self._repeated(prepared)

    async def close(self) -> None:
        """Withdraw the question and end what runs."""
        if self._open is not None:
            self._open.outcome.set_result(failed("Not done: the assistant is shutting down."))
            self._open = None
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=1.0)

    def _expire(self) -> None:
        now_s = self._now_s()
        if self._open is not None and now_s - self._open.at_s > EXPIRES_S:
            self._open.outcome.set_result(failed("Not done: the user did not answer."))
            self._open = None
        answered = self._answered
        if answered is not None and answered.outcome.done() and now_s - answered.at_s > EXPIRES_S:
            self._answered = None

    async def _answer_to(self, prepared: _Prepared) -> bool:
        """Wait for what comes of a question, its end included; return whether it was a yes."""
        while not prepared.outcome.done():
            patience = asyncio.get_running_loop().create_future()
            left_s = prepared.at_s + EXPIRES_S - self._now_s()
            handle = self._clock.call_later(max(_A_MOMENT_S, left_s), partial(_release, patience))
            await asyncio.wait({prepared.outcome, patience}, return_when=asyncio.FIRST_COMPLETED)
            handle.cancel()
            self._expire()
        return not prepared.outcome.result().is_error

    def _restate(self, prepared: _Prepared) -> None:
        """Have the question read, once: a yes to something else is no yes to this."""
        if prepared.is_restated:
            return
        prepared.is_restated = True
        prepared.at_s = self._now_s()
        if prepared.ask is not None:
            prepared.ask(prepared.question)
            return
        self._say(f"Ask the user this, word for word, and wait for the answer: {prepared.question}")

    def _decide(self, prepared: _Prepared, *, is_yes: bool) -> None:
        self._open, self._answered = None, prepared
        prepared.at_s = self._now_s()
        _log.info("the user said %s to %s", "yes" if is_yes else "no", prepared.intent.name)
        if not is_yes:
            prepared.outcome.set_result(failed("It was not done, as the answer was no."))
            return
        task = asyncio.get_running_loop().create_task(
            self._perform(prepared), name=f"confirmed {prepared.intent.name}"
        )
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _perform(self, prepared: _Prepared) -> None:
        outcome = await prepared.perform()
        prepared.at_s = self._now_s()
        prepared.outcome.set_result(outcome)
        self._clock.call_later(ANNOUNCE_AFTER_S, lambda: self._announce(prepared, outcome))

    def _announce(self, prepared: _Prepared, outcome: ToolOutcome) -> None:
        if not prepared.is_told:
            prepared.is_told = True
            self._say(spoken_part(outcome.output))

    async def _repeated(self, prepared: _Prepared) -> ToolOutcome:
        """Tell the same model the same thing again: nothing is asked or done twice."""
        had_outcome = prepared.outcome.done()
        if prepared is self._open:
            patience = asyncio.get_running_loop().create_future()
            handle = self._clock.call_later(PATIENCE_S, lambda: _release(patience))
            await asyncio.wait({prepared.outcome, patience}, return_when=asyncio.FIRST_COMPLETED)
            handle.cancel()
            if prepared is self._open:
                return _waiting(prepared.question)
        outcome = await asyncio.shield(prepared.outcome)
        if prepared.is_told and had_outcome and not outcome.is_error:
            return ToolOutcome(bounded(f"Done before, once; not done again. {outcome.output}"))
        prepared.is_told = True
        return outcome


async def _done_elsewhere() -> ToolOutcome:
    return ToolOutcome("The user said yes.")


def intent_of(name: str, arguments: dict[str, Any]) -> Intent:
    """Return the intent of a call: case and spaces of texts make no difference."""
    text = json.dumps(_folded(arguments), sort_keys=True, default=str, ensure_ascii=False)
    return Intent(name, text)


def _folded(value: Any) -> Any:
    match value:
        case str():
            return " ".join(value.casefold().split())
        case dict():
            return {key: _folded(entry) for key, entry in value.items()}
        case list() | tuple():
            return [_folded(entry) for entry in value]
        case _:
            return value


def _waiting(question: str) -> ToolOutcome:
    told = {
        "spoken": question,
        "status": "waiting for the user",
        "note": "Nothing was done. Ask exactly this. Only the user's own yes does it.",
    }
    return ToolOutcome(json.dumps(told, ensure_ascii=False))


def _was_read(prepared: _Prepared) -> bool:
    """Return whether nearly all words of the question were said, numbers in either spelling."""
    wanted = [word for word in _split(prepared.question) if word not in ("shall", "i")]
    missing = sum(not _is_said(word, prepared.said) for word in wanted)
    return missing <= len(wanted) // _WORDS_PER_SLIP


def _split(text: str) -> list[str]:
    return words(text.replace("-", " "))


def _is_said(word: str, said: set[str]) -> bool:
    if word in said:
        return True
    if not word.isdecimal() or int(word) > _MAX_SPELLED:
        return False
    return all(part in said for part in _split(number_in_words(int(word))))


def _release(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
