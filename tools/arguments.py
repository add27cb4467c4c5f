"""Turns the arguments text that a model wrote into keyword arguments, or into a repair hint."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from pydantic import ValidationError

from tools.errors import ArgumentsError
from tools.schema import JsonSchema, Signature

MAX_ARGUMENTS_CHARS = 64_000
"""Longer argument texts are refused unread: parsing must not hold the event loop."""

MAX_HINT_CHARS = 800
_MAX_SHOWN_ERRORS = 4
_MAX_SHOWN_INPUT_CHARS = 40


def parse_arguments(tool_name: str, arguments_json: str, signature: Signature) -> dict[str, Any]:
    """Return the keyword arguments for a call; parameters that were not given are left out.

    An empty text counts as no arguments. Numbers written as strings are accepted, a null for a
    parameter with a default means that default, enum values may differ in case. Raises
    ArgumentsError, one sentence of at most ``MAX_HINT_CHARS``, for everything else.
    """
    given = _read_object(tool_name, arguments_json, signature)
    mended = {
        name: _mend(value, signature.schema["properties"].get(name, {}))
        for name, value in given.items()
        if not _means_default(name, value, signature.schema)
    }
    try:
        model = signature.model.model_validate(mended)
    except ValidationError as error:
        raise ArgumentsError(_hint(tool_name, error, signature)) from error
    return {
        name: getattr(model, field)
        for field, name in signature.fields.items()
        if field in model.model_fields_set
    }


def _read_object(tool_name: str, text: str, signature: Signature) -> dict[str, Any]:
    if len(text) > MAX_ARGUMENTS_CHARS:
        _refuse(tool_name, f"are too long ({len(text)} characters)", signature)
    try:
        value = json.loads(text, parse_constant=_refuse_constant) if text.strip() else {}
    except (ValueError, RecursionError):
        _refuse(tool_name, "are not valid JSON", signature)
    if not isinstance(value, dict):
        _refuse(tool_name, f"must be a JSON object, not {_kind(value)}", signature)
    return value


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")


def _refuse(tool_name: str, fault: str, signature: Signature) -> NoReturn:
    raise ArgumentsError(
        _bounded(f"The arguments of {tool_name} {fault}", f"; {_expected(signature.schema)}")
    )


def _means_default(name: str, value: Any, schema: JsonSchema) -> bool:
    return value is None and name in schema["properties"] and name not in schema["required"]


def _mend(value: Any, schema: JsonSchema) -> Any:
    """Undo the usual slips of weak models: JSON inside a string, one value for a list, case."""
    kind = schema.get("type")
    if isinstance(value, str) and kind in ("array", "object") and value.strip()[:1] in ("[", "{"):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return value
    if kind == "array" and isinstance(value, (str, int, float, bool)):
        return [value]
    choices = schema.get("enum")
    if choices and isinstance(value, str) and value not in choices:
        key = value.strip().casefold()
        same = [choice for choice in choices if str(choice).casefold() == key]
        return same[0] if len(same) == 1 else value
    return value


def _hint(tool_name: str, error: ValidationError, signature: Signature) -> str:
    faults = error.errors(include_url=False, include_context=False)
    shown = [_fault(fault) for fault in faults[:_MAX_SHOWN_ERRORS]]
    if len(faults) > _MAX_SHOWN_ERRORS:
        shown.append(f"and {len(faults) - _MAX_SHOWN_ERRORS} more")
    return _bounded(
        f"The arguments of {tool_name} do not fit: {', '.join(shown)}",
        f"; {_expected(signature.schema)}",
    )


def _fault(fault: Any) -> str:
    where = ".".join(str(part) for part in fault["loc"]) or "they"
    match fault["type"]:
        case "missing":
            return f'"{where}" is missing'
        case "extra_forbidden":
            return f'there is no parameter "{where}"'
        case "value_error":
            return f'"{where}": {fault["msg"].removeprefix("Value error, ").rstrip(".")}'
        case _:
            message = fault["msg"].removeprefix("Input ").rstrip(".")
            return f'"{where}" {message}, got {_shown(fault["input"])}'


def _shown(value: Any) -> str:
    if isinstance(value, (dict, list)):
        return _kind(value)
    text = json.dumps(value, ensure_ascii=False, default=str)
    if len(text) <= _MAX_SHOWN_INPUT_CHARS:
        return text
    return text[: _MAX_SHOWN_INPUT_CHARS - 1] + "…"


def _expected(schema: JsonSchema) -> str:
    if not schema["properties"]:
        return "it takes no arguments, send {}."
    parts = [
        f"{name} ({_type_name(node)}{'' if name in schema['required'] else ', optional'})"
        for name, node in schema["properties"].items()
    ]
    return f"its parameters are {', '.join(parts)}."


def _type_name(node: JsonSchema) -> str:
    if "enum" in node:
        return "one of " + ", ".join(json.dumps(choice) for choice in node["enum"][:12])
    if "anyOf" in node:
        return " or ".join(dict.fromkeys(_type_name(part) for part in node["anyOf"]))
    kind = node.get("type", "any")
    text = " or ".join(kind) if isinstance(kind, list) else str(kind)
    return f"{text}, {node['format']}" if "format" in node else text


def _kind(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list():
            return "an array"
        case _:
            return "an object"


def _bounded(fault: str, expected: str) -> str:
    """Keep the fault whole where it can be, and cut what is expected first."""
    text = fault + expected
    if len(text) <= MAX_HINT_CHARS:
        return text
    return text[: MAX_HINT_CHARS - 1] + "…"
