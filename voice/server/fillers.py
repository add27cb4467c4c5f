"""What is said while a brain is silent, and when it has failed: a caller is not left in silence."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

from voice.engines.ports import BrainFinished

LATER_S = 8.0
"""Silence after a filler before another one."""

APOLOGY_REST_S = 20.0
"""One apology serves for so long: a client may ask again and again by itself."""


@dataclass(frozen=True, slots=True)
class FillerTexts:
    """What may be said, and after how much silence; ``apology`` "" and ``after_s`` 0 for never.

    ``no_answer`` is for an answer without a word, ``withheld`` for one that a filter kept back,
    ``no_room`` for one whose tokens were used up before its first word, such as by thinking.
    """

    sentences: tuple[str, ...]
    apology: str = ""
    after_s: float = 1.5
    no_answer: str = "I have no answer to that."
    withheld: str = "The model may not answer that."
    no_room: str = "I ran out of room before I could answer that."


class Fillers:
    """The fillers of one conversation: each is another one than the last."""

    def __init__(self, texts: FillerTexts, *, now_s: Callable[[], float] = time.monotonic) -> None:
        """Begin with the first sentence; ``now_s`` tells the time."""
        self._texts = texts
        self._now_s = now_s
        self._numbers = count()
        self._quiet_until_s = float("-inf")

    def wait_s(self, said: int) -> float | None:
        """Return how much silence to allow after ``said`` fillers; None for any."""
        if not self._texts.sentences or not self._texts.after_s:
            return None
        return LATER_S if said else self._texts.after_s

    def next(self) -> str:
        """Return what to say now; it ends in a space, for the answer follows."""
        sentences = self._texts.sentences
        return sentences[next(self._numbers) % len(sentences)].strip() + " "

    def instead_of(self, finished: BrainFinished) -> str:
        """Return what to say for an answer that ended without a word."""
        match finished.reason:
            case "stop" | "tool_calls":
                return self._texts.no_answer
            case "content_filter":
                return self._texts.withheld
            case "length":
                return self._texts.no_room

    def apology(self, *, after_words: bool = False) -> str:
        """Return what to say after a failure, "" where it was said a moment ago.

        ``after_words`` sets it apart from an answer that broke off.
        """
        now_s = self._now_s()
        if now_s < self._quiet_until_s or not self._texts.apology:
            return ""
        self._quiet_until_s = now_s + APOLOGY_REST_S
        return f" {self._texts.apology}" if after_words else self._texts.apology
