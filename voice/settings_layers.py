"""The layers of the settings, and one clear line for each problem in them."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args, get_origin

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic_core import ErrorDetails

from voice.logs import redact
from voice.settings_file import SettingsFile

Origin: TypeAlias = Literal["default", "file", "env", "flag"]
"""Which layer a value came from."""

Schema: TypeAlias = Mapping[str, type[BaseModel]]
"""Section name -> its model; a section in a section is called ``tools.image``."""

_SHOWN = 60
"""Characters of a wrong value that an error repeats."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One source of settings: section -> key -> value, and where each stands."""

    origin: Origin
    values: dict[str, Any]
    places: dict[tuple[str, str], str] = field(default_factory=dict)

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Yield every (section, key) that this layer sets."""
        for section, values in self.values.items():
            if isinstance(values, dict):
                yield from ((section, key) for key in values)

    def place(self, section: str, key: str) -> str:
        """Return the file and line or the variable; empty for a flag."""
        return self.places.get((section, key), "")


def file_layer(file: SettingsFile, schema: Schema) -> Layer:
    """Build the layer of the settings file; relative paths count from the file's folder."""
    values = _apart(file.values, schema)
    layer = Layer("file", values)
    for section, key in list(layer.pairs()):
        layer.places[section, key] = file.place(section, key)
        value = values[section][key]
        if file.path and isinstance(value, str) and _is_path(schema, section, key):
            values[section][key] = str(file.path.parent / Path(value).expanduser())
    for section in values:
        layer.places[section, ""] = file.place(section)
    return layer


def environment_layer(values: Mapping[str, Any], prefix: str, schema: Schema) -> Layer:
    """Build the layer of the environment from what pydantic-settings read of it.

    Variables of unknown sections, which pydantic-settings passes over, are added, so that a
    mistyped one is reported. ``VOICE_API_KEY`` is ``VOICE_ENDPOINT__API_KEY`` by a shorter name.
    """
    layer = Layer("env", _apart(values, schema))
    for section, key in layer.pairs():
        layer.places[section, key] = f"{prefix}{section}__{key}".upper().replace(".", "__")
    for variable in os.environ:
        section, delimiter, key = variable.upper().removeprefix(prefix).lower().partition("__")
        if variable.upper().startswith(prefix) and delimiter and section not in schema:
            layer.values.setdefault(section, {})[key] = os.environ[variable]
            layer.places[section, key] = layer.places[section, ""] = variable
    endpoint = layer.values.setdefault("endpoint", {})
    if "api_key" not in endpoint and (secret := os.environ.get("VOICE_API_KEY")):
        endpoint["api_key"] = secret
        layer.places["endpoint", "api_key"] = "VOICE_API_KEY"
    return layer


def flag_layer(overrides: Mapping[str, object], schema: Schema) -> Layer:
    """Build the layer of the command line from ``{"section.key": value}``; None is not given."""
    values: dict[str, Any] = {}
    for name, value in overrides.items():
        section, _, key = name.rpartition(".")
        if section not in schema:
            section, _, key = name.partition(".")
        if value is not None:
            values.setdefault(section, {})[key] = value
    return Layer("flag", values)


def merge(layers: list[Layer]) -> dict[str, dict[str, Any]]:
    """Return the layers' values, key by key, later layers winning."""
    merged: dict[str, dict[str, Any]] = {}
    for layer in layers:
        for section, values in layer.values.items():
            merged.setdefault(section, {}).update(values)
    return merged


def nested(values: Mapping[str, dict[str, Any]], schema: Schema) -> dict[str, dict[str, Any]]:
    """Put sections of a section back into it, as the model of the settings has them."""
    whole = {section: dict(keys) for section, keys in values.items() if "." not in section}
    for section, keys in values.items():
        outer, dot, inner = section.partition(".")
        if dot and section in schema:
            whole.setdefault(outer, {})[inner] = keys
    return whole


def _apart(values: Mapping[str, Any], schema: Schema) -> dict[str, Any]:
    """Take the sections of a section, ``[tools.image]``, out of it; copies what it changes."""
    found = {name: dict(keys) if isinstance(keys, dict) else keys for name, keys in values.items()}
    for section in schema:
        outer, dot, inner = section.partition(".")
        if dot and isinstance(found.get(outer), dict) and inner in found[outer]:
            found[section] = found[outer].pop(inner)
    return found


def shape_problems(layer: Layer, schema: Schema) -> Iterator[str]:
    """Yield a line for every unknown section, unknown key and section that is no table."""
    for section, values in layer.values.items():
        if section not in schema:
            keys = list(values) if isinstance(values, dict) else []
            where = _where(layer, section, keys[0] if keys and layer.origin != "file" else "")
            yield f"{where}unknown section [{section}]{_section_advice(section, schema)}"
        elif not isinstance(values, dict):
            yield f"{_where(layer, section, '')}expected a section [{section}] with keys under it"
        else:
            for key in values:
                if key not in schema[section].model_fields:
                    advice = _key_advice(section, key, schema)
                    yield f"{_where(layer, section, key)}unknown key {section}.{key}{advice}"


