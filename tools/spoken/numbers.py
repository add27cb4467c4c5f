"""Numbers in words: "a hundred and five", "two and a half", "three quarters", and back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, Field

_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_SMALL = {word: value for value, word in enumerate(_UNITS)}
_TEN = {word: value for value, word in zip(range(20, 100, 10), _TENS, strict=True)} | {"fourty": 40}
_SCALES = {
    "thousand": 1_000,
    "million": 1_000_000,
    "billion": 1_000_000_000,
    "trillion": 1_000_000_000_000,
}
_DENOMINATORS = {
    "half": 2, "halves": 2, "third": 3, "thirds": 3, "quarter": 4, "quarters": 4, "fourth": 4,
    "fourths": 4, "fifth": 5, "fifths": 5, "sixth": 6, "sixths": 6, "seventh": 7, "sevenths": 7,
    "eighth": 8, "eighths": 8, "ninth": 9, "ninths": 9, "tenth": 10, "tenths": 10,
    "hundredth": 100, "hundredths": 100,
}  # fmt: skip
_ORDINALS = {
    word: value
    for value, word in enumerate(
        (
            "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth "
            "thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
        ).split(),
        start=1,
    )
} | {"thirtieth": 30}
_TOKEN = re.compile(r"\d[\d,]*(?:\.\d+)?|\.\d+|[^\W\d_]+(?:'[^\W\d_]+)?|[-+*/^%()=:×÷]")
_MAX_DIGITS = 30

Number = int | float


def words_of(text: str) -> list[str]:
    """Split into lower-case words, digit groups and operator signs; "twenty-five" is two words."""
    text = text.lower().replace("\u2019", "'").replace("\u2212", "-")
    text = re.sub(r"(?<=[^\W_])-(?=[^\W\d_])", " ", text)
    return _TOKEN.findall(text)


def read_number(words: Sequence[str], start: int = 0) -> tuple[Number, int] | None:
    """Read the longest number that begins at ``start``; return it and the index after it.

    It knows digits, cardinals, decimals with "point", fractions, "and a half", "a dozen",
    "a couple of" and a leading minus. A second number that merely follows is not joined:
    ``["seven", "thirty"]`` reads as 7.
    """
    index = start
    sign = 1
    if index < len(words) and words[index] in ("minus", "negative", "-"):
        sign, index = -1, index + 1
    read = _read_fraction(words, index) or _read_collective(words, index)
    if read is None:
        read = _read_decimal(words, index)
        if read is None:
            return None
        read = _add_fraction(words, *read)
    value = sign * read[0]
    return (int(value) if value == value.to_integral_value() else float(value)), read[1]


def parse_number(text: str | Number) -> Number | None:
    """Return the number that a whole text says; None where it says anything more or less."""
    if isinstance(text, (int, float)):
        return text
    words = [word for word in words_of(text) if word not in ("about", "exactly", "roughly")]
    read = read_number(words)
    return read[0] if read is not None and read[1] == len(words) else None


def read_ordinal(words: Sequence[str], start: int = 0) -> tuple[int, int] | None:
    """Read "third", "twenty third", "3rd" or "the third"; return it and the next index."""
    index = start
    if index < len(words) and words[index] == "the":
        index += 1
    if index >= len(words):
        return None
    word = words[index]
    if word in _ORDINALS:
        return _ORDINALS[word], index + 1
    following = words[index + 1] if index + 1 < len(words) else ""
    if word.isdigit() and len(word) <= 2 and following in ("st", "nd", "rd", "th"):
        return int(word), index + 2
    if word in _TEN and _ORDINALS.get(following, 99) < 10:
        return _TEN[word] + _ORDINALS[following], index + 2
    return None


def number_in_words(value: int) -> str:
    """Write a whole number below one million in words; digits beyond."""
    if value < 0:
        return f"minus {number_in_words(-value)}"
    if value < 20:
        return _UNITS[value]
    if value < 100:
        tens, rest = divmod(value, 10)
        return _TENS[tens - 2] + (f"-{_UNITS[rest]}" if rest else "")
    if value < 1000:
        hundreds, rest = divmod(value, 100)
        return f"{_UNITS[hundreds]} hundred" + (f" and {number_in_words(rest)}" if rest else "")
    if value < 1_000_000:
        thousands, rest = divmod(value, 1000)
        joint = " and " if 0 < rest < 100 else " "
        return f"{number_in_words(thousands)} thousand" + (
            f"{joint}{number_in_words(rest)}" if rest else ""
        )
    return str(value)


def ordinal(value: int) -> str:
    """Write ``3`` as "3rd"."""
    suffix = "th" if value % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(value % 10)
    return f"{value}{suffix or 'th'}"


def join_spoken(parts: Sequence[str]) -> str:
    """Join as in speech: "a", "a and b", "a, b and c"."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def _validate(value: object) -> object:
    """Turn words into a number; anything else is left to pydantic's own message."""
    if isinstance(value, str):
        read = parse_number(value)
        if read is None:
            raise ValueError("expected a number such as 25 or twenty five")
        return read
    return value


