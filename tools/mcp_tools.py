"""What an MCP server offers, as our tools: their names, their schemas, their results; pure."""

from __future__ import annotations

import copy
import hashlib
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, create_model

from tools.definition import Effect, Tool, ToolSpec
from tools.errors import ToolError
from tools.schema import JsonSchema, Signature

MAX_DESCRIPTION_CHARS = 1_000
MAX_SCHEMA_CHARS = 16_000
"""A tool whose schema is longer is left out: each session and each answer would pay for it."""

MAX_RESULT_CHARS = 20_000
"""What is gathered of a result; the registry cuts what a model is told, with a note."""

_MAX_NAME_CHARS = 64
_TYPES: Mapping[str, Any] = {
    "string": str,
    "integer": int,
    "number": float,
    "boolean": bool,
    "array": list[Any],
    "object": dict[str, Any],
}

CallTool: TypeAlias = Callable[[str, dict[str, Any]], Awaitable[str]]
"""Runs the server's tool of that name and returns what a model is to be told."""


class UnusableToolError(Exception):
    """A tool that cannot be offered; the message says why."""


def mcp_tool(
    server: str,
    offered: Any,
    call: CallTool,
    *,
    timeout_s: float,
    effect: Effect | None = None,
) -> Tool[..., Any]:
    """Return the tool ``SERVER__NAME`` for one that a server offers.

    ``effect`` None takes the server's own word for what the tool does.

    Arguments are checked by the types of the schema's first level, deeper ones by the server.
    Raises UnusableToolError.
    """
    remote_name = str(offered.name)
    name = offered_name(server, remote_name)
    schema = _object_schema(offered.input_schema)
    if len(json.dumps(schema)) > MAX_SCHEMA_CHARS:
        raise UnusableToolError(f"its schema is longer than {MAX_SCHEMA_CHARS} characters")

    async def run(**arguments: Any) -> str:
        return await call(remote_name, arguments)

    description = " ".join((offered.description or offered.title or "").split())
    spec = ToolSpec(
        name=name,
        description=description[:MAX_DESCRIPTION_CHARS] or f"{remote_name} of {server}.",
        parameters=schema,
        effect=effect or _effect(offered.annotations),
    )
    signature = _signature(name, schema)
    return Tool(run, spec=spec, signature=signature, timeout_s=timeout_s, heavy=False)


def _effect(hints: Any) -> Effect:
    """Return what a call does, by the server's word and the protocol's defaults.

    The protocol takes a tool that says nothing for one that writes and may destroy, so such a tool
    is asked about first; only "reads only" and "destroys nothing" free it of that.
    """
    if getattr(hints, "read_only_hint", None):
        return "read"
    return "reversible" if getattr(hints, "destructive_hint", None) is False else "irreversible"


def offered_name(server: str, tool: str) -> str:
    """Return ``SERVER__TOOL`` in the letters that models take; long ones are cut but unlike."""
    whole = f"{server}__{re.sub(r'[^A-Za-z0-9_-]', '_', tool)}"
    if len(whole) <= _MAX_NAME_CHARS:
        return whole
    mark = hashlib.sha256(tool.encode()).hexdigest()[:6]
    return f"{whole[: _MAX_NAME_CHARS - 7]}_{mark}"


def result_text(result: Any) -> str:
    """Return what a model is told of a result: its text, and that there are pictures and sounds.

    Raises ToolError with the server's words for a result that says that the call failed.
    """
    parts: list[str] = []
    left = MAX_RESULT_CHARS
    for block in result.content or ():
        part = _block_text(block)[:left]
        left -= len(part)
        if part:
            parts.append(part)
    structured = getattr(result, "structured_content", None)
    if not parts and structured is not None:
        parts.append(json.dumps(structured, ensure_ascii=False, default=str)[:MAX_RESULT_CHARS])
    text = "\n".join(parts)
    if result.is_error:
        raise ToolError(text or "The tool failed and did not say why.")
    return text or "Done."


def _block_text(block: Any) -> str:
    match getattr(block, "type", None):
        case "text":
            return str(block.text)
        case "image" | "audio" as kind:
            what = "a picture" if kind == "image" else "a sound"
            kilobytes = max(1, len(block.data) * 3 // 4 // 1_000)
            return f"[{what}: {block.mime_type}, {kilobytes} kB, which cannot be shown here]"
        case "resource_link":
            return f"[{block.name}: {block.uri}]"
        case "resource":
            inner = block.resource
            text = getattr(inner, "text", None)
            return str(text) if text is not None else f"[a file: {inner.uri}]"
        case kind:
            return f"[something of kind {kind}]"


def _object_schema(schema: Any) -> JsonSchema:
    if not isinstance(schema, dict):
        raise UnusableToolError("its input schema is no object")
    made = copy.deepcopy(schema)
    made.pop("$schema", None)
    made["type"] = "object"
    if not isinstance(made.setdefault("properties", {}), dict):
        raise UnusableToolError("the properties of its input schema are no object")
    required = made.setdefault("required", [])
    if not isinstance(required, list):
        raise UnusableToolError("what its input schema requires is no list")
    made["properties"] = {
        name: node if isinstance(node, dict) else {} for name, node in made["properties"].items()
    }
    made["required"] = [name for name in required if name in made["properties"]]
    return made


def _signature(name: str, schema: JsonSchema) -> Signature:
    fields: dict[str, Any] = {}
    names: dict[str, str] = {}
    for parameter, node in schema["properties"].items():
        field_name = f"field_{len(fields)}"
        names[field_name] = parameter
        kind = _kind(node)
        if parameter in schema["required"]:
            fields[field_name] = (kind, Field(alias=parameter))
        else:
            fields[field_name] = (kind, Field(default=None, alias=parameter))
    is_open = schema.get("additionalProperties") not in (None, False) and not fields
    config = ConfigDict(extra="allow" if is_open else "forbid", coerce_numbers_to_str=True)
    model: type[BaseModel] = create_model(f"{name}_arguments", __config__=config, **fields)
    return Signature(model=model, fields=names, schema=schema, context_parameter=None)


def _kind(node: JsonSchema) -> Any:
    """Return the Python type of a schema's node; Any for what is not plain."""
    choices = node.get("enum")
    if isinstance(choices, list) and choices and all(isinstance(one, str) for one in choices):
        return Literal[tuple(choices)]
    kind = node.get("type")
    return _TYPES.get(kind, Any) if isinstance(kind, str) else Any
