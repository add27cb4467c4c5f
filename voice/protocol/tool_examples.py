"""Example sentences of tools: how they travel, and how they are left behind.

Only our own server reads them, so they go to no other endpoint.
"""

from typing import Any, Final

from voice.protocol.session_config import FunctionTool, Tool

EXAMPLES_KEY: Final = "x-examples"
"""The key in a tool's parameters under which the author's example sentences travel."""


def strip_examples(tools: list[Tool]) -> list[Tool]:
    """Return the tools without the example sentences, which only our own server reads.

    Tools without any are returned as they are; none is changed.
    """
    return [_strip_tool(tool) for tool in tools]


def _strip_tool(tool: Tool) -> Tool:
    if isinstance(tool, FunctionTool):
        if tool.parameters is None or EXAMPLES_KEY not in tool.parameters:
            return tool
        return tool.model_copy(update={"parameters": _strip_schema(tool.parameters)})
    if isinstance(tool, dict):
        parameters = tool.get("parameters")
        if isinstance(parameters, dict) and EXAMPLES_KEY in parameters:
            return {**tool, "parameters": _strip_schema(parameters)}
    return tool


def _strip_schema(parameters: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in parameters.items() if key != EXAMPLES_KEY}
