from __future__ import annotations

import datetime as dt
import enum
import json
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field

from tools import ToolContext, ToolDefinitionError, tool
from tools.schema import read_signature


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Size(enum.IntEnum):
    SMALL = 1
    LARGE = 2


class Address(BaseModel):
    """Where someone lives."""

    street: str = Field(description="Street and number.")
    zip_code: str | None = None


class Person(BaseModel):
    name: str
    home: Address
    others: list[Address] = []


class Tree(BaseModel):
    value: int
    children: list[Tree] = []


def schema_of(hint: Any, default: Any = ...) -> tuple[dict[str, Any], bool]:
    """Return the schema of one parameter, and whether it is required."""

    def function(value): ...  # type: ignore[no-untyped-def]

    function.__annotations__ = {"value": hint}
    if default is not ...:
        function.__defaults__ = (default,)
    schema = read_signature(function, "f", {}).schema
    json.dumps(schema)
    return schema["properties"]["value"], schema["required"] == ["value"]


ADDRESS = {
    "type": "object",
    "description": "Where someone lives.",
    "properties": {
        "street": {"type": "string", "description": "Street and number."},
        "zip_code": {"type": "string"},
    },
    "required": ["street"],
}


@pytest.mark.parametrize(
    ("hint", "expected"),
    [
        (str, {"type": "string"}),
        (int, {"type": "integer"}),
        (float, {"type": "number"}),
        (bool, {"type": "boolean"}),
        (Literal["a", "b"], {"type": "string", "enum": ["a", "b"]}),
        (Literal["only"], {"type": "string", "enum": ["only"]}),
        (Colour, {"type": "string", "enum": ["red", "blue"]}),
        (Size, {"type": "integer", "enum": [1, 2]}),
        (list[str], {"type": "array", "items": {"type": "string"}}),
        (list[Colour], {"type": "array", "items": {"type": "string", "enum": ["red", "blue"]}}),
        (dict[str, int], {"type": "object", "additionalProperties": {"type": "integer"}}),
        (dt.date, {"type": "string", "format": "date"}),
        (dt.time, {"type": "string", "format": "time"}),
        (dt.datetime, {"type": "string", "format": "date-time"}),
        (dt.timedelta, {"type": "string", "format": "duration"}),
        (int | str, {"anyOf": [{"type": "integer"}, {"type": "string"}]}),
        (
            Annotated[int, Field(ge=0, le=10, description="Score.")],
            {"type": "integer", "minimum": 0, "maximum": 10, "description": "Score."},
        ),
        (Address, ADDRESS),
        (
            Person,
            {
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "home": ADDRESS,
                    "others": {"type": "array", "items": ADDRESS, "default": []},
                },
                "required": ["name", "home"],
            },
        ),
    ],
)
def test_hints_become_json_schema(hint: Any, expected: dict[str, Any]) -> None:
    assert schema_of(hint) == (expected, True)


@pytest.mark.parametrize(
    ("hint", "default", "expected"),
    [
        (int, 3, {"type": "integer", "default": 3}),
        (Colour, Colour.RED, {"type": "string", "enum": ["red", "blue"], "default": "red"}),
        (str | None, None, {"type": "string"}),
        (int | str | None, None, {"anyOf": [{"type": "integer"}, {"type": "string"}]}),
        (list[str] | None, None, {"type": "array", "items": {"type": "string"}}),
        (Address | None, None, ADDRESS),
        (list[int], [], {"type": "array", "items": {"type": "integer"}, "default": []}),
    ],
)
def test_a_default_makes_a_parameter_optional(
    hint: Any, default: Any, expected: dict[str, Any]
) -> None:
    assert schema_of(hint, default) == (expected, False)


def test_nullable_without_default_stays_required_and_nullable() -> None:
    assert schema_of(str | None) == ({"anyOf": [{"type": "string"}, {"type": "null"}]}, True)


def test_a_recursive_model_keeps_its_reference() -> None:
    def function(tree: Tree) -> None: ...

    schema = read_signature(function, "f", {}).schema

    child = schema["properties"]["tree"]["properties"]["children"]["items"]
    assert child == {"$ref": "#/$defs/Tree"}
    assert schema["$defs"]["Tree"]["properties"]["value"] == {"type": "integer"}


def test_the_whole_schema_is_flat_and_closed() -> None:
    @tool
    def greet(name: str, loud: bool = False) -> str:
        """Greet someone.

        Args:
            name: Who it is.
        """
        return name

    assert greet.spec.parameters == {
        "type": "object",
        "properties": {
            "name": {"type": "string", "description": "Who it is."},
            "loud": {"type": "boolean", "default": False},
        },
        "required": ["name"],
        "additionalProperties": False,
    }


def test_a_property_called_title_or_default_survives() -> None:
    def function(title: str, default: str, json: int, copy: int, model_config: int) -> None: ...

    schema = read_signature(function, "f", {}).schema

    assert list(schema["properties"]) == ["title", "default", "json", "copy", "model_config"]
    assert schema["properties"]["title"] == {"type": "string"}


def test_the_context_is_left_out() -> None:
    def function(text: str, ctx: ToolContext) -> None: ...
    def optional(text: str, ctx: ToolContext | None = None) -> None: ...

    for candidate in (function, optional):
        signature = read_signature(candidate, "f", {"ctx": "injected"})
        assert list(signature.schema["properties"]) == ["text"]
        assert signature.context_parameter == "ctx"


def no_hint(value) -> None: ...  # type: ignore[no-untyped-def]
def star(*values: str) -> None: ...
def double_star(**values: str) -> None: ...
def positional(value: str, /) -> None: ...
def strange(value: asyncio.Future) -> None: ...  # type: ignore[name-defined] # noqa: F821
def two_contexts(a: ToolContext, b: ToolContext) -> None: ...


class Opaque:
    pass


def opaque(value: Opaque) -> None: ...


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (no_hint, "'value' has no type hint"),
        (star, "variadic positional"),
        (double_star, "variadic keyword"),
        (positional, "positional-only"),
        (strange, "hints cannot be read"),
        (two_contexts, "ToolContext twice"),
        (opaque, "no JSON schema"),
    ],
)
def test_what_a_model_cannot_fill_is_refused(function: Any, words: str) -> None:
    with pytest.raises(ToolDefinitionError, match=words):
        read_signature(function, "broken", {})


def test_a_docstring_of_another_parameter_is_refused() -> None:
    def function(city: str) -> None: ...

    with pytest.raises(ToolDefinitionError, match="describes town"):
        read_signature(function, "f", {"town": "Old name."})
