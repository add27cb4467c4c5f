"""Arithmetic as people say it."""

from __future__ import annotations

from collections.abc import Sequence

from voice.engines.offline_brain.numbers import ORDINALS, format_number, read_number

Sum = tuple[str, int]
"""A sum in plain form ("12 * 9", "square root of 81") and the index after its last word."""

_OPERATORS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("to", "the", "power", "of"), "^"),
    (("multiplied", "by"), "*"),
    (("divided", "by"), "/"),
    (("percent", "of"), "% of"),
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
    found = [s for s in (_signed_sum(words, start), _worded_sum(words, start)) if s]
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
    alone = any(word in _ALONE for word in said)
    if not numbers or not sums or (numbers < 2 and not alone):
        return None
    return " ".join(said), end


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
