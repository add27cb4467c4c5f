from types import SimpleNamespace as Made

import pytest

from tools.arguments import parse_arguments
from tools.errors import ArgumentsError, ToolError
from tools.mcp_tools import (
    MAX_SCHEMA_CHARS,
    UnusableToolError,
    mcp_tool,
    offered_name,
    result_text,
)


async def echo(name, arguments):
    return f"{name} {arguments}"


def offered(schema=None, name="find-it", **more):
    schema = {"type": "object"} if schema is None else schema
    shown = {"title": None, "description": "Find  it.", "annotations": None, **more}
    return Made(name=name, input_schema=schema, **shown)


def made(schema=None, **more):
    return mcp_tool("shop", offered(schema, **more), echo, timeout_s=5)


def result(*content, is_error=False, structured=None):
    return Made(content=list(content), is_error=is_error, structured_content=structured)


def text(words):
    return Made(type="text", text=words)


async def test_a_tool_calls_its_server_under_its_own_name():
    tool = made({"type": "object", "properties": {"from": {"type": "string"}}})
    assert tool.name == "shop__find-it"
    assert await tool.function(**{"from": "Bath"}) == "find-it {'from': 'Bath'}"


def test_names_fit_what_models_take():
    assert offered_name("shop", "find it/now!") == "shop__find_it_now_"
    long, other = offered_name("shop", "x" * 80), offered_name("shop", "x" * 81)
    assert len(long) == 64 and long != other


SCHEMA = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "properties": {
        "count": {"type": "integer"},
        "size": {"type": "string", "enum": ["small", "large"]},
        "place": {"$ref": "#/$defs/place"},
    },
    "required": ["count"],
    "$defs": {"place": {"type": "object"}},
}


def test_arguments_are_mended_as_for_any_tool():
    tool = made(SCHEMA)
    given = parse_arguments(tool.name, '{"count": "3", "size": "LARGE"}', tool.signature)
    assert given == {"count": 3, "size": "large"}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("{}", '"count" is missing'),
        ('{"count": 1, "colour": "red"}', 'no parameter "colour"'),
        ('{"count": "many"}', "valid integer"),
        ('{"count": 1, "size": "huge"}', "small"),
    ],
)
def test_wrong_arguments_are_told_so_that_a_model_can_mend_them(arguments, told):
    tool = made(SCHEMA)
    with pytest.raises(ArgumentsError, match=told):
        parse_arguments(tool.name, arguments, tool.signature)


def test_the_schema_is_told_without_what_models_need_not_know():
    parameters = made(SCHEMA).spec.parameters
    assert "$schema" not in parameters
    assert parameters["$defs"] == SCHEMA["$defs"]
    assert made({}).spec.parameters == {"type": "object", "properties": {}, "required": []}


def test_what_a_server_says_of_its_effect_is_taken():
    assert made(annotations=Made(read_only_hint=True, destructive_hint=None)).spec.effect == "read"
    hints = Made(read_only_hint=None, destructive_hint=True)
    assert made(annotations=hints).spec.effect == "irreversible"
    hints = Made(read_only_hint=None, destructive_hint=False)
    assert made(annotations=hints).spec.effect == "reversible"


def test_a_tool_of_which_a_server_says_nothing_is_asked_about_first():
    assert made().spec.effect == "irreversible"
    hints = Made(read_only_hint=None, destructive_hint=None)
    assert made(annotations=hints).spec.effect == "irreversible"


def test_what_the_person_says_of_the_effect_goes_before_the_server():
    hints = Made(read_only_hint=True, destructive_hint=None)
    one = mcp_tool("shop", offered(annotations=hints), echo, timeout_s=5, effect="irreversible")
    assert one.effect == "irreversible"


@pytest.mark.parametrize(
    "schema",
    ["text", {"properties": []}, {"required": "x"}, {"description": "x" * MAX_SCHEMA_CHARS}],
)
def test_a_schema_that_is_none_is_refused(schema):
    with pytest.raises(UnusableToolError):
        made(schema)


def test_a_result_is_its_text_and_a_note_of_the_rest():
    picture = Made(type="image", data="A" * 4_000, mime_type="image/png")
    link = Made(type="resource_link", name="Report", uri="file:///r.txt")
    inner = Made(type="resource", resource=Made(text="inside", uri="u"))
    told = result_text(result(text("Here."), picture, link, inner))
    assert told == (
        "Here.\n[a picture: image/png, 3 kB, which cannot be shown here]\n"
        "[Report: file:///r.txt]\ninside"
    )


def test_structured_content_alone_is_told_too():
    assert result_text(result(structured={"a": 1})) == '{"a": 1}'
    assert result_text(result()) == "Done."


def test_a_failed_result_is_an_error_in_the_words_of_the_server():
    with pytest.raises(ToolError, match="out of stock"):
        result_text(result(text("out of stock"), is_error=True))
