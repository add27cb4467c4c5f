"""The strict form of a tool's schema, which an endpoint promises to keep to; pure.

Every parameter is then required and no other allowed, so one that may be left out is nullable: the
nulls that come back are taken out again, and a tool never sees the difference.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeAlias

Schema: TypeAlias = dict[str, Any]

MAX_DEPTH = 5
MAX_PROPERTIES = 100

_KEPT = frozenset({"type", "description", "enum", "const", "properties", "required", "items"})
_DROPPED = frozenset({"additionalProperties", "title", "default", "examples", "$schema"})
"""What says nothing that a model must keep to, or is said anew."""

_PLAIN = frozenset({"string", "integer", "number", "boolean"})


class _Inexpressible(Exception):
    """The strict form knows no such thing."""


def strict_schema(schema: Mapping[str, Any]) -> Schema | None:
    """Return the strict form of an object's schema; None where there is none.

    There is none for open objects, references, unions other than with null, and bounds such as
    ``minimum``, which not every endpoint keeps: a tool whose schema would lose them is better sent
    as it is.
    """
    try:
        strict = _object(schema, 0)
    except _Inexpressible:
        return None
    return strict if _count(strict) <= MAX_PROPERTIES else None


def without_nulls(arguments: str, schema: Mapping[str, Any]) -> str:
    """Return a call's arguments without the nulls that stand for "not given".

    Text that is no object comes back as it is: whoever checks it says what is wrong.
    """
    try:
        value = json.loads(arguments)
    except (ValueError, RecursionError):
        return arguments
    if not isinstance(value, dict):
        return arguments
    cleaned = _cleaned(value, schema)
    return arguments if cleaned == value else json.dumps(cleaned, ensure_ascii=False)


def _object(node: Mapping[str, Any], depth: int) -> Schema:
    if depth > MAX_DEPTH or node.get("additionalProperties") not in (None, False):
        raise _Inexpressible
    properties = node.get("properties")
    if not isinstance(properties, Mapping) or (depth and not properties):
        raise _Inexpressible
    required = node.get("required") or ()
    made: Schema = {
        "type": "object",
        "properties": {
            name: _node(one, depth + 1) if name in required else _nullable(_node(one, depth + 1))
            for name, one in properties.items()
        },
        "required": list(properties),
        "additionalProperties": False,
    }
    if "description" in node:
        made["description"] = node["description"]
    return made


def _node(node: Any, depth: int) -> Schema:
    if not isinstance(node, Mapping):
        raise _Inexpressible
    options = node.get("anyOf")
    if options is not None:
        return _optional(node, options, depth)
    if any(key not in _KEPT | _DROPPED and not key.startswith("x-") for key in node):
        raise _Inexpressible
    kind = node.get("type")
    if kind == "object":
        return _object(node, depth)
    kept = {key: value for key, value in node.items() if key in _KEPT}
    if kind == "array":
        return {**kept, "items": _node(node.get("items"), depth + 1)}
    if kind in _PLAIN:
        return kept
    raise _Inexpressible


def _optional(node: Mapping[str, Any], options: Any, depth: int) -> Schema:
    others = [one for one in options if one != {"type": "null"}]
    if len(others) != 1 or len(others) == len(options):
        raise _Inexpressible
    described = {key: node[key] for key in ("description",) if key in node}
    return _nullable({**_node(others[0], depth), **described})


def _nullable(node: Schema) -> Schema:
    kind = node["type"]
    made = {**node, "type": [kind, "null"] if isinstance(kind, str) else kind}
    if "const" in made:
        made["enum"] = [made.pop("const")]
    if "enum" in made and None not in made["enum"]:
        made["enum"] = [*made["enum"], None]
    return made


def _count(node: Mapping[str, Any]) -> int:
    properties = node.get("properties", {})
    inner = [*properties.values(), *([node["items"]] if "items" in node else [])]
    return len(properties) + sum(_count(one) for one in inner)


def _cleaned(value: Any, schema: Any) -> Any:
    """Take out every null where the schema lets a property be left out."""
    if not isinstance(schema, Mapping):
        return value
    for one in schema.get("anyOf") or ():
        if one != {"type": "null"}:
            schema = one
            break
    if isinstance(value, dict):
        properties, required = schema.get("properties") or {}, schema.get("required") or ()
        return {
            name: _cleaned(inner, properties.get(name))
            for name, inner in value.items()
            if inner is not None or name in required or name not in properties
        }
    if isinstance(value, list):
        return [_cleaned(one, schema.get("items")) for one in value]
    return value
