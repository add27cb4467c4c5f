"""Untrusted text to a JSON object and back, and a model's complaint to one protocol error.

Whatever a peer sends, the only exception that reading raises is RemoteProtocolError. Its
message names the field and what was expected, and never shows a value: values are transcripts,
arguments and audio. For the same reason causes are not chained here.
"""

from collections.abc import Sequence
from typing import Any, Final, TypeVar

import orjson
from pydantic import ValidationError

from voice.errors import LocalProtocolError, RemoteProtocolError
from voice.protocol.wire_model import WireModel

Model = TypeVar("Model", bound=WireModel)
Path = tuple[str | int, ...]

MAX_DEPTH: Final = 64
"""Deepest nesting that is read; below what any JSON writer or Python's own stack can carry."""

_MAX_REPAIRS: Final = 8

_CODES: Final = {
    "missing": "missing_required_parameter",
    "extra_forbidden": "unknown_parameter",
    "greater_than_equal": "integer_below_min_value",
    "less_than_equal": "integer_above_max_value",
    "value_error": "invalid_value",
    "literal_error": "invalid_value",
}


def parse_object(frame: str) -> dict[str, Any]:
    """Parse one frame as a JSON object with a string ``type``.

    Raises RemoteProtocolError with ``invalid_json`` or ``invalid_event``.
    """
    try:
        data = orjson.loads(frame)
    except orjson.JSONDecodeError as error:
        raise RemoteProtocolError(
            f"expected a frame of JSON: {error.msg} at character {error.pos}", code="invalid_json"
        ) from None
    if not isinstance(data, dict):
        raise RemoteProtocolError("expected a JSON object with a type", code="invalid_event")
    if type(data.get("type")) is not str:
        raise RemoteProtocolError(
            "expected a JSON object whose type is a string",
            code="invalid_event",
            param="type",
            event_id=event_id_of(data),
        )
    return data


def refuse_depth(frame: str, data: dict[str, Any]) -> None:
    """Raise RemoteProtocolError where the parsed frame is nested too deep to go further."""
    # Counting is far quicker than walking, and few frames have so many brackets.
    if frame.count("{") + frame.count("[") > MAX_DEPTH and _is_too_deep(data):
        raise RemoteProtocolError(
            f"expected JSON nested at most {MAX_DEPTH} deep",
            code="invalid_event",
            event_id=event_id_of(data),
        )


def event_id_of(data: dict[str, Any]) -> str | None:
    """Return the event's id where it is a string."""
    event_id = data.get("event_id")
    return event_id if isinstance(event_id, str) else None


def _is_too_deep(data: dict[str, Any]) -> bool:
    level: list[Any] = [data]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for value in level
            for inner in (value.values() if isinstance(value, dict) else value)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True


def read_strictly(model: type[Model], data: dict[str, Any]) -> Model:
    """Validate what a client sent; raises RemoteProtocolError naming the first wrong field."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise _protocol_error(error, data) from None


def read_tolerantly(model: type[Model], data: dict[str, Any]) -> tuple[Model, list[str]]:
    """Validate what a server sent, dropping optional fields that are wrong.

    Returns the model and the paths of what was dropped. Raises RemoteProtocolError where a
    field that nothing can stand for is missing or wrong.
    """
    dropped: list[str] = []
    while True:
        try:
            return model.model_validate(data), dropped
        except ValidationError as error:
            path, kind, _ = _first_problem(error, data)
            if kind == "missing" or not path or len(dropped) == _MAX_REPAIRS:
                raise _protocol_error(error, data) from None
            data = _without(data, path)
            dropped.append(_dotted(path))


def _protocol_error(error: ValidationError, data: dict[str, Any]) -> RemoteProtocolError:
    path, kind, message = _first_problem(error, data)
    param = _dotted(path)
    if kind == "missing":
        text = f"missing required parameter: {param!r}"
    else:
        text = f"invalid {param!r}: {message}"
    is_type = kind.endswith(("_type", "_parsing", "_from_float", "_size"))
    return RemoteProtocolError(
        text,
        code=_CODES.get(kind, "invalid_type" if is_type else "invalid_value"),
        param=param or None,
        event_id=event_id_of(data),
    )


def _first_problem(error: ValidationError, data: Any) -> tuple[Path, str, str]:
    """Return path, kind and message of the first problem, as deep as it is known."""
    location: list[str | int] = []
    while True:
        first = error.errors(include_url=False, include_input=False)[0]
        location.extend(first["loc"])
        inner = first.get("ctx", {}).get("error")
        if not isinstance(inner, ValidationError):
            break
        error = inner
    kind = first["type"]
    message = first["msg"].removeprefix("Value error, ")
    return _real_path(location, data, ends_missing=kind == "missing"), kind, message


def _real_path(location: Sequence[str | int], data: Any, *, ends_missing: bool) -> Path:
    """Keep of pydantic's location what leads through the data; the rest names union members."""
    path: list[str | int] = []
    for name in location:
        if isinstance(data, dict) and name in data:
            data = data[name]
        elif isinstance(data, list) and isinstance(name, int) and name < len(data):
            data = data[name]
        else:
            if ends_missing:
                path.append(name)
            break
        path.append(name)
    return tuple(path)


def _without(data: Any, path: Path) -> Any:
    """Return a copy without what ``path`` leads to."""
    name, rest = path[0], path[1:]
    if isinstance(name, int):
        kept = [_without(data[name], rest)] if rest else []
        return [*data[:name], *kept, *data[name + 1 :]]
    if rest:
        return {**data, name: _without(data[name], rest)}
    return {key: value for key, value in data.items() if key != name}


def _dotted(path: Path) -> str:
    """Write a path as error events do: ``session.tools[0].name``."""
    text = "".join(f"[{name}]" if isinstance(name, int) else f".{name}" for name in path)
    return text.removeprefix(".")


def dump_object(wire: dict[str, Any]) -> str:
    """Write a JSON object; raises LocalProtocolError for what JSON cannot say."""
    try:
        return orjson.dumps(wire).decode()
    except orjson.JSONEncodeError:
        pass
    try:
        return orjson.dumps(_scrub(wire)).decode()
    except (orjson.JSONEncodeError, RecursionError):
        raise LocalProtocolError(
            f"event {wire.get('type')!r} holds something that JSON cannot say"
        ) from None


def _scrub(value: Any) -> Any:
    """Replace halves of surrogate pairs, which a tool's output may hold and UTF-8 may not."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_scrub(key): _scrub(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_scrub(inner) for inner in value]
    return value
