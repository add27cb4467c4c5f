"""Brings what the user says, types or presses to the questions that tools ask them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from voice.core.bounded import BoundedDict
from voice.core.updates import AssistantTranscript, Update, UserSpeechStarted, UserTranscript
from voice.tool_surroundings import ToolSurroundings

_MAX_TURNS = 64


class Asker(Protocol):
    """What waits for answers, as the tools' ``Consent`` does."""

    @property
    def question(self) -> str | None:
        """The question that is open; None where there is none."""
        ...

    def said(self, text: str) -> None:
        """Take what the assistant says."""
        ...

    def heard(self, text: str, began_s: float | None) -> None:
        """Take a turn of the user and when it began."""
        ...

    def pressed(self, *, is_yes: bool) -> bool:
        """Take a button's answer."""
        ...


class UserAnswers:
    """An observer of one session.

    Only whole transcripts of the user's own speech, typed lines and buttons are passed on as
    answers: no text of the endpoint's model, of a tool or of the history ever is.
    """

    def __init__(
        self,
        asker: Asker,
        *,
        now_s: Callable[[], float] = time.monotonic,
        around: ToolSurroundings | None = None,
    ) -> None:
        """Bring answers to ``asker``, whose clock is ``now_s``.

        What answers the question of a tool, of which ``around`` knows, answers nothing else: a yes
        to that must not be one to something irreversible.
        """
        self._asker = asker
        self._around = around
        self._now_s = now_s
        self._began_s: BoundedDict[str, float] = BoundedDict(_MAX_TURNS)
        self._nameless_s: float | None = None

    def take(self, update: Update) -> None:
        """See one update of the session."""
        if self._around is not None:
            self._around.take(update)
        match update:
            case UserSpeechStarted(item_id=""):
                self._nameless_s = self._now_s()
            case UserSpeechStarted(item_id=item_id):
                self._began_s[item_id] = self._now_s()
            case UserTranscript(item_id=item_id, text=text, is_final=True):
                self._heard(text, self._began(item_id))
            case AssistantTranscript(text=text):
                self._asker.said(text)

    def typed(self, text: str) -> None:
        """Take a line that the user typed."""
        if self._around is not None:
            self._around.typed(text)
        self._heard(text, self._now_s())

    @property
    def question(self) -> str | None:
        """The question that waits for a yes or a no; None where there is none."""
        return self._asker.question

    def pressed(self, *, is_yes: bool) -> bool:
        """Take a button; returns False where no question is open."""
        around = self._around
        if around is not None and around.answered("yes" if is_yes else "no", self._now_s()):
            return True
        return self._asker.pressed(is_yes=is_yes)

    def _heard(self, text: str, began_s: float | None) -> None:
        if self._around is None or not self._around.answered(text, began_s):
            self._asker.heard(text, began_s)

    def _began(self, item_id: str) -> float | None:
        """Return when a turn began; None where the endpoint did not say, and no turn is nameless.

        A nameless start is used up by the first transcript that has none of its own.
        """
        if item_id in self._began_s:
            return self._began_s[item_id]
        began_s, self._nameless_s = self._nameless_s, None
        return began_s
