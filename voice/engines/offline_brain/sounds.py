"""What words sound like, for a recogniser writes "called" where somebody said "cold"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from rapidfuzz import fuzz

from voice.engines.offline_brain.entities import UNITS

MAX_WORDS = 3
"""Words that may together be one word misheard: "a band in" is "abandon"."""

_LEAST_LETTERS = 4
_LEAST_SOUNDS = 2
_LEAST_LIKE = 58
"""Letters, sounds, and likeness in percent that a word must have to be taken for another."""

_NUMBERS = {
    "to": "two", "too": "two", "for": "four", "ate": "eight", "won": "one", "tree": "three",
    "free": "three", "fife": "five", "sicks": "six", "tin": "ten", "nein": "nine",
}  # fmt: skip
"""Numbers that sound like another word, by that word."""

_RULES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"[^a-z]", ""), (r"^(?:kn|gn|pn)", "n"), (r"^wr", "r"), (r"^wh", "w"), (r"^ps", "s"),
        (r"ph|v", "f"), (r"igh", "i"), (r"gh", ""), (r"tch|sch|ch|sh|j|dge|ti(?=on)", "1"),
        (r"th", "t"), (r"ck|q|c(?![eiy])", "k"), (r"c", "s"), (r"x", "ks"), (r"z", "s"),
        (r"d", "t"), (r"b", "p"), (r"g", "k"), (r"mb$", "m"),
        (r"(?<!^)[hwy]", ""), (r"^[aeiou]+", "a"), (r"(?<!^)[aeiou]+", ""), (r"(.)\1+", r"\1"),
    )
)  # fmt: skip


@lru_cache(maxsize=8192)
def sound_of(word: str) -> str:
    """Return the consonants of a word, voiced and unvoiced alike; words of one sound agree."""
    sound = word.lower()
    for pattern, written in _RULES:
        sound = pattern.sub(written, sound)
    return sound


class Sounds:
    """The words that tools and units are called by, by their sound."""

    def __init__(self, vocabulary: Iterable[str]) -> None:
        """Learn the words; short ones are left out, for they sound like too many others."""
        self._known: dict[str, list[str]] = {}
        for word in (*vocabulary, *sorted(UNITS)):
            sound = sound_of(word)
            if len(word) >= _LEAST_LETTERS and len(sound) >= _LEAST_SOUNDS:
                words = self._known.setdefault(sound, [])
                if word not in words:
                    words.append(word)

    def alternatives(self, words: Sequence[str]) -> Iterator[tuple[int, int, str]]:
        """Yield ``(start, end, word)``: words that may have been another, misheard.

        Longer stretches come first, for they are the less likely by chance.
        """
        for length in range(MAX_WORDS, 0, -1):
            for start in range(len(words) - length + 1):
                said = words[start : start + length]
                for word in self._known.get(sound_of("".join(said)), ()):
                    heard = "".join(said)
                    if word != heard and fuzz.ratio(word, heard) >= _LEAST_LIKE:
                        yield start, start + length, word
        for start, said_word in enumerate(words):
            if said_word in _NUMBERS:
                yield start, start + 1, _NUMBERS[said_word]
