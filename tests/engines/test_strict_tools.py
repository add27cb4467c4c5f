from __future__ import annotations

import json

import pytest

from voice.engines.strict_tools import MAX_DEPTH, strict_schema, without_nulls

WEATHER = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "description": "Where."},
        "unit": {"type": "string", "enum": ["c", "f"], "default": "c"},
        "days": {"type": "array", "items": {"type": "integer"}},
        "place": {
            "type": "object",
            "properties": {"lat": {"type": "number"}, "name": {"type": "string"}},
            "required": ["lat"],
        },
    },
    "required": ["city"],
    "x-examples": ["what is the weather in {city}"],
}


def test_every_parameter_is_required_and_what_may_be_left_out_is_nullable() -> None:
    strict = strict_schema(WEATHER)

    assert strict is not None
    assert strict["required"] == ["city", "unit", "days", "place"]
    assert strict["additionalProperties"] is False
    made = strict["properties"]
    assert made["city"] == {"type": "string", "description": "Where."}
    assert made["unit"] == {"type": ["string", "null"], "enum": ["c", "f", None]}
    assert made["days"] == {"type": ["array", "null"], "items": {"type": "integer"}}
    assert made["place"]["type"] == ["object", "null"]
    assert made["place"]["required"] == ["lat", "name"]
    assert made["place"]["properties"]["name"] == {"type": ["string", "null"]}
    assert "x-examples" not in json.dumps(strict)


def test_a_tool_without_parameters_is_strict_too() -> None:
    empty = {"type": "object", "properties": {}}
    assert strict_schema(empty) == {**empty, "required": [], "additionalProperties": False}


def test_a_union_with_null_is_the_type_itself() -> None:
    node = {"anyOf": [{"type": "integer"}, {"type": "null"}], "description": "How many."}
    strict = strict_schema({"type": "object", "properties": {"n": node}, "required": ["n"]})
    assert strict is not None
    assert strict["properties"]["n"] == {"type": ["integer", "null"], "description": "How many."}


def deep(levels: int) -> dict[str, object]:
    node: dict[str, object] = {"type": "string"}
    for _ in range(levels):
        node = {"type": "object", "properties": {"a": node}, "required": ["a"]}
    return node


@pytest.mark.parametrize(
    "node",
    [
        {"type": "object", "additionalProperties": {"type": "string"}},
        {"type": "object"},
        {"$ref": "#/$defs/Node"},
        {"anyOf": [{"type": "string"}, {"type": "integer"}]},
        {"type": "integer", "minimum": 1},
        {"type": "array"},
        {},
        deep(MAX_DEPTH + 1),
    ],
)
def test_what_cannot_be_said_strictly_has_no_strict_form(node: dict[str, object]) -> None:
    assert strict_schema({"type": "object", "properties": {"x": node}}) is None


def test_an_open_object_has_no_strict_form() -> None:
    assert strict_schema({"type": "object", "properties": {}, "additionalProperties": True}) is None


def test_nulls_that_mean_not_given_are_taken_out() -> None:
    told = {"city": "Rome", "unit": None, "days": None, "place": {"lat": 1.5, "name": None}}
    kept = json.loads(without_nulls(json.dumps(told), WEATHER))
    assert kept == {"city": "Rome", "place": {"lat": 1.5}}


def test_a_null_that_is_an_answer_stays() -> None:
    node = {"anyOf": [{"type": "integer"}, {"type": "null"}]}
    schema = {"type": "object", "properties": {"n": node}, "required": ["n"]}
    assert without_nulls('{"n": null}', schema) == '{"n": null}'


@pytest.mark.parametrize("text", ["{", "[]", "null", '{"city": "Rome"}', '{"other": null}'])
def test_everything_else_comes_back_as_it_was(text: str) -> None:
    assert without_nulls(text, WEATHER) == text
