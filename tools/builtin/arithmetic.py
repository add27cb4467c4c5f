"""Exact arithmetic with bounds, and numbers as a voice reads them.

Values are fractions, so that a tenth plus two tenths is three tenths. What is not rational (roots,
broken powers) is rounded to a float on the way.
"""

from __future__ import annotations

import math
from fractions import Fraction

_MAX_BITS = 8_192
"""Numbers of more binary digits (about 2,460 decimal ones) are refused or rounded."""

_MAX_FACTORIAL = 500


class ArithmeticFault(Exception):
    """A sum that has no answer; the text is a sentence for the person."""


def divide(left: Fraction, right: Fraction) -> Fraction:
    """Divide; raises ArithmeticFault by zero."""
    if right == 0:
        raise ArithmeticFault("Dividing by zero has no answer.")
    return bounded(left / right)


def modulo(left: Fraction, right: Fraction) -> Fraction:
    """Return what is left over; raises ArithmeticFault by zero."""
    if right == 0:
        raise ArithmeticFault("Dividing by zero has no answer.")
    return bounded(left % right)


def power(base: Fraction, exponent: Fraction) -> Fraction:
    """Raise to a power; raises ArithmeticFault before it would grow beyond the bound."""
    if base == 0 and exponent < 0:
        raise ArithmeticFault("Dividing by zero has no answer.")
    if base in (0, 1):
        return base if exponent else Fraction(1)
    if exponent.denominator == 1:
        digits = max(base.numerator.bit_length(), base.denominator.bit_length())
        if digits * abs(exponent) <= _MAX_BITS:
            return base ** int(exponent)
    if base < 0 and exponent.denominator != 1:
        raise ArithmeticFault("That has no real answer.")
    try:
        return Fraction(math.pow(_float(base), _float(exponent)))
    except (OverflowError, ValueError) as error:
        raise ArithmeticFault("That number is too large for me.") from error


def root(value: Fraction, degree: int) -> Fraction:
    """Return the square (2) or cube (3) root, exact where it is a fraction."""
    if value < 0:
        if degree == 2:
            raise ArithmeticFault("A negative number has no real square root.")
        return -root(-value, degree)
    upper, lower = (_whole_root(part, degree) for part in (value.numerator, value.denominator))
    exact = Fraction(upper, lower)
    if exact**degree == value:
        return exact
    number = _float(value)
    return Fraction(math.sqrt(number) if degree == 2 else math.cbrt(number))


def factorial(value: Fraction) -> Fraction:
    """Return the factorial; raises ArithmeticFault for what has none or a too large one."""
    if value.denominator != 1 or value < 0:
        raise ArithmeticFault("A factorial needs a whole number.")
    if value > _MAX_FACTORIAL:
        raise ArithmeticFault("That number is too large for me.")
    return Fraction(math.factorial(int(value)))


def bounded(value: Fraction) -> Fraction:
    """Return the value, rounded where its fraction has grown long; raises ArithmeticFault."""
    if value.numerator.bit_length() <= _MAX_BITS and value.denominator.bit_length() <= _MAX_BITS:
        return value
    return Fraction(_float(value))


def say_value(value: Fraction) -> tuple[str, bool]:
    """Write a value for a voice, and whether that is exact.

    At most four decimals; very large and very small numbers as a power of ten.
    """
    sign = "minus " if value < 0 else ""
    size = abs(value)
    if size and (size >= 10**15 or size < Fraction(1, 10_000)):
        exponent = _exponent(size)
        mantissa = _trim(f"{float(size / Fraction(10) ** exponent):.3f}")
        said = f"minus {-exponent}" if exponent < 0 else str(exponent)
        is_exact = Fraction(mantissa) * Fraction(10) ** exponent == size
        return f"{sign}{mantissa} times 10 to the power of {said}", is_exact
    if size.denominator == 1:
        return f"{sign}{int(size):,}", True
    text = _trim(f"{float(size):,.4f}")
    return sign + text, Fraction(text.replace(",", "")) == size


def _float(value: Fraction) -> float:
    try:
        return float(value)
    except OverflowError as error:
        raise ArithmeticFault("That number is too large for me.") from error


def _whole_root(value: int, degree: int) -> int:
    """Return the root rounded down: exact for a square or a cube of any size."""
    if degree == 2:
        return math.isqrt(value)
    guess = 1 << -(-value.bit_length() // 3)
    while guess**3 > value:
        # Newton from above; it falls until it is the floor.
        guess = (2 * guess + value // guess**2) // 3
    return guess


def _exponent(size: Fraction) -> int:
    exponent = len(str(size.numerator)) - len(str(size.denominator))
    return exponent if size >= Fraction(10) ** exponent else exponent - 1


def _trim(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text
