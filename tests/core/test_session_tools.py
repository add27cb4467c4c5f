"""Tools of a session: what is taken, left out and refused."""

import pytest

from voice.core.refusals import Refusal
from voice.core.session_tools import (
    MAX_TOOL_NAME_CHARS,
    MAX_TOOLS,
    hosted_servers,
    tool_choice,
    tools,
)


def function(**fields):
    return {"type": "function", "name": "get_time", **fields}


def test_a_function_comes_back_as_it_was_sent():
    tool = function(description="The time.", parameters={"type": "object", "x-examples": ["a"]})
    assert tools("session.tools", [tool]) == [tool]


def test_a_tool_without_a_type_is_a_function_and_strict_is_dropped():
    assert tools("session.tools", [{"name": "get_time", "strict": True}]) == [function()]


def test_a_hosted_mcp_server_is_left_out():
    mcp = {"type": "mcp", "server_label": "files", "server_url": "https://example.org"}
    assert tools("session.tools", [mcp, function()]) == [function()]


def test_the_servers_that_were_left_out_are_named_with_their_places():
    mcp = {"type": "mcp", "server_label": "files"}
    config = {"tools": [function(), mcp], "tool_choice": mcp}
    assert hosted_servers(config) == [("tools[1]", "files"), ("tool_choice", "files")]
    assert hosted_servers({"tools": None, "tool_choice": "auto"}) == []


def test_null_clears_the_tools():
    assert tools("session.tools", None) == []


@pytest.mark.parametrize(
    ("entry", "code", "param"),
    [
        (3, "invalid_type", "session.tools[0]"),
        ({"type": "web_search"}, "invalid_value", "session.tools[0].type"),
        ({"type": "function"}, "missing_required_parameter", "session.tools[0].name"),
        (function(name=3), "invalid_type", "session.tools[0].name"),
        (function(name="a b"), "invalid_value", "session.tools[0].name"),
        (function(name=""), "invalid_value", "session.tools[0].name"),
        (
            function(name="a" * (MAX_TOOL_NAME_CHARS + 1)),
            "string_above_max_length",
            "session.tools[0].name",
        ),
        (function(description=3), "invalid_type", "session.tools[0].description"),
        (function(parameters=[]), "invalid_type", "session.tools[0].parameters"),
        (function(colour=1), "unknown_parameter", "session.tools[0].colour"),
        ({"type": "mcp"}, "missing_required_parameter", "session.tools[0].server_label"),
    ],
)
def test_a_bad_tool_is_refused_with_its_place(entry, code, param):
    with pytest.raises(Refusal) as refused:
        tools("session.tools", [entry])
    assert (refused.value.code, refused.value.param) == (code, param)


def test_too_many_tools_are_refused():
    with pytest.raises(Refusal) as refused:
        tools("session.tools", [function(name=f"f{n}") for n in range(MAX_TOOLS + 1)])
    assert refused.value.code == "array_above_max_length"


@pytest.mark.parametrize(
    ("choice", "in_effect"),
    [
        (None, "auto"),
        ("required", "required"),
        ({"type": "function", "name": "f"}, {"type": "function", "name": "f"}),
        ({"type": "mcp", "server_label": "files"}, "auto"),
    ],
)
def test_a_choice_that_cannot_be_met_reads_as_auto(choice, in_effect):
    assert tool_choice("session.tool_choice", choice) == in_effect


@pytest.mark.parametrize(
    ("choice", "code", "param"),
    [
        ("maybe", "invalid_value", "session.tool_choice"),
        (3, "invalid_type", "session.tool_choice"),
        ({"type": "any"}, "invalid_value", "session.tool_choice.type"),
        ({"type": "function"}, "missing_required_parameter", "session.tool_choice.name"),
    ],
)
def test_a_bad_choice_is_refused(choice, code, param):
    with pytest.raises(Refusal) as refused:
        tool_choice("session.tool_choice", choice)
    assert (refused.value.code, refused.value.param) == (code, param)
