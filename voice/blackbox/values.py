"""Everything that enters or leaves a core, as plain JSON and back.

A value that JSON has no word for becomes an object with one key that begins with ``@``: a dataclass
``{"@": "MicFrame", …}``, a wire event ``{"@wire": …}``, a member of an enum ``{"@enum": …}``, bytes
``{"@bytes": index}``, which point into the attachments of the record. Encoding the same value twice
gives equal JSON, so two conversations are compared by it.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, TypeAlias, get_args

from pydantic import BaseModel

from voice.core import client_inputs as inp
from voice.core.reconnect import Persistence
from voice.core.routes import Route
from voice.protocol import server_events as wire
from voice.protocol.capabilities import Capabilities
from voice.protocol.dialects import Dialect
from voice.protocol.formats import AudioFormat
from voice.protocol.playback import HeardPart
from voice.protocol.session_config import FunctionTool, SessionConfig
from voice.protocol.wire_model import WireModel

Keep: TypeAlias = Callable[[bytes], Any]
"""What to write in the place of bytes."""


class UnreadableValue(ValueError):
    """A recorded value that this version has no class for."""


def encode(value: Any, keep: Keep) -> Any:
    """Return ``value`` as plain JSON data; bytes are replaced by what ``keep`` returns for them."""
    if value is None or isinstance(value, str | bool | int | float):
        return value.value if isinstance(value, Enum) else value
    if isinstance(value, bytes | bytearray | memoryview):
        return keep(bytes(value))
    if isinstance(value, Enum):
        return {"@enum": type(value).__name__, "name": value.name}
    if isinstance(value, WireModel):
        return {"@wire": type(value).__name__, "fields": encode(value.to_wire(), keep)}
    if isinstance(value, BaseModel):
        return {"@wire": type(value).__name__, "fields": encode(value.model_dump(), keep)}
    if is_dataclass(value) and not isinstance(value, type):
        own = {field.name: encode(getattr(value, field.name), keep) for field in fields(value)}
        return {"@": type(value).__name__, **own}
    if isinstance(value, Mapping):
        return {str(key): encode(entry, keep) for key, entry in value.items()}
    if isinstance(value, frozenset | set):
        return {"@set": sorted(encode(entry, keep) for entry in value)}
    if isinstance(value, tuple):
        return {"@tuple": [encode(entry, keep) for entry in value]}
    return [encode(entry, keep) for entry in value]


def fingerprint(data: bytes) -> dict[str, int]:
    """Return what stands for bytes that need not be kept: their number and checksum."""
    return {"@size": len(data), "crc": zlib.crc32(data)}


def decode(value: Any, attachments: list[bytes]) -> Any:
    """Return the value that ``encode`` wrote; raises UnreadableValue for an unknown class."""
    if isinstance(value, list):
        return [decode(entry, attachments) for entry in value]
    if not isinstance(value, dict):
        return value
    if "@" in value:
        own = {key: decode(entry, attachments) for key, entry in value.items() if key != "@"}
        return _made(value["@"], own)
    if "@bytes" in value:
        return attachments[value["@bytes"]]
    if "@tuple" in value:
        return tuple(decode(entry, attachments) for entry in value["@tuple"])
    if "@set" in value:
        return frozenset(decode(entry, attachments) for entry in value["@set"])
    if "@enum" in value:
        return _classes()[value["@enum"]][value["name"]]
    if "@wire" in value:
        return _wire_model(value["@wire"], decode(value["fields"], attachments))
    return {key: decode(entry, attachments) for key, entry in value.items()}


def _made(name: str, own: dict[str, Any]) -> Any:
    """Build a dataclass; fields that this version does not know are an error, not a guess."""
    found = _classes().get(name)
    if found is None:
        raise UnreadableValue(f"this version knows no {name}; replay with the one that recorded")
    try:
        return found(**own)
    except TypeError as error:
        raise UnreadableValue(f"{name} has other fields in this version: {error}") from error


def _wire_model(name: str, own: dict[str, Any]) -> Any:
    found = _classes().get(name)
    if found is None:
        raise UnreadableValue(f"this version knows no wire model {name}")
    return found.model_validate(own)


@cache
def _classes() -> dict[str, Any]:
    """Every class that may stand in a record, by name."""
    known: list[Any] = [
        *get_args(inp.Input),
        *wire.SERVER_EVENTS.values(),
        wire.AudioDelta,
        wire.UnknownEvent,
        inp.Button,
        inp.NearKind,
        AudioFormat,
        Capabilities,
        Dialect,
        HeardPart,
        Persistence,
        Route,
        SessionConfig,
        FunctionTool,
    ]
    return {found.__name__: found for found in known}
