from __future__ import annotations

import dataclasses
import datetime as dt
import decimal
import enum
import json
import pathlib
import uuid
from typing import Any

import pytest
from pydantic import BaseModel

from tools.output import MAX_OUTPUT_BYTES, OutputError, render_output


class Colour(enum.Enum):
    RED = "red"


class Point(BaseModel):
    x: int
    day: dt.date


@dataclasses.dataclass
class Pair:
    left: int
    right: Colour


DAY = dt.date(2026, 3, 2)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("as it is", "as it is"),
        ("", ""),
        (None, "Done."),
        (True, "true"),
        (42, "42"),
        (1.5, "1.5"),
        (float("nan"), "null"),
        ([1, "é", None], '[1,"é",null]'),
        ({"b": 1, "spoken": "Hi."}, '{"spoken":"Hi.","b":1}'),
        ({}, "{}"),
        ({1: "a", Colour.RED: "b"}, '{"1":"a","red":"b"}'),
        (Point(x=1, day=DAY), '{"x":1,"day":"2026-03-02"}'),
        (Pair(1, Colour.RED), '{"left":1,"right":"red"}'),
        ({"when": dt.datetime(2026, 3, 2, tzinfo=dt.UTC)}, '{"when":"2026-03-02T00:00:00+00:00"}'),
        ([dt.timedelta(minutes=1), dt.time(7)], '[60.0,"07:00:00"]'),
        ([decimal.Decimal("1.5"), pathlib.PurePosixPath("a/b")], '[1.5,"a/b"]'),
        ([uuid.UUID(int=1)], '["00000000-0000-0000-0000-000000000001"]'),
        ({3}, "[3]"),
        ("a\ud800b", "a?b"),
    ],
)
def test_results_become_text(value: Any, text: str) -> None:
    assert render_output(value) == text


def _cycle() -> Any:
    value: dict[str, Any] = {}
    value["self"] = [value]
    return value


def _deep() -> Any:
    value: list[Any] = []
    for _ in range(5000):
        value = [value]
    return value


async def _coroutine() -> None: ...


class Holder(BaseModel, arbitrary_types_allowed=True):
    thing: object


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: b"bytes", "bytes"),
        (lambda: {"a": b"bytes"}, "bytes"),
        (lambda: memoryview(b"x"), "bytes"),
        (_cycle, "contains itself"),
        (_deep, "nested"),
        (lambda: (n for n in range(3)), "generator"),
        (_coroutine, "async def"),
        (object, "type object"),
        (lambda: {(1, 2): 3}, "key of type tuple"),
        (lambda: 10**5000, "too long to write"),
        (lambda: Holder(thing=object()), "Holder"),
    ],
)
def test_what_is_no_data_is_refused(make: Any, words: str) -> None:
    with pytest.raises(OutputError, match=words):
        render_output(make())


@pytest.mark.parametrize(
    "value",
    [
        "x" * 10_000_000,
        "é" * 10_000_000,
        {"rows": ["word"] * 5_000_000},
        {"rows": "y" * 10_000_000},
    ],
)
def test_ten_megabytes_are_cut_with_a_note(value: Any) -> None:
    text = render_output(value)

    assert len(text.encode()) <= MAX_OUTPUT_BYTES
    assert text.endswith("16 kB]")


def test_a_cut_keeps_what_is_to_be_spoken() -> None:
    text = render_output({"rows": list(range(100_000)), "spoken": "There are many."})

    assert text.startswith('{"spoken":"There are many.","rows":[0,1')


def test_exactly_the_limit_is_not_cut() -> None:
    assert render_output("x" * MAX_OUTPUT_BYTES) == "x" * MAX_OUTPUT_BYTES


def test_json_of_a_small_result_is_valid() -> None:
    assert json.loads(render_output({"quote": 'say "hi"\n', "n": [1, {"a": None}]})) == {
        "quote": 'say "hi"\n',
        "n": [1, {"a": None}],
    }
