"""What every wire model shares: tolerance on the way in, exactness on the way out.

Models keep unknown fields, build their validators on first use (an import stays cheap) and are
frozen: change one with ``model_copy(update={...})``. They are dumped by ``to_wire``, never by
pydantic's own serialiser, since only ``to_wire`` knows where null has a meaning.

The annotated types below accept what sloppy peers send and promise our own code the plain type.
"""

from dataclasses import dataclass
from math import isfinite
from typing import Annotated, Any, ClassVar, Final, Literal

import orjson
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator

from voice.protocol.formats import AudioFormat, read_format


class WireModel(BaseModel):
    """A wire object whose fields are always sent, except those that are None.

    ``NULL_IS_SENT`` names the fields whose None goes out as null.
    """

    model_config = ConfigDict(
        extra="allow",
        frozen=True,
        defer_build=True,
        hide_input_in_errors=True,
        protected_namespaces=(),
    )

    NULL_IS_SENT: ClassVar[frozenset[str]] = frozenset()

    def to_wire(self) -> dict[str, Any]:
        """Return the JSON object to send, in GA spelling.

        Dicts and lists of plain data are shared with the model: do not change them.
        """
        wire = {
            name: dump_value(value)
            for name, value in self.__dict__.items()
            if value is not None or name in self.NULL_IS_SENT
        }
        if self.__pydantic_extra__:
            wire.update(self.__pydantic_extra__)
        return wire


class PartialModel(WireModel):
    """A wire object that is merged into another: absent means keep, null means clear.

    Only fields that were set are sent, their None as null, and the constant ``type`` where there
    is one. ``model_fields_set`` tells absent from null.
    """

    def to_wire(self) -> dict[str, Any]:
        """Return the fields that were set, and ``type``."""
        given = self.model_fields_set
        wire = {
            name: dump_value(value)
            for name, value in self.__dict__.items()
            if name in given or (name == "type" and value is not None)
        }
        if self.__pydantic_extra__:
            wire.update(self.__pydantic_extra__)
        return wire


def dump_value(value: Any) -> Any:
    """Return ``value`` as plain JSON data; dicts pass as they are."""
    if isinstance(value, WireModel):
        return value.to_wire()
    if isinstance(value, list):
        return [dump_value(element) for element in value]
    if isinstance(value, AudioFormat):
        return value.to_ga()
    return value


class ClientEventModel(WireModel):
    """Base of the events that a client sends; ``event_id`` is the client's own, or None."""

    type: str
    event_id: str | None = None


def _text(value: object) -> object:
    return "" if value is None else value


def _json_text(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, dict | list | int | float):
        try:
            return orjson.dumps(value).decode()
        except orjson.JSONEncodeError:
            raise ValueError("must be text, or something that JSON can say") from None
    return value


def _loose_text(value: object) -> object:
    return value if value is None else _json_text(value)


def _index(value: object) -> object:
    return 0 if value is None else _whole(value)


def _whole(value: object) -> object:
    if isinstance(value, float) and isfinite(value):
        return int(value // 1)
    return value


def _list(value: object) -> object:
    return [] if value is None else value


def _any_str(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("must be a string")
    return value


def null_means(default: object) -> BeforeValidator:
    """Return a validator that reads null as ``default``."""
    return BeforeValidator(lambda value: default if value is None else value)


OPEN = PlainValidator(_any_str)
"""Makes a Literal open: a type checker holds us to the named values, a peer may send any string."""

EMPTY_IF_NULL = BeforeValidator(_list)
"""For lists: null is read as the empty list."""

FAIL_FAST = Field(fail_fast=True)
"""For lists: reading stops at the first wrong element, however long the list."""

Text = Annotated[str, BeforeValidator(_text)]
"""A string; null is read as the empty string."""

JsonText = Annotated[str, BeforeValidator(_json_text)]
"""A string that holds JSON; an object sent in its place is written as JSON text."""

LooseText = Annotated[str | None, BeforeValidator(_loose_text)]
"""A string or None; numbers and objects are written as JSON text."""

MAX_WHOLE: Final = 2**53
"""Largest whole number that every JSON reader keeps exact."""

Index = Annotated[int, Field(ge=0, le=MAX_WHOLE), BeforeValidator(_index)]
"""An index; null is read as 0."""

Whole = Annotated[int, Field(ge=-MAX_WHOLE, le=MAX_WHOLE), BeforeValidator(_whole)]
"""A whole number, usually of milliseconds; a fraction is floored."""

WireFormat = Annotated[AudioFormat, PlainValidator(read_format)]
"""An audio format object."""

Modality = Annotated[Literal["text", "audio"], OPEN]
ItemStatus = Annotated[Literal["completed", "incomplete", "in_progress"], OPEN]


class ServerEventModel(WireModel):
    """Base of the events that a server sends.

    ``event_id`` is None where a peer left it out; our own server always sends one.
    """

    type: str
    event_id: Annotated[str | None, BeforeValidator(_loose_text)] = None


@dataclass(frozen=True, slots=True)
class UnknownEvent:
    """An event of a type that we do not model, kept whole; never an error where we listen."""

    type: str
    event_id: str | None
    raw: dict[str, Any]
