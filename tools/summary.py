"""Says in some words what a call would do, for the question that goes before it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from tools.errors import ToolDefinitionError

MAX_VALUE_CHARS = 80
MAX_SUMMARY_CHARS = 300

_SLOT = re.compile(r"\{([^{}]*)\}")


def check_summary(tool_name: str, template: str | None, parameters: Iterable[str]) -> None:
    """Raise ToolDefinitionError for a summary with a slot that is no parameter."""
    known = list(parameters)
    for slot in _SLOT.findall(template or ""):
        if slot not in known:
            raise ToolDefinitionError(
                f"tool {tool_name!r}: its summary has the slot {{{slot}}}, "
                f"but the parameters are: {', '.join(known) or 'none'}"
            )


def summarise(name: str, template: str | None, arguments: Mapping[str, Any]) -> str:
    """Fill the template, or name the tool and every argument where there is none.

    A tool of an MCP server, ``shop__buy``, is named with it.
    Values are cut and lose line breaks: what a model wrote must not drown what it asks for.
    """
    if template is None:
        values = [f"{humanised(key)} {_shown(value)}" for key, value in arguments.items()]
        server, _, of_server = name.partition("__")
        act = f"use {humanised(server)} to {humanised(of_server)}" if of_server else humanised(name)
        text = act + (f" with {', '.join(values)}" if values else "")
    else:
        text = _SLOT.sub(lambda match: _shown(arguments.get(match[1])), template)
    return text if len(text) <= MAX_SUMMARY_CHARS else text[: MAX_SUMMARY_CHARS - 1] + "…"


def humanised(name: str, *, capital: bool = False) -> str:
    """Return a name as words: ``get_time`` is "get time"."""
    words = name.replace("_", " ").replace("-", " ").strip()
    return words[:1].upper() + words[1:] if capital else words


def _shown(value: Any) -> str:
    match value:
        case None | "":
            return "nothing"
        case list() | tuple():
            text = ", ".join(_shown(entry) for entry in value[:10])
        case float() if value.is_integer():
            text = str(int(value))
        case _:
            text = " ".join(str(value).split())
    if len(text) <= MAX_VALUE_CHARS:
        return text
    return f"{text[:MAX_VALUE_CHARS]}… (and {len(text) - MAX_VALUE_CHARS} characters more)"
