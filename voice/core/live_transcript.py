"""The words of a turn while it is spoken: from guesses that change to text that only grows.

The recogniser reads the turn so far again and again. Its newest words may still change, so a word
is told only once two readings in a row agree on it and another word follows it. What was told is
never taken back; the completed transcript has the last word (PROTOCOL §2.15).
"""

from __future__ import annotations


class LiveTranscript:
    """What was told of one turn. ``told`` is the concatenation of all deltas."""

    def __init__(self) -> None:
        self.told = ""
        self._count = 0
        self._guess: list[str] = []

    def guess(self, text: str) -> str:
        """Take the words so far; return the delta to tell now, mostly empty."""
        words = text.split()
        agreed = 0
        for old, new in zip(self._guess, words[:-1], strict=False):
            if old != new:
                break
            agreed += 1
        self._guess = words
        return self._tell(words, agreed)

    def finish(self, text: str) -> str:
        """Take the completed transcript; return the rest of it, as the last delta.

        Where words that were told turn out to be others, the rest begins after as many words.
        """
        if text.startswith(self.told):
            rest = text[len(self.told) :]
            self.told = text
            return rest
        words = text.split()
        return self._tell(words, len(words))

    def _tell(self, words: list[str], count: int) -> str:
        fresh = words[self._count : count]
        if not fresh:
            return ""
        delta = (" " if self.told else "") + " ".join(fresh)
        self.told += delta
        self._count = count
        return delta
