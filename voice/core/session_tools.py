"""Checks of a session's tools and of the choice among them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from voice.core import refusals
from voice.core.field_checks import one_of, text

MAX_TOOLS = 128
MAX_TOOL_NAME_CHARS = 64
_TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]+")
_TOOL_FIELDS = frozenset({"type", "name", "description", "parameters"})
_CHAT_TOOL_FIELDS = frozenset({"strict"})
"""Of Chat Completions; people paste such tools here, and nothing is lost without it."""


def tools(param: str, value: Any) -> list[dict[str, Any]]:
    """Return the function tools; null is none, and hosted MCP servers are left out."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise refusals.invalid_type(param, "an array", value)
    if len(value) > MAX_TOOLS:
        raise refusals.too_many(param, MAX_TOOLS, len(value))
    kept = []
    for index, tool in enumerate(value):
        where = f"{param}[{index}]"
        if not isinstance(tool, dict):
            raise refusals.invalid_type(where, "an object", tool)
        kind = tool.get("type", "function")
        one_of("function", "mcp")(f"{where}.type", kind)
        if kind == "function":
            kept.append(_function(where, tool))
        elif not text(f"{where}.server_label", tool.get("server_label")):
            raise refusals.missing(f"{where}.server_label")
    return kept


def hosted_servers(config: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the MCP servers that a session or a response asks us to connect to.

    Each is its place, such as ``tools[0]``, and its label; ``config`` passed the checks above.
    """
    given, choice = config.get("tools") or [], config.get("tool_choice")
    named = [(f"tools[{index}]", tool) for index, tool in enumerate(given)]
    named.append(("tool_choice", choice if isinstance(choice, dict) else {}))
    return [
        (where, str(tool.get("server_label", "")))
        for where, tool in named
        if tool.get("type") == "mcp"
    ]


def _function(where: str, tool: Mapping[str, Any]) -> dict[str, Any]:
    for key in tool:
        if key not in _TOOL_FIELDS and key not in _CHAT_TOOL_FIELDS:
            raise refusals.unknown_parameter(f"{where}.{key}")
    if tool.get("name") is None:
        raise refusals.missing(f"{where}.name")
    name = text(f"{where}.name", tool["name"])
    if len(name) > MAX_TOOL_NAME_CHARS:
        raise refusals.too_long(f"{where}.name", MAX_TOOL_NAME_CHARS, len(name))
    if not _TOOL_NAME.fullmatch(name):
        raise refusals.pattern(f"{where}.name", f"^{_TOOL_NAME.pattern}$")
    text(f"{where}.description", tool.get("description"))
    parameters = tool.get("parameters")
    if parameters is not None and not isinstance(parameters, dict):
        raise refusals.invalid_type(f"{where}.parameters", "an object", parameters)
    kept = {key: entry for key, entry in tool.items() if key in _TOOL_FIELDS}
    return {"type": "function", **kept}


def tool_choice(param: str, value: Any) -> Any:
    """Return a word, or the one function that must be called; MCP choices read as ``auto``."""
    if not isinstance(value, dict):
        return one_of("none", "auto", "required")(param, "auto" if value is None else value)
    if one_of("function", "mcp")(f"{param}.type", value.get("type")) == "mcp":
        return "auto"
    for key in value:
        if key not in ("type", "name"):
            raise refusals.unknown_parameter(f"{param}.{key}")
    if not value.get("name"):
        raise refusals.missing(f"{param}.name")
    return {"type": "function", "name": text(f"{param}.name", value["name"])}