def value_problems(
    error: ValidationError, origins: Mapping[tuple[str, str], Layer], schema: Schema
) -> list[str]:
    """Return one line for every setting that pydantic refused; never shows a secret."""
    grouped: dict[tuple[str, str, str], list[ErrorDetails]] = {}
    for problem in error.errors(include_url=False):
        place = [str(part) for part in problem["loc"]]
        depth = 2 if ".".join(place[:2]) in schema else 1
        section, key = ".".join(place[:depth]), (*place, "", "")[depth]
        # Of a table in a key, such as [cost.prices."NAME"], what stands in it is named too.
        tables = _table_in(schema, section, key)
        inner = key if tables is None else ".".join(_counted(problem["loc"][depth:]))
        grouped.setdefault((section, key, inner), []).append(problem)
    lines = []
    for (section, key, inner), problems in grouped.items():
        layer = origins.get((section, key))
        where = _where(layer, section, key) if layer else ""
        name = f"{section}.{inner}" if key else f"[{section}]"
        tables = _table_in(schema, section, key)
        known = list(tables.model_fields) if tables is not None else []
        expected = " or ".join(dict.fromkeys(_expected(problem, known) for problem in problems))
        lines.append(redact(f"{where}{name}: {expected}{_got(problems[0], section, key, schema)}"))
    return lines


def _where(layer: Layer, section: str, key: str) -> str:
    place = layer.place(section, key)
    if not place and layer.origin == "flag":
        place = "command line"
    return f"{place}: " if place else ""


def _section_advice(section: str, schema: Schema) -> str:
    """Say what was meant: a key outside its section, or a section spelled wrongly."""
    owners = [name for name, model in schema.items() if section in model.model_fields]
    if owners:
        return "; did you mean " + " or ".join(f"{owner}.{section}" for owner in owners) + "?"
    return _nearest(section, list(schema), "[{}]", "sections")


def _key_advice(section: str, key: str, schema: Schema) -> str:
    own = list(schema[section].model_fields)
    if not difflib.get_close_matches(key, own, n=1):
        for other, model in schema.items():
            if key in model.model_fields:
                return f"; did you mean {other}.{key}?"
    return _nearest(key, own, f"{section}.{{}}", "keys")


def _nearest(word: str, known: list[str], shape: str, what: str) -> str:
    if close := difflib.get_close_matches(word, known, n=1):
        return f"; did you mean {shape.format(close[0])}?"
    return f"; known {what}: {', '.join(known)}"


def _counted(place: tuple[int | str, ...]) -> Iterator[str]:
    """Yield the names on the way to a value; the tables of a list are counted from 1."""
    for part in place:
        yield str(part + 1 if isinstance(part, int) else part)


def _expected(problem: ErrorDetails, known: list[str]) -> str:
    context = problem.get("ctx", {})
    match problem["type"]:
        case "missing":
            return "expected a value, and there is none"
        case "extra_forbidden":
            return f"unknown key{_nearest(str(problem['loc'][-1]), known, '{}', 'keys')}"
        case "greater_than_equal":
            return f"expected at least {context['ge']}"
        case "greater_than":
            return f"expected more than {context['gt']}"
        case "less_than_equal":
            return f"expected at most {context['le']}"
        case "literal_error":
            return f"expected {context['expected']}"
        case "value_error":
            return problem["msg"].removeprefix("Value error, ")
        case _:
            return problem["msg"].replace("Input should be", "expected")


def _got(problem: ErrorDetails, section: str, key: str, schema: Schema) -> str:
    """Return ``, got 'x'``; nothing for secrets and for messages that say it themselves."""
    is_said = problem["type"] in ("value_error", "missing", "extra_forbidden")
    if is_said or not key or _is_secret(schema, section, key):
        return ""
    tables = _table_in(schema, section, key)
    if tables is not None and _is_secret({key: tables}, key, str(problem["loc"][-1])):
        return ""
    if isinstance(problem["input"], dict | list | tuple):
        return f", got a {'table' if isinstance(problem['input'], dict) else 'list'}"
    shown = repr(problem["input"])
    return f", got {shown if len(shown) <= _SHOWN else shown[:_SHOWN] + '…'}"


def _annotation_holds(schema: Schema, section: str, key: str, wanted: type) -> bool:
    model = schema.get(section)
    if model is None or key not in model.model_fields:
        return False
    annotation: Any = model.model_fields[key].annotation
    options = (annotation, *get_args(annotation))
    return any(wanted in (option, *get_args(option)) for option in options)


def _is_secret(schema: Schema, section: str, key: str) -> bool:
    return _annotation_holds(schema, section, key, SecretStr)


def _table_in(schema: Schema, section: str, key: str) -> type[BaseModel] | None:
    """Return the model of the tables that a key holds by name or as a list; None for a value."""
    model = schema.get(section)
    if model is None or key not in model.model_fields:
        return None
    annotation = model.model_fields[key].annotation
    if get_origin(annotation) not in (dict, tuple):
        return None
    return next(
        (
            option
            for option in get_args(annotation)
            if isinstance(option, type) and issubclass(option, BaseModel)
        ),
        None,
    )


def _is_path(schema: Schema, section: str, key: str) -> bool:
    return _annotation_holds(schema, section, key, Path)
