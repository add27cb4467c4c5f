"""Cuts what was heard into plain tokens that remember where they stood in the original."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Token:
    """One word, number or sign in its plain form; ``start`` and ``end`` index the original text.

    Several tokens may share a span: "what's" is "what" and "is".
    """

    text: str
    start: int
    end: int


_TOKEN = re.compile(
    r"\d{4}-\d\d?-\d\d?|\d\d?/\d\d?/\d{2,4}|\d+(?:[.,:]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)*(?:\.(?=[^\W\d_]\.))?|[%°€£$+*/×÷=^−-]"
)
_DOTTED_HALF_DAY = re.compile(r"\b([ap])\.\s?m\b\.?", re.IGNORECASE)
_HALF_DAYS = frozenset({"am", "pm"})
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?:\D|$))")

_WHOLE_CONTRACTIONS: dict[str, str] = {
    "can't": "can not",
    "won't": "will not",
    "shan't": "shall not",
    "cannot": "can not",
    "let's": "let us",
    "gonna": "going to",
    "wanna": "want to",
    "gotta": "have to",
    "gimme": "give me",
    "lemme": "let me",
    "o'clock": "o'clock",
    "y'all": "you all",
    "todo": "to do",
    "mum's": "mum's",
}
_ENDINGS: tuple[tuple[str, str], ...] = (
    ("n't", " not"),
    ("'re", " are"),
    ("'ve", " have"),
    ("'ll", " will"),
    ("'d", " would"),
    ("'m", " am"),
)
_IS_AFTER = frozenset(
    "what who where when how why it that there here he she this which time everything".split()
)
_SIGNS: dict[str, str] = {
    "%": "percent",
    "°": "degrees",
    "€": "euros",
    "£": "pounds",
    "$": "dollars",
    "+": "plus",
    "*": "times",
    "×": "times",
    "÷": "divided by",
    "/": "divided by",
    "=": "equals",
    "^": "to the power of",
    "−": "minus",
    "-": "-",
}


def tokenize(text: str) -> tuple[Token, ...]:
    """Return the tokens of ``text`` in lower case, contractions and signs as whole words.

    "What's 5% of 80?" gives what, is, 5, percent, of, 80. A hyphen is a token only before a
    number or between spaces; "twenty-five" is two words.
    """
    text = _DOTTED_HALF_DAY.sub(lambda m: m[1] + "m" + " " * (len(m[0]) - 2), text)
    tokens: list[Token] = []
    for match in _TOKEN.finditer(text):
        for word in _plain(match[0], text, match):
            dotted = word in _HALF_DAYS and text[match.end() : match.end() + 2] == "  "
            tokens.append(Token(word, match.start(), match.end() + 2 * dotted))
    return tuple(tokens)


def _plain(raw: str, text: str, match: re.Match[str]) -> Sequence[str]:
    word = raw.lower().replace("’", "'").rstrip(".")
    if word[0].isdigit():
        return [_THOUSANDS.sub("", word)]
    if word == "-":
        return _minus(text, match.start(), match.end())
    if word in _SIGNS:
        return _SIGNS[word].split()
    if word in _WHOLE_CONTRACTIONS:
        return _WHOLE_CONTRACTIONS[word].split()
    for ending, words in _ENDINGS:
        if word.endswith(ending) and len(word) > len(ending):
            return [word[: -len(ending)], *words.split()]
    if word.endswith("'s"):
        stem = word[:-2]
        return [stem, "is"] if stem in _IS_AFTER else [stem]
    return [word]


def _minus(text: str, start: int, end: int) -> Sequence[str]:
    """Read a hyphen: "minus" before a number or between numbers, nothing between words."""
    after = text[end : end + 2].lstrip()[:1]
    before = text[:start].rstrip()[-1:]
    glued = start > 0 and not text[start - 1].isspace()
    if not after.isdigit() or (glued and not before.isdigit()):
        return []
    return ["minus"]


def words_of(tokens: Sequence[Token]) -> list[str]:
    """Return the plain words of the tokens."""
    return [token.text for token in tokens]


def original(text: str, tokens: Sequence[Token]) -> str:
    """Return the stretch of the original text that the tokens cover, without outer punctuation."""
    if not tokens:
        return ""
    end = tokens[-1].end
    if tokens[-1].text == "percent" or text[end : end + 1] == "%":
        end = max(end, tokens[-1].end)
    return text[tokens[0].start : end].strip(' \t\n.,;:!?"“”')
