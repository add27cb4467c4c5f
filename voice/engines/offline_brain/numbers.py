"""Numbers in English words and digits."""

from __future__ import annotations

from collections.abc import Sequence

_ONES = {
    word: value
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
        "fifteen sixteen seventeen eighteen nineteen".split()
    )
}
_TENS = {
    word: 10 * value
    for value, word in enumerate(
        "twenty thirty forty fifty sixty seventy eighty ninety".split(), start=2
    )
}
_TENS["fourty"] = 40
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
_FRACTIONS = {
    "half": 0.5,
    "halves": 0.5,
    "third": 1 / 3,
    "thirds": 1 / 3,
    "quarter": 0.25,
    "quarters": 0.25,
    "tenth": 0.1,
    "tenths": 0.1,
}
_DOZENS = {"dozen": 12, "couple": 2}
ORDINALS = {
    word: value
    for value, word in enumerate(
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth "
        "thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth "
        "twentieth".split(),
        start=1,
    )
} | {"thirtieth": 30}

Number = tuple[float, int]
"""A value and the index after its last word."""


def read_number(words: Sequence[str], start: int) -> Number | None:
    """Read the longest number that begins at ``words[start]``; None where none does.

    Reads digits, number words, "two and a half", "three quarters", "one point five", "minus five",
    "a hundred", "half", "a dozen". A lone "a" is no number.
    """
    at = start
    sign = 1.0
    if at < len(words) and words[at] in ("minus", "negative"):
        sign, at = -1.0, at + 1
    found = _whole_or_fraction(words, at)
    if found is None:
        return None
    return sign * found[0], found[1]


def format_number(value: float) -> str:
    """Write a number as a person would: no ".0", at most six decimals."""
    return f"{value:.6f}".rstrip("0").rstrip(".")


def _word(words: Sequence[str], at: int) -> str:
    return words[at] if 0 <= at < len(words) else ""


def _whole_or_fraction(words: Sequence[str], at: int) -> Number | None:
    whole = _whole(words, at)
    if whole is None:
        return _fraction(words, at)
    value, end = whole
    if _word(words, end) == "point":
        return _decimals(words, value, end)
    if (part := _FRACTIONS.get(_word(words, end))) and value >= 1 and _word(words, end) != "third":
        return value * part, end + 1  # "three quarters"
    if _word(words, end) == "and" and (tail := _fraction(words, end + 1)):
        return value + tail[0], tail[1]  # "two and a half"
    return whole


def _fraction(words: Sequence[str], at: int) -> Number | None:
    """Read "half", "a quarter", "half a", "a half"."""
    if _word(words, at) in ("a", "an") and _word(words, at + 1) in ("half", "quarter", "third"):
        return _FRACTIONS[words[at + 1]], at + 2
    if _word(words, at) in ("half", "quarter"):
        return _FRACTIONS[words[at]], at + 1
    if _word(words, at) == "three" and _word(words, at + 1) == "quarters":
        return 0.75, at + 2
    return None


def _whole(words: Sequence[str], at: int) -> Number | None:
    """Read digits, or an integer in words such as "two hundred and five"."""
    if (digits := _digits(_word(words, at))) is not None:
        return _scaled(words, digits, at + 1)
    if _word(words, at) in ("a", "one") and _word(words, at + 1) in _DOZENS:
        return float(_DOZENS[words[at + 1]]), at + 2
    if _word(words, at) == "dozen":
        return 12.0, at + 1
    total, current, end = 0.0, None, at
    while end < len(words):
        step = _small(words, end, current)
        if step is not None:
            current, end = step
        elif (scale := _SCALES.get(words[end])) and (current is not None or _is_a(words, end, at)):
            base = 1.0 if current is None else current
            if scale == 100:
                current = base * scale
            else:
                total, current = total + base * scale, 0.0
            end += 1
        elif words[end] in ("a", "an") and end == at and _word(words, end + 1) in _SCALES:
            end += 1
        elif words[end] == "and" and _goes_on(words, end, current, total):
            end += 1
        else:
            break
    return None if current is None else (total + current, end)


def _is_a(words: Sequence[str], end: int, at: int) -> bool:
    return end == at + 1 and words[at] in ("a", "an")


def _small(words: Sequence[str], at: int, current: float | None) -> tuple[float, int] | None:
    """Read one number below a hundred onto ``current``, if it may follow there."""
    word = words[at]
    room = current is None or (current >= 100 and current % 100 == 0) or current == 0
    base = current or 0.0
    if word in _TENS and room:
        one = _ONES.get(_word(words, at + 1), 0)
        if 0 < one < 10:
            return base + _TENS[word] + one, at + 2
        return base + _TENS[word], at + 1
    if word in _ONES and room and (current is None or word != "zero"):
        return base + _ONES[word], at + 1
    return None


def _goes_on(words: Sequence[str], at: int, current: float | None, total: float) -> bool:
    """Say whether "and" stands inside a number: after hundreds or more, before tens or ones."""
    after = _word(words, at + 1)
    inside = bool(current and current % 100 == 0) or bool(total and current == 0)
    return inside and (after in _TENS or after in _ONES)


def _digits(word: str) -> float | None:
    if not word or not word[0].isdigit() or ":" in word:
        return None
    try:
        return float(word)
    except ValueError:
        return None


def _scaled(words: Sequence[str], value: float, end: int) -> Number:
    """Read "5 million" and "20 hundred" after digits."""
    while (scale := _SCALES.get(_word(words, end))) is not None:
        value, end = value * scale, end + 1
    return value, end


def _decimals(words: Sequence[str], value: float, point: int) -> Number:
    """Read the digits after "point": "three point one four"."""
    end, digits = point + 1, ""
    while (one := _word(words, end)) and (one.isdigit() or _ONES.get(one, 10) < 10):
        digits += one if one.isdigit() else str(_ONES[one])
        end += 1
    return (value + float(f"0.{digits}"), end) if digits else (value, point)
