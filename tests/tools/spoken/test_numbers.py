from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from tools.spoken.numbers import (
    SpokenNumber,
    join_spoken,
    number_in_words,
    ordinal,
    parse_number,
    read_number,
    read_ordinal,
    words_of,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("25", 25), ("twenty five", 25), ("Twenty-five.", 25), ("1,000", 1000), ("3.5", 3.5),
        ("a hundred and five", 105), ("one hundred forty four", 144), ("fifteen hundred", 1500),
        ("two thousand and six", 2006), ("one million two hundred thousand", 1_200_000),
        ("1.5 million", 1_500_000), ("a thousand", 1000), ("zero", 0), ("minus three", -3),
        ("-4", -4), ("one point five", 1.5), ("three point one four", 3.14), ("point five", 0.5),
        ("zero point oh five", 0.05), ("half", 0.5), ("a quarter", 0.25), ("three quarters", 0.75),
        ("two and a half", 2.5), ("12 and a half", 12.5), ("three and three quarters", 3.75),
        ("a dozen", 12), ("half a dozen", 6), ("two dozen", 24), ("a couple of", 2), (7, 7),
        ("about ten", 10), ("two hundred and fifty three", 253), ("forty two", 42),
    ],
)  # fmt: skip
def test_numbers_are_read(text: str | int, value: float) -> None:
    assert parse_number(text) == value


@pytest.mark.parametrize(
    "text", ["", "banana", "seven thirty", "five and", "one hundred and", "a", "twenty twenty",
             "third", "ten bananas", "9" * 40, "thousand", "point"]
)  # fmt: skip
def test_what_is_no_number_is_none(text: str) -> None:
    assert parse_number(text) is None


@given(st.integers(min_value=-999_999, max_value=999_999))
def test_words_read_back_as_the_number_they_were_written_from(value: int) -> None:
    assert parse_number(number_in_words(value)) == value


@given(st.lists(st.sampled_from("a and half two twenty hundred thousand 5 point minus of".split())))
def test_any_row_of_number_words_is_read_without_an_error(words: list[str]) -> None:
    read = read_number(words)

    assert read is None or 0 < read[1] <= len(words)


def test_a_number_is_read_inside_other_words() -> None:
    assert read_number(["add", "twenty", "five", "eggs"], 1) == (25, 3)


@pytest.mark.parametrize(
    ("text", "value"),
    [("first", 1), ("the third", 3), ("twenty third", 23), ("21st", 21), ("thirtieth", 30)],
)
def test_ordinals_are_read(text: str, value: int) -> None:
    words = words_of(text)

    assert read_ordinal(words) == (value, len(words))


def test_what_is_no_ordinal_is_none() -> None:
    for text in ("", "the", "three", "twenty", "5"):
        assert read_ordinal(words_of(text)) is None


@pytest.mark.parametrize(
    ("value", "text"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (22, "22nd"), (113, "113th")],
)
def test_ordinals_are_written(value: int, text: str) -> None:
    assert ordinal(value) == text


def test_lists_are_joined_as_in_speech() -> None:
    assert [join_spoken(["a", "b", "c"][:n]) for n in range(4)] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]


def test_a_spoken_number_is_a_json_number_that_takes_words() -> None:
    adapter: TypeAdapter[float] = TypeAdapter(SpokenNumber)

    assert adapter.json_schema() == {"type": "number"}
    assert adapter.validate_python("twenty five") == 25
    assert adapter.validate_python(2.5) == 2.5
    with pytest.raises(ValidationError, match="finite"):
        adapter.validate_python(float("inf"))
    with pytest.raises(ValidationError, match="twenty five"):
        adapter.validate_python("banana")
