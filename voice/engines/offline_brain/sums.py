"""Arithmetic as people say it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from voice.engines.offline_brain.numbers import ORDINALS, format_number, read_number

Sum = tuple[str, int]
"""A sum in plain form ("12 * 9", "square root of 81") and the index after its last word."""

_OPERATORS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("to", "the", "power", "of"), "^"),
    (("multiplied", "by"), "*"),
    (("divided", "by"), "/"),
    (("percent", "of"), "% of"),
    (("percent", "off", "of"), "% off"),
    (("percent", "off"), "% off"),
    (("added", "to"), "+"),
    (("add",), "+"),
    (("less",), "-"),
    (("square", "root", "of"), "square root of"),
    (("cube", "root", "of"), "cube root of"),
    (("root", "of"), "square root of"),
    (("half", "of"), "half of"),
    (("plus",), "+"),
    (("minus",), "-"),
    (("times",), "*"),
    (("over",), "/"),
    (("x",), "*"),
    (("squared",), "^ 2"),
    (("cubed",), "^ 3"),
    (("mod",), "mod"),
    (("modulo",), "mod"),
    (("take", "away"), "-"),
    (("split", "between"), "/"),
    (("split", "among"), "/"),
    (("split", "into"), "/"),
    (("split", "by"), "/"),
    (("shared", "between"), "/"),
    (("shared", "among"), "/"),
    (("shared", "by"), "/"),
    (("split",), "/"),
)
_PREFIXES = ("square root of", "cube root of", "half of", "-")
_SUFFIXES = ("^ 2", "^ 3")
_SHARERS = frozenset("ways people parts friends".split())
_PARTS = {"quarter", *ORDINALS} - {"first", "second"}
"""Words of a fraction: "a fifth of", "two thirds of"."""


def read_sum(words: Sequence[str], start: int) -> Sum | None:
    """Read the longer of a sum with signs and one told in words that begin at ``start``."""
    readers = (_signed_sum, _worded_sum, _told_sum)
    found = [s for s in (reader(words, start) for reader in readers) if s]
    return max(found, key=lambda s: s[1], default=None)


def _signed_sum(words: Sequence[str], start: int) -> Sum | None:
    """Read the longest run of numbers joined by operators; at least one of each."""
    at, parts, operators = start, [], 0
    wants_number = True
    good_end, good_count = start, 0
    while at < len(words):
        sign = _operator(words, at)
        number = read_number(words, at) if wants_number and words[at] != "minus" else None
        if wants_number and (part := _fraction_of(words, at)):
            parts.append(part[0])
            at, operators = part[1], operators + 1
        elif sign is not None and (sign[0] in _PREFIXES if wants_number else True):
            if not wants_number and sign[0] in _PREFIXES[:3]:
                break
            parts.append(sign[0])
            at, operators = sign[1], operators + 1
            wants_number = sign[0] not in _SUFFIXES
        elif number is not None:
            parts.append(format_number(number[0]))
            at, wants_number = number[1], False
            if "/" in parts and words[at : at + 1] and words[at] in _SHARERS:
                at += 1
        elif words[at] == "the" and wants_number and parts:
            at += 1
            continue
        else:
            break
        if not wants_number:
            good_end, good_count = at, len(parts)
    good = parts[:good_count]
    if not good_count or not operators or all(not _is_sign(p) for p in good):
        return None
    if len(good) < 2 or (len(good) == 2 and good[0] == "-"):
        return None
    return " ".join(good).replace(" %", "%"), good_end


_SUM_WORDS = frozenset(
    "sum difference product quotient average mean factorial square squared cubed root add subtract "
    "multiply divide increase decrease double triple half third quarter percent plus minus times "
    "divided multiplied power modulo".split()
)
_ALONE = frozenset("factorial square squared cubed root double triple half third".split())
"""Words that make a sum of a single number."""

_SUM_GLUE = frozenset("of and by the a an from to up between with".split())


def _worded_sum(words: Sequence[str], start: int) -> Sum | None:
    """Read a sum told in words: "divide 100 by 8", "the sum of 12 and 30", "7 factorial"."""
    at, said, numbers, sums, end = start, list[str](), 0, 0, start
    while at < len(words):
        number = read_number(words, at) if words[at] not in _SUM_WORDS else None
        if number is not None:
            said.append(format_number(number[0]))
            at, numbers = number[1], numbers + 1
        elif words[at] in _SUM_WORDS or (words[at] in _SUM_GLUE and said):
            if words[at] != "up":
                said.append(words[at])
            sums += words[at] in _SUM_WORDS
            at += 1
        else:
            break
        if said[-1] not in _SUM_GLUE:
            end = at
    while said and said[-1] in _SUM_GLUE:
        said.pop()
    if said and said[-1] == "add":  # "what do 19, 23 and 41 add up to"
        said = ["add", *said[:-1]]
    alone = any(word in _ALONE for word in said)
    if not numbers or not sums or (numbers < 2 and not alone):
        return None
    return " ".join(said), end


_BETWEEN = "(?:between|among|amongst|by|into|in) (?:the )?"
_OWNING = "(?:have|has|got|start with|starting with)"
_TOLD: tuple[tuple[str, str], ...] = (
    ("(?:take|takes|taking|took) N (?:away )?from N", "{1} - {0}"),
    ("(?:the )?square of N", "{0} ^ 2"),
    ("(?:the )?cube of N", "{0} ^ 3"),
    (
        "(?:split|share|divide) (?:up )?(?:(?:a|the) (?:bill|sum|total|cost) of )?"
        f"N {_BETWEEN}N(?: (?:people|ways|friends|parts|persons|kids))?",
        "{0} / {1}",
    ),
    (f"N (?:shared|split|divided) (?:up )?{_BETWEEN}N", "{0} / {1}"),
    (r"N (?:\w+ ){0,2}at N(?: \w+)? (?:each|apiece|a piece)", "{0} * {1}"),
    (
        rf"{_OWNING} N(?: \w+)? and (?:i |you |we )?"
        "(?:spend|lose|use|give away|eat|pay|take away|remove) N",
        "{0} - {1}",
    ),
    (
        rf"{_OWNING} N(?: \w+)? and (?:i |you |we )?(?:get|add|find|earn|buy|win|put in) N",
        "{0} + {1}",
    ),
    ("how many times does N go into N", "{1} / {0}"),
)
"""Sums told as little stories; ``N`` stands for a number, counted from 0."""

_STORY_WORDS = 10
"""Words and numbers of the longest story."""

_STORIES = tuple((re.compile(story.replace("N", "#") + r"(?= |$)"), sign) for story, sign in _TOLD)
_STORY_HEADS = frozenset(
    "take takes taking took the square cube split share divide have has got start starting "
    "how".split()
)
"""The first words of the stories that begin with no number."""

_TIMES_TABLE = {
    "twos": 2, "threes": 3, "fours": 4, "fives": 5, "sixes": 6, "sevens": 7, "eights": 8,
    "nines": 9, "tens": 10, "elevens": 11, "twelves": 12, "hundreds": 100,
}  # fmt: skip


def _told_sum(words: Sequence[str], start: int) -> Sum | None:
    """Read a sum told as a story: "take 9 from 31", "six sevens", "7 tickets at 12 pounds each"."""
    said, ends, numbers, at = list[str](), list[int](), list[str](), start
    while at < len(words) and len(said) < _STORY_WORDS:
        number = read_number(words, at)
        if not said and number is None and words[at] not in _STORY_HEADS:
            return None
        at = number[1] if number else at + 1
        said.append("#" if number else words[at - 1])
        numbers += [format_number(number[0])] if number else []
        ends.append(at)
    if said[:1] == ["#"] and len(said) > 1 and said[1] in _TIMES_TABLE:
        return f"{numbers[0]} * {_TIMES_TABLE[said[1]]}", ends[1]
    text = " ".join(said)
    for story, sign in _STORIES:
        if told := story.match(text):
            return sign.format(*numbers), ends[len(told[0].split()) - 1]
    return None


_SIGNS = frozenset(sign for _, sign in _OPERATORS)


def _is_sign(part: str) -> bool:
    return part in _SIGNS or part.endswith(" of")


def _fraction_of(words: Sequence[str], at: int) -> tuple[str, int] | None:
    """Read "a fifth of" and "two fifths of"; None where no such fraction begins at ``at``."""
    head, part, of = (*words[at : at + 3], "", "", "")[:3]
    if of != "of":
        return None
    one = head in ("a", "an", "one") and part in _PARTS
    several = part.endswith("s") and part[:-1] in _PARTS and read_number((head,), 0) is not None
    return (f"{head} {part} of", at + 3) if one or several else None


def _operator(words: Sequence[str], at: int) -> tuple[str, int] | None:
    for form, sign in _OPERATORS:
        if tuple(words[at : at + len(form)]) == form:
            return sign, at + len(form)
    return None