SpokenNumber = Annotated[float, Field(allow_inf_nan=False), BeforeValidator(_validate)]
"""A parameter type: a JSON number that may also come in words."""


def _read_decimal(words: Sequence[str], start: int) -> tuple[Decimal, int] | None:
    """Read a cardinal and what follows a "point"."""
    whole = _read_cardinal(words, start)
    value, index = whole if whole is not None else (Decimal(0), start)
    if index < len(words) and words[index] == "point" and value == value.to_integral_value():
        digits = ""
        position = index + 1
        while position < len(words) and len(digits) < _MAX_DIGITS:
            word = words[position]
            if word == "oh":
                word = "zero"
            digit = word if word.isdigit() else str(_SMALL.get(word, ""))
            if not digit or (len(digit) > 1 and not word.isdigit()):
                break
            digits += digit
            position += 1
        if digits:
            return value + Decimal(f"0.{digits}"), position
    return whole


def _read_cardinal(words: Sequence[str], start: int) -> tuple[Decimal, int] | None:
    total = Decimal(0)
    current: Decimal | None = None
    smallest_scale = Decimal("inf")
    index = start
    while index < len(words):
        word = words[index]
        if word == "and" and _and_continues(words, index, total, current):
            word = words[index + 1]
            index += 1
        step = _extend(word, current, starts=index == start)
        if step is not None:
            current = step
        elif word in ("a", "an") and index == start and _follows_scale(words, index):
            current = Decimal(1)
        elif word in _SCALES and current is not None and _SCALES[word] < smallest_scale:
            smallest_scale = Decimal(_SCALES[word])
            total += current * smallest_scale
            current = None
        else:
            break
        index += 1
    if index == start or words[start] in _SCALES:
        return None
    return total + (current or 0), index


def _extend(word: str, current: Decimal | None, *, starts: bool) -> Decimal | None:
    """Add one number word below a thousand to ``current``; None where it does not fit."""
    below_hundred = (current or Decimal(0)) % 100
    if word[0].isdigit() or word[0] == ".":
        if not starts or len(word) > _MAX_DIGITS:
            return None
        return Decimal(word.replace(",", ""))
    if word == "hundred":
        return current * Decimal(100) if current is not None and 0 < current < 100 else None
    if word in _TEN:
        return (current or Decimal(0)) + _TEN[word] if below_hundred == 0 else None
    if word in _SMALL:
        value = _SMALL[word]
        if value == 0:
            return Decimal(0) if starts else None
        room = below_hundred == 0 or (
            value < 10 and below_hundred >= 20 and below_hundred % 10 == 0
        )
        return (current or Decimal(0)) + value if room else None
    return None


def _and_continues(
    words: Sequence[str], index: int, total: Decimal, current: Decimal | None
) -> bool:
    """Whether "and" stands inside one number: after hundred or thousand, before less than 100."""
    if index + 1 >= len(words) or (total == 0 and current is None):
        return False
    after_round = current is None or (current > 0 and current % 100 == 0)
    following = words[index + 1]
    return after_round and (following in _TEN or _SMALL.get(following, 0) > 0)


def _follows_scale(words: Sequence[str], index: int) -> bool:
    return index + 1 < len(words) and (words[index + 1] == "hundred" or words[index + 1] in _SCALES)


def _read_collective(words: Sequence[str], start: int) -> tuple[Decimal, int] | None:
    """Read "a dozen", "half a dozen", "two dozen", "a couple of"."""
    match list(words[start : start + 3]):
        case ["half", "a", "dozen"]:
            return Decimal(6), start + 3
        case ["a", "couple", "of"]:
            return Decimal(2), start + 3
        case ["a", "couple", *_]:
            return Decimal(2), start + 2
        case ["a", "dozen", *_]:
            return Decimal(12), start + 2
        case [count, "dozen", *_] if count in _SMALL:
            return Decimal(12 * _SMALL[count]), start + 2
        case _:
            return None


def _read_fraction(words: Sequence[str], start: int) -> tuple[Decimal, int] | None:
    """Read "half", "a quarter", "one third", "three quarters"; "third" alone is an ordinal."""
    if start >= len(words):
        return None
    if words[start] in ("half", "quarter") and words[start + 1 : start + 3] != ["a", "dozen"]:
        return Decimal(1) / _DENOMINATORS[words[start]], start + 1
    if start + 1 >= len(words) or words[start + 1] not in _DENOMINATORS:
        return None
    numerator = 1 if words[start] in ("a", "an") else _SMALL.get(words[start], 0)
    if words[start].isdigit():
        numerator = int(words[start]) if len(words[start]) <= 2 else 0
    is_plural = words[start + 1].endswith("s")
    if numerator == 0 or is_plural != (numerator > 1):
        return None
    return Decimal(numerator) / _DENOMINATORS[words[start + 1]], start + 2


def _add_fraction(words: Sequence[str], value: Decimal, index: int) -> tuple[Decimal, int]:
    """Add "and a half" or "and three quarters" behind a whole number."""
    if index < len(words) and words[index] == "and":
        fraction = _read_fraction(words, index + 1)
        if fraction is not None and words[index + 1] not in ("half", "quarter"):
            return value + fraction[0], fraction[1]
    return value, index
