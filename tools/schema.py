"""Turns a function's type hints into a JSON schema and a pydantic model that checks arguments."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, create_model
from pydantic.errors import PydanticUserError
from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaWarningKind

from tools.context import ToolContext
from tools.errors import ToolDefinitionError

JsonSchema = dict[str, Any]

# Weak models write 5 for "5" and the reverse; unknown names are refused so that a model notices.
_CONFIG = ConfigDict(extra="forbid", coerce_numbers_to_str=True)
_REFERENCE = "#/$defs/"


@dataclass(frozen=True, slots=True)
class Signature:
    """What a function takes.

    ``model`` validates arguments; its fields are aliased to the parameter names, so that a
    parameter may be called ``json`` or ``copy``. ``fields`` maps field names to parameter names.
    ``context_parameter`` is the parameter that receives the ToolContext, or None.
    """

    model: type[BaseModel]
    fields: Mapping[str, str]
    schema: JsonSchema
    context_parameter: str | None


class _QuietSchema(GenerateJsonSchema):
    """Leaves out defaults that are not JSON instead of warning about them."""

    ignored_warning_kinds: set[JsonSchemaWarningKind] = {
        "skipped-choice",
        "non-serializable-default",
    }

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Keep generated titles out: a model reads the name anyway."""
        return False


def read_signature(
    function: Callable[..., Any], name: str, descriptions: Mapping[str, str]
) -> Signature:
    """Read the parameters of ``function``; ``descriptions`` come from its docstring.

    Raises ToolDefinitionError for what a model could not fill: ``*args``, ``**kwargs``,
    positional-only parameters, missing or unresolvable hints, types without a JSON schema.
    """
    hints = _hints(function, name)
    fields: dict[str, Any] = {}
    names: dict[str, str] = {}
    context_parameter: str | None = None
    for parameter in inspect.signature(function).parameters.values():
        _require_nameable(parameter, name)
        if parameter.name not in hints:
            raise ToolDefinitionError(
                f"tool {name!r}: parameter {parameter.name!r} has no type hint; "
                "a model needs one, for example `: str`"
            )
        hint = hints[parameter.name]
        if _is_context(hint):
            if context_parameter is not None:
                raise ToolDefinitionError(f"tool {name!r} asks for its ToolContext twice")
            context_parameter = parameter.name
            continue
        field_name = f"field_{len(fields)}"
        names[field_name] = parameter.name
        fields[field_name] = _field(parameter, hint, descriptions.get(parameter.name))
    _require_known(name, descriptions, names.values(), context_parameter)
    model, schema = _model(name, fields)
    return Signature(model, names, schema, context_parameter)


def _hints(function: Callable[..., Any], name: str) -> dict[str, Any]:
    try:
        return get_type_hints(function, include_extras=True)
    except Exception as error:
        raise ToolDefinitionError(
            f"tool {name!r}: its type hints cannot be read ({error}); "
            "define the types at the top of the module"
        ) from error


def _require_nameable(parameter: inspect.Parameter, tool_name: str) -> None:
    if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
        return
    raise ToolDefinitionError(
        f"tool {tool_name!r}: parameter {parameter.name!r} is {parameter.kind.description}; "
        "a model fills parameters by name, so give each a name of its own"
    )


def _require_known(
    tool_name: str,
    descriptions: Mapping[str, str],
    names: Any,
    context_parameter: str | None,
) -> None:
    """Refuse a docstring that describes a parameter which is not there: a slip after renaming."""
    unknown = set(descriptions) - set(names) - {context_parameter}
    if unknown:
        raise ToolDefinitionError(
            f"tool {tool_name!r}: its docstring describes {', '.join(sorted(unknown))}, "
            f"but its parameters are {', '.join(names) or 'none'}"
        )


def _is_context(hint: Any) -> bool:
    if get_origin(hint) is Annotated:
        return _is_context(get_args(hint)[0])
    if get_origin(hint) in (Union, types.UnionType):
        return any(_is_context(member) for member in get_args(hint))
    return isinstance(hint, type) and issubclass(hint, ToolContext)


def _field(parameter: inspect.Parameter, hint: Any, description: str | None) -> tuple[Any, Any]:
    """Build a field definition; a description inside ``Annotated`` wins over the docstring's."""
    own = next(
        (extra for extra in get_args(hint)[1:] if isinstance(extra, FieldInfo)),
        None,
    )
    if own is not None and own.description:
        description = own.description
    default = ... if parameter.default is parameter.empty else parameter.default
    return (hint, Field(default, alias=parameter.name, description=description))


def _model(name: str, fields: dict[str, Any]) -> tuple[type[BaseModel], JsonSchema]:
    try:
        model = create_model(name, __config__=_CONFIG, **fields)
        raw = model.model_json_schema(by_alias=True, schema_generator=_QuietSchema)
    except (PydanticUserError, TypeError, ValueError) as error:
        reason = str(error).partition("\n")[0]
        raise ToolDefinitionError(
            f"tool {name!r}: a parameter's type has no JSON schema ({reason}); "
            "use str, int, float, bool, Literal, Enum, list, dict, date types or pydantic models"
        ) from error
    return model, _tidy_root(raw)


def _tidy_root(raw: JsonSchema) -> JsonSchema:
    """Return the flat object schema that endpoints expect, `$defs` only for recursive models."""
    definitions: JsonSchema = raw.get("$defs", {})
    kept: set[str] = set()
    properties = {
        name: _tidy(node, definitions, (), kept) for name, node in raw.get("properties", {}).items()
    }
    schema: JsonSchema = {
        "type": "object",
        "properties": properties,
        "required": list(raw.get("required", [])),
        "additionalProperties": False,
    }
    if kept:
        schema["$defs"] = {
            name: _tidy(definitions[name], definitions, tuple(kept), kept) for name in sorted(kept)
        }
    return schema


def _tidy(
    node: Any, definitions: JsonSchema, open_names: tuple[str, ...], kept: set[str]
) -> JsonSchema:
    """Inline references, drop titles, and write Optional-with-None-default as a plain type.

    ``open_names`` are the models being inlined; one of them coming again is recursive, and its
    reference stays.
    """
    node = dict(node)
    reference = node.pop("$ref", None)
    if isinstance(reference, str):
        name = reference.removeprefix(_REFERENCE)
        if name in open_names:
            kept.add(name)
            return {"$ref": reference, **node}
        inlined = _tidy(definitions[name], definitions, (*open_names, name), kept)
        return {**inlined, **_tidy(node, definitions, open_names, kept)}
    node.pop("title", None)
    node.pop("discriminator", None)
    if "const" in node:
        node["enum"] = [node.pop("const")]
    for key in ("items", "additionalProperties", "not", "propertyNames"):
        if isinstance(node.get(key), dict):
            node[key] = _tidy(node[key], definitions, open_names, kept)
    for key in ("anyOf", "oneOf", "allOf", "prefixItems"):
        if key in node:
            node[key] = [_tidy(part, definitions, open_names, kept) for part in node[key]]
    if "properties" in node:
        node["properties"] = {
            name: _tidy(part, definitions, open_names, kept)
            for name, part in node["properties"].items()
        }
    return _without_null(node)


def _without_null(node: JsonSchema) -> JsonSchema:
    """Write ``X | None = None`` as an X that is not required: weak models fill that rightly."""
    if "default" not in node or node["default"] is not None or "anyOf" not in node:
        return node
    choices = [part for part in node["anyOf"] if part != {"type": "null"}]
    rest = {key: value for key, value in node.items() if key not in ("anyOf", "default")}
    return {**choices[0], **rest} if len(choices) == 1 else {"anyOf": choices, **rest}
