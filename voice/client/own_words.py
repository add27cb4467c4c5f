"""Whether words that were heard are our own: a fragment of what the assistant is saying.

Pure. A canceller leaves scraps of our voice that begin and end in the middle of words, and a
recogniser makes other words of them.
"""

from __future__ import annotations

import re

SAID_CHARS = 400
"""So much of what was said may still be sounding."""

_RECENT_CHARS = 100
_WORD_LIKENESS = 83
_PHRASE_LIKENESS = 76
_LONG_PHRASE_CHARS = 8

_SOUNDS = str.maketrans(
    {
        **dict.fromkeys("bp", "p"),
        **dict.fromkeys("fv", "f"),
        **dict.fromkeys("ckgqx", "k"),
        **dict.fromkeys("szj", "s"),
        **dict.fromkeys("dt", "t"),
        **dict.fromkeys("lr", "l"),
        **dict.fromkeys("aeiouhwy ", ""),
    }
)
_LEAST_SOUNDS, _MANY_SOUNDS, _SOUNDS_LIKENESS = 3, 5, 80


def spoken_words(text: str) -> list[str]:
    """Return the words in lower case, without punctuation; hyphens join: ``mm-hm`` is one word."""
    plain = text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").replace("-", "")
    found = re.findall(r"[^\W_]+(?:'[^\W_]+)*", plain)
    joined: list[str] = []
    for word in found:
        # "Mm hmm" and "uh huh" are written as two.
        if joined and word in ("hm", "hmm", "huh") and joined[-1] in ("m", "mm", "mmm", "uh"):
            joined[-1] += word
        else:
            joined.append(word)
    return joined


def is_fragment(spoken: list[str], said: str) -> bool:
    """Return whether the words are, about, a fragment of what we are saying."""
    ours = spoken_words(said[-SAID_CHARS:])
    if not ours:
        return False
    from rapidfuzz import fuzz

    heard = " ".join(spoken)
    if len(spoken) == 1:
        return any(fuzz.ratio(heard, word) >= _WORD_LIKENESS for word in ours)
    likeness = _PHRASE_LIKENESS if len(heard) >= _LONG_PHRASE_CHARS else _WORD_LIKENESS
    text = " ".join(ours)
    # The shorter side is slid along the longer one: a whole short answer may be inside the words.
    return len(heard) <= len(text) + 2 and fuzz.partial_ratio(heard, text) >= likeness


def sounds_like(spoken: list[str], said: str) -> bool:
    """Return whether the consonants of the words are, in this order, among those of our own.

    A scrap that begins and ends in the middle of words is read as other words of the same sound:
    "they're in" for "weather in". Fewer than three consonants are in everything.
    """
    heard = _consonants(spoken)
    if len(heard) < _LEAST_SOUNDS:
        return False
    ours = _consonants(spoken_words(said[-_RECENT_CHARS:]))
    if heard in ours:
        return True
    from rapidfuzz import fuzz

    is_long = _MANY_SOUNDS <= len(heard) <= len(ours)
    return is_long and fuzz.partial_ratio(heard, ours) >= _SOUNDS_LIKENESS


def _consonants(words: list[str]) -> str:
    text = " ".join(words).replace("th", "t").replace("ph", "f").replace("ch", "s")
    sounds = text.replace("sh", "s").translate(_SOUNDS)
    return re.sub(r"[^a-z]|(.)(?=\1)", "", sounds)
