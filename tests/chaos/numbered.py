"""Sound and words that carry numbers, so that what was heard proves where it came from.

Two samples make one 32-bit number, and no number is ever used twice in a run: a sound that is
heard again, or out of order, cannot hide. Words are numbered in the same way.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

PAIRS_PER_MS = 12
"""Pairs of samples in a millisecond of PCM16 at 24 kHz."""

_WORD = re.compile(r"\bw(\d+)\b")
_QUESTION = re.compile(r"\bquestion (\d+)\b")


class Numbered:
    """Hands out numbers, as sound and as words."""

    def __init__(self, first_pair: int = 1) -> None:
        self._pair = first_pair
        self._word = 0

    def sound(self, ms: int) -> bytes:
        """Return ``ms`` of PCM16 at 24 kHz that was never handed out before, none of it silent."""
        count = ms * PAIRS_PER_MS
        pairs = np.arange(self._pair, self._pair + count, dtype="<i4")
        self._pair += count
        return pairs.tobytes()

    @property
    def next_pair(self) -> int:
        """The number that the next sound begins with."""
        return self._pair

    def word(self) -> str:
        """Return the next word."""
        self._word += 1
        return f"w{self._word}"


def numbers_of(pcm: bytes) -> np.ndarray:
    """Return the numbers in a stretch of numbered sound; silence has 0."""
    whole = len(pcm) // 4 * 4
    return np.frombuffer(pcm[:whole], dtype="<i4")


def words_in(text: str) -> list[int]:
    """Return the numbers of the numbered words of a text."""
    return [int(number) for number in _WORD.findall(text)]


def questions_in(text: str) -> list[int]:
    """Return the numbers of the questions that a text asks."""
    return [int(number) for number in _QUESTION.findall(text)]


@dataclass
class Generated:
    """The sound that an endpoint made of one item: where its numbers begin, and how many."""

    first: int
    count: int = 0


@dataclass
class Made:
    """Everything that an endpoint said in a run."""

    sounds: list[Generated] = field(default_factory=list)

    def part(self, pcm: bytes, *, is_new: bool) -> None:
        """Note a chunk; ``is_new`` begins another answer."""
        numbers = numbers_of(pcm)
        if is_new or not self.sounds:
            self.sounds.append(Generated(int(numbers[0])))
        self.sounds[-1].count += len(numbers)


def check_heard(parts: Iterable[bytes], made: Made) -> None:
    """Check what was heard of each item, in the order in which it sounded.

    Each must be the beginning of what was made, without a hole, and none may be heard again.
    """
    begun = {sound.first: sound for sound in made.sounds}
    last = 0
    for pcm in parts:
        numbers = numbers_of(pcm)
        if not len(numbers):
            continue
        first = int(numbers[0])
        assert first in begun, f"an answer was heard from {first} on, which is no beginning"
        assert len(numbers) <= begun[first].count, "more was heard than was made"
        assert (np.diff(numbers) == 1).all(), f"a hole in what was heard from {first} on"
        assert first > last, f"{first} was heard after {last}: again, or out of order"
        last = int(numbers[-1])
