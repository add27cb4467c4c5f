from __future__ import annotations

import time
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.builtin.arithmetic import ArithmeticFault
from tools.builtin.spoken_sums import evaluate, tokenise


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("15 percent of 80", 12), ("fifteen percent of eighty", 12), ("15% of 80", 12),
        ("two plus two", 4),
        ("square root of 144", 12), ("the square root of one hundred forty four", 12),
        ("12 * 7", 84),
        ("what is 12 times 7?", 84), ("12x7", 84), ("3.14 times two", "6.28"),
        ("a hundred and five divided by five", 21), ("half of ninety", 45),
        ("two thirds of 90", 60),
        ("seven squared", 49), ("2 ^ 10", 1024), ("2**10", 1024), ("two to the power of ten", 1024),
        ("five to the third power", 125), ("minus five plus 3", -2), ("5-3", 2),
        ("5 minus minus 3", 8),
        ("80 plus 15 percent", 92), ("80 minus 15 percent", 68), ("20 percent off 60", 48),
        ("50 percent plus 10 percent", "0.6"), ("the sum of 3 and 4", 7), ("sum of 3, 4 and 5", 12),
        ("subtract 3 from 10", 7), ("add 15 percent to 80", 92), ("add 5 and 7", 12),
        ("increase 50 by 10 percent", 55), ("reduce 50 by 10 percent", 45),
        ("decrease 50 by 5", 45),
        ("difference between 10 and 4", 6), ("multiply 6 by 7", 42), ("divide 10 by 4", "2.5"),
        ("product of 2, 3 and 4", 24), ("average of 3, 4 and 8", 5), ("(2 + 3) * 4", 20),
        ("2(3+4)", 14),
        ("5!", 120), ("five factorial", 120), ("√16", 4), ("cube root of 27", 3),
        ("1,000 + 1", 1001),
        ("double 6", 12), ("twice three plus one", 7), ("triple 4", 12), ("17 mod 5", 2),
        ("1/7*7", 1),
        ("2 plus 3 times 4", 14), ("2 ^ 3 ^ 2", 512), ("-2 ^ 2", -4),
        ("two and a half times four", 10),
        ("what is 2 plus 2 equal to", 4), ("5²", 25), ("20 percent tip on 60", 12),
        ("2 × 3 ÷ 4", "1.5"),
    ],
)  # fmt: skip
def test_sums_are_worked_out(text: str, value: int | str) -> None:
    assert evaluate(tokenise(text)) == Fraction(value)


@pytest.mark.parametrize(
    "text",
    ["", "banana", "3 plus", "(2", "2)", "1 2", "plus", "sum of 3", "divide 1 by 2 by 3", "of",
        "* 3",
     "9" * 100, "-" * 100 + "5", "(" * 60 + "1", "sqrt " * 50 + "4", "double " * 50 + "1",
        "x" * 301,
     "__import__('os')", "2 if 1 else 3", "9^9^9", "10^10^10", "99999 factorial", "1 / 0",
        "0 mod 0",
     "what is love", "!"],
)  # fmt: skip
def test_what_is_no_sum_is_a_fault_at_once(text: str) -> None:
    begin = time.perf_counter()

    with pytest.raises(ArithmeticFault) as caught:
        evaluate(tokenise(text))

    assert str(caught.value).endswith(".")
    assert time.perf_counter() - begin < 0.5


_PIECES = (
    "2 17 0 9999 one half three plus minus times divided by of percent ( ) ^ squared factorial "
    "square root of double the sum and from to add subtract mod off pi ! % 0.5 a hundred"
).split()


@given(st.lists(st.sampled_from(_PIECES), max_size=25).map(" ".join))
def test_any_row_of_such_words_gives_a_value_or_a_fault(text: str) -> None:
    try:
        assert isinstance(evaluate(tokenise(text)), Fraction)
    except ArithmeticFault as fault:
        assert str(fault).endswith(".")


def test_a_sum_is_said_as_it_was_meant() -> None:
    said = [" ".join(token.said for token in tokenise(text)) for text in ("12*7", "half of ninety")]

    assert said == ["12 times 7", "half of 90"]
