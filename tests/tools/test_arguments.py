from __future__ import annotations

import datetime as dt
import enum
from typing import Annotated, Any, Literal

import pytest
from pydantic import AfterValidator, BaseModel

from tools.arguments import MAX_ARGUMENTS_CHARS, MAX_HINT_CHARS, parse_arguments
from tools.errors import ArgumentsError
from tools.schema import read_signature


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Point(BaseModel):
    x: int
    y: int = 0


def _even(value: int) -> int:
    if value % 2:
        raise ValueError("expected an even number")
    return value


def parse(function: Any, text: str) -> dict[str, Any]:
    return parse_arguments("probe", text, read_signature(function, "probe", {}))


def many(
    count: int,
    ratio: float = 0.5,
    on: bool = False,
    text: str = "",
    colour: Colour = Colour.RED,
    mode: Literal["up", "down"] = "up",
    names: list[str] | None = None,
    point: Point | None = None,
    day: dt.date | None = None,
) -> None: ...


def nothing() -> None: ...


def even(value: Annotated[int, AfterValidator(_even)]) -> None: ...


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"count": 3}', {"count": 3}),
        ('{"count": "3", "ratio": "2.5", "on": "true"}', {"count": 3, "ratio": 2.5, "on": True}),
        ('{"count": 3.0, "text": 5}', {"count": 3, "text": "5"}),
        ('{"count": 3, "ratio": null, "text": null}', {"count": 3}),
        ('{"count": 1, "colour": "BLUE", "mode": " Down "}', None),
        ('{"count": 1, "names": "milk"}', {"count": 1, "names": ["milk"]}),
        ('{"count": 1, "names": "[\\"a\\", \\"b\\"]"}', {"count": 1, "names": ["a", "b"]}),
        ('{"count": 1, "point": "{\\"x\\": 1}"}', {"count": 1, "point": Point(x=1)}),
        ('{"count": 1, "day": "2026-03-02"}', {"count": 1, "day": dt.date(2026, 3, 2)}),
    ],
)
def test_slips_of_weak_models_are_mended(text: str, expected: dict[str, Any] | None) -> None:
    expected = expected or {"count": 1, "colour": Colour.BLUE, "mode": "down"}

    assert parse(many, text) == expected


@pytest.mark.parametrize("text", ["", "   ", "{}"])
def test_no_arguments_are_an_empty_object(text: str) -> None:
    assert parse(nothing, text) == {}


@pytest.mark.parametrize(
    ("function", "text", "words"),
    [
        (many, "{count: 3}", "not valid JSON"),
        (many, '{"count": NaN}', "not valid JSON"),
        (many, "[" * 50_000, "not valid JSON"),
        (many, '{"count": ' + "9" * 5000 + "}", "not valid JSON"),
        (many, "[1]", "must be a JSON object, not an array"),
        (many, "null", "must be a JSON object, not null"),
        (many, '"hello"', "not a string"),
        (many, "{}", '"count" is missing'),
        (many, '{"count": "banana"}', 'got "banana"'),
        (many, '{"count": 1, "mode": "sideways"}', "'up' or 'down'"),
        (many, '{"count": 1, "size": 4}', 'no parameter "size"'),
        (many, '{"count": 1, "point": {"y": 2}}', '"point.x" is missing'),
        (many, '{"count": null}', '"count"'),
        (nothing, '{"a": 1}', "takes no arguments"),
        (even, '{"value": 3}', '"value": expected an even number'),
    ],
)
def test_a_mistake_is_told_in_one_short_text(function: Any, text: str, words: str) -> None:
    with pytest.raises(ArgumentsError) as caught:
        parse(function, text)

    assert words in str(caught.value)
    assert len(str(caught.value)) <= MAX_HINT_CHARS
    assert "\n" not in str(caught.value)


def test_the_hint_names_the_parameters() -> None:
    with pytest.raises(ArgumentsError) as caught:
        parse(many, "{}")

    assert 'mode (one of "up", "down", optional)' in str(caught.value)
    assert "count (integer)" in str(caught.value)


def test_a_megabyte_of_arguments_is_refused_unread() -> None:
    with pytest.raises(ArgumentsError, match="too long"):
        parse(many, '{"text": "' + "x" * 1_000_000 + '"}')
    assert MAX_ARGUMENTS_CHARS < 1_000_000


def test_many_mistakes_stay_short() -> None:
    text = "{" + ",".join(f'"wrong_parameter_{i}": {i}' for i in range(500)) + "}"

    with pytest.raises(ArgumentsError) as caught:
        parse(many, text)

    assert len(str(caught.value)) <= MAX_HINT_CHARS
    assert "more" in str(caught.value)
