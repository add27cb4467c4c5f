from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.builtin.arithmetic import (
    ArithmeticFault,
    bounded,
    divide,
    factorial,
    modulo,
    power,
    root,
    say_value,
)


def test_a_tenth_and_two_tenths_are_three_tenths() -> None:
    assert say_value(Fraction("0.1") + Fraction("0.2")) == ("0.3", True)


@pytest.mark.parametrize(
    ("value", "said", "is_exact"),
    [
        (Fraction(0), "0", True), (Fraction(-5), "minus 5", True),
        (Fraction(1234567), "1,234,567", True),
        (Fraction(1, 3), "0.3333", False), (Fraction(5, 4), "1.25", True),
        (Fraction(10) ** 15, "1 times 10 to the power of 15", True),
        (Fraction(2) ** 100, "1.268 times 10 to the power of 30", False),
        (Fraction(1, 10**6), "1 times 10 to the power of minus 6", True),
        (Fraction(98765, 10**9), "9.877 times 10 to the power of minus 5", False),
    ],
)  # fmt: skip
def test_values_are_said(value: Fraction, said: str, is_exact: bool) -> None:
    assert say_value(value) == (said, is_exact)


@given(st.fractions(min_value=0, max_value=10**9), st.sampled_from([2, 3]))
def test_the_root_of_a_power_is_exact(value: Fraction, degree: int) -> None:
    assert root(value**degree, degree) == value


def test_roots_of_huge_numbers_do_not_lose_digits() -> None:
    assert root(Fraction(10**400), 2) == 10**200
    assert root(Fraction(-(10**300)), 3) == -(10**100)


@given(
    st.fractions(min_value=-(10**6), max_value=10**6),
    st.fractions(min_value=-2000, max_value=2000),
)
def test_a_power_is_a_value_or_a_fault(base: Fraction, exponent: Fraction) -> None:
    try:
        assert isinstance(power(base, exponent), Fraction)
    except ArithmeticFault as fault:
        assert str(fault).endswith(".")


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (lambda: divide(Fraction(1), Fraction(0)), "zero"),
        (lambda: modulo(Fraction(1), Fraction(0)), "zero"),
        (lambda: power(Fraction(0), Fraction(-1)), "zero"),
        (lambda: power(Fraction(9), Fraction(9**9)), "too large"),
        (lambda: power(Fraction(-8), Fraction(1, 2)), "no real"),
        (lambda: root(Fraction(-4), 2), "negative"),
        (lambda: factorial(Fraction(501)), "too large"),
        (lambda: factorial(Fraction(1, 2)), "whole"),
        (lambda: bounded(Fraction(10) ** 5000), "too large"),
    ],
)
def test_what_has_no_answer_is_a_fault(broken: object, words: str) -> None:
    with pytest.raises(ArithmeticFault, match=words):
        broken()  # type: ignore[operator]


def test_a_fraction_that_grows_long_is_rounded() -> None:
    long = Fraction(1, 3**6000) + 1

    assert bounded(long) == 1
