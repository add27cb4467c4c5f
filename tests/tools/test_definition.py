from __future__ import annotations

from typing import Any

import pytest

from tools import Tool, ToolContext, ToolDefinitionError, ToolSpec, tool


@tool
def plain(city: str) -> str:
    """Tell the weather of a city.

    Args:
        city: The city.
    """
    return f"sunny in {city}"


@tool(
    name="other-name",
    description="Said otherwise.",
    examples=["[please] do {thing}"],
    timeout_s=2.5,
    speak=False,
    cancel_on_interrupt=True,
)
async def decorated(thing: str) -> str:
    """Not this."""
    return thing


def test_a_bare_decorator_reads_name_and_docstring() -> None:
    spec = plain.spec

    assert isinstance(plain, Tool)
    assert (spec.name, spec.description) == ("plain", "Tell the weather of a city.")
    assert spec.parameters["properties"]["city"]["description"] == "The city."
    assert (plain.timeout_s, plain.heavy, spec.speak) == (10.0, False, True)


def test_options_win_over_the_docstring() -> None:
    assert decorated.spec == ToolSpec(
        name="other-name",
        description="Said otherwise.",
        parameters={
            "type": "object",
            "properties": {"thing": {"type": "string"}},
            "required": ["thing"],
            "additionalProperties": False,
        },
        examples=("[please] do {thing}",),
        speak=False,
        cancel_on_interrupt=True,
    )
    assert decorated.timeout_s == 2.5
    assert decorated.is_async


def test_a_tool_is_still_a_function() -> None:
    assert plain("Rome") == "sunny in Rome"
    assert plain.__name__ == "plain"


def test_a_spec_is_a_copy() -> None:
    plain.spec.parameters["properties"].clear()

    assert "city" in plain.spec.parameters["properties"]


def test_without_a_docstring_the_name_describes() -> None:
    @tool
    def roll_die() -> int:
        return 4

    assert roll_die.spec.description == "Roll die."


def test_start_hooks_are_kept() -> None:
    @tool
    def timer() -> None: ...

    @timer.on_start
    def rearm(context: ToolContext) -> None: ...

    assert timer.start_hooks == [rearm]


def generator() -> Any:
    yield 1


async def heavy_coroutine() -> None: ...


def with_context(ctx: ToolContext) -> None: ...


def with_slot(place: str) -> None: ...


@pytest.mark.parametrize(
    ("function", "options", "words"),
    [
        (print, {}, "expects a function"),
        (with_slot, {"name": "no spaces"}, "1 to 64 letters"),
        (with_slot, {"name": "x" * 65}, "1 to 64 letters"),
        (with_slot, {"timeout_s": 0}, "above 0"),
        (with_slot, {"timeout_s": 1e9}, "at most 3600"),
        (with_slot, {"examples": "one text"}, "list of sentences"),
        (with_slot, {"examples": ["at {town}"]}, r"slot \{town\}"),
        (with_slot, {"examples": ["at (here"]}, "cannot be read"),
        (generator, {}, "yields"),
        (heavy_coroutine, {"heavy": True}, "plain function"),
        (with_context, {"heavy": True}, "no ToolContext"),
    ],
)
def test_a_bad_definition_is_refused(function: Any, options: dict[str, Any], words: str) -> None:
    with pytest.raises(ToolDefinitionError, match=words):
        tool(**options)(function)


def test_a_heavy_tool_must_be_importable() -> None:
    def local() -> None: ...

    with pytest.raises(ToolDefinitionError, match="top of a module"):
        tool(heavy=True)(local)
