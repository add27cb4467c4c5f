"""Turns what a tool returned into the text that goes to the model, bounded in size and work."""

from __future__ import annotations

import dataclasses
import inspect
import json
import math
import numbers
from collections.abc import Iterator, Mapping, Set
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from pydantic_core import PydanticSerializationError

MAX_OUTPUT_BYTES = 16_384
"""Longest output in UTF-8 bytes, the cutting note included."""

_NOTE = " … [cut: the result was longer than 16 kB]"
_MAX_DEPTH = 40


class OutputError(Exception):
    """A result that is neither text nor data; the message says what it is."""


class _Full(Exception):
    """The budget is used up."""


def render_output(value: Any) -> str:
    """Return a tool's result as text: a ``str`` as it is, anything else as compact JSON.

    Dataclasses, pydantic models, enums, dates and numbers of other libraries become their plain
    forms; None becomes ``Done.``. The key ``spoken`` of a mapping is written first, so that a cut
    never loses it. Work stops at the budget: a result of any size costs little. Raises OutputError
    for bytes, cycles, generators, coroutines and foreign objects.
    """
    if value is None:
        return "Done."
    writer = _Writer()
    try:
        if isinstance(value, str) and not isinstance(value, Enum):
            writer.write(value)
        else:
            _encode(writer, value, ())
    except _Full:
        return writer.text(cut=True)
    except ValueError as error:
        # Integers of more digits than Python is willing to write.
        raise OutputError("a number too long to write") from error
    return writer.text(cut=False)


class _Writer:
    """Collects text up to the byte budget."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._left = MAX_OUTPUT_BYTES

    def write(self, text: str) -> None:
        # A character is at least one byte: slicing first keeps a 10 MB string cheap. Lone
        # surrogates cannot travel over the wire and become question marks.
        piece = text[: self._left + 1].encode("utf-8", "replace")
        self._parts.append(piece)
        self._left -= len(piece)
        if self._left < 0:
            raise _Full

    def write_json(self, text: str) -> None:
        self.write(json.dumps(text[: self._left + 1], ensure_ascii=False))

    def text(self, *, cut: bool) -> str:
        joined = b"".join(self._parts)
        if not cut:
            return joined.decode("utf-8")
        room = MAX_OUTPUT_BYTES - len(_NOTE.encode())
        return joined[:room].decode("utf-8", "ignore") + _NOTE


def _encode(writer: _Writer, value: Any, above: tuple[int, ...]) -> None:
    """Write one value; ``above`` holds the ids of the containers around it."""
    match value:
        case None | bool():
            writer.write(json.dumps(value))
        case Enum():
            _encode(writer, value.value, above)
        case str():
            writer.write_json(value)
        case numbers.Integral():
            writer.write(str(int(value)))
        case Decimal() | numbers.Real():
            number = float(value)
            writer.write(json.dumps(number) if math.isfinite(number) else "null")
        case datetime() | date() | time():
            writer.write_json(value.isoformat())
        case timedelta():
            writer.write(json.dumps(value.total_seconds()))
        case UUID() | PurePath():
            writer.write_json(str(value))
        case _:
            _encode_container(writer, value, above)


def _encode_container(writer: _Writer, value: Any, above: tuple[int, ...]) -> None:
    if id(value) in above:
        raise OutputError("a structure that contains itself")
    if len(above) >= _MAX_DEPTH:
        raise OutputError(f"a structure nested more than {_MAX_DEPTH} levels deep")
    inside = (*above, id(value))
    if isinstance(value, BaseModel):
        try:
            fields = value.model_dump(mode="json")
        except PydanticSerializationError as error:
            raise OutputError(f"a {type(value).__name__} that JSON cannot hold") from error
        _encode_object(writer, fields, inside)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        _encode_object(writer, fields, inside)
    elif isinstance(value, Mapping):
        _encode_object(writer, value, inside)
    elif isinstance(value, (list, tuple, Set)):
        _encode_array(writer, iter(value), inside)
    else:
        raise OutputError(_name(value))


def _encode_object(writer: _Writer, value: Mapping[Any, Any], inside: tuple[int, ...]) -> None:
    keys = list(value)
    if "spoken" in keys:
        keys = ["spoken", *(key for key in keys if key != "spoken")]
    for position, key in enumerate(keys):
        writer.write("," if position else "{")
        name = key.value if isinstance(key, Enum) else key
        if not isinstance(name, (str, int, float)):
            raise OutputError(f"a mapping with a key of type {type(key).__name__}")
        writer.write_json(str(name))
        writer.write(":")
        _encode(writer, value[key], inside)
    writer.write("}" if keys else "{}")


def _encode_array(writer: _Writer, values: Iterator[Any], inside: tuple[int, ...]) -> None:
    writer.write("[")
    for position, value in enumerate(values):
        if position:
            writer.write(",")
        _encode(writer, value, inside)
    writer.write("]")


def _name(value: Any) -> str:
    if inspect.iscoroutine(value):
        value.close()
        return "a coroutine; declare the tool with `async def`"
    if isinstance(value, (bytes, bytearray, memoryview)):
        return "bytes"
    if inspect.isgenerator(value) or isinstance(value, Iterator):
        return "a generator; return a list"
    return f"an object of type {type(value).__name__}"
