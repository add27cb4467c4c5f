from voice.protocol.session_config import FunctionTool, McpTool
from voice.protocol.tool_examples import EXAMPLES_KEY, strip_examples

SCHEMA = {"type": "object", "properties": {}, EXAMPLES_KEY: ["What time is it?"]}


def test_examples_are_left_behind_and_the_given_tools_are_not_changed():
    tool = FunctionTool(name="clock", parameters=SCHEMA)
    plain = {"type": "function", "name": "clock", "parameters": SCHEMA}
    stripped = strip_examples([tool, plain])
    assert stripped[0] == FunctionTool(
        name="clock", parameters={"type": "object", "properties": {}}
    )
    assert stripped[1]["parameters"] == {"type": "object", "properties": {}}
    assert EXAMPLES_KEY in tool.parameters
    assert EXAMPLES_KEY in plain["parameters"]


def test_tools_without_examples_stay_the_same_objects():
    tools = [
        FunctionTool(name="a"),
        FunctionTool(name="b", parameters={"type": "object"}),
        McpTool(server_label="home"),
        {"type": "web_search"},
        {"parameters": "odd"},
    ]
    stripped = strip_examples(tools)
    assert all(after is before for after, before in zip(stripped, tools, strict=True))
