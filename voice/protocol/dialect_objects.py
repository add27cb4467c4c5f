"""Sessions, responses and items between the two spellings; the part of ``dialects`` on objects.

Every map is total: it never raises, whatever JSON it is given, and passes what it does not know.
No map changes its argument. What BETA cannot say is dropped on the way there (prompt, truncation,
reasoning, MCP tools, idle time-outs); what must not be lost silently, such as an image, is passed
on for the endpoint to refuse.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from voice.protocol.formats import AudioFormat
from voice.protocol.voice_live import (
    plain_noise_reduction,
    plain_turn_detection,
    plain_voice,
    without_own_fields,
)

Json: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class BetaSpelling:
    """Where BETA endpoints differ among themselves.

    ``max_output_tokens_name`` is the session's field for it. ``tool_choice_object_ok`` says
    whether ``session.tool_choice`` may be an object: a whole family of relays drops the
    connection when it is not a string.
    """

    max_output_tokens_name: Literal["max_response_output_tokens", "max_output_tokens"] = (
        "max_response_output_tokens"
    )
    tool_choice_object_ok: bool = False


DEFAULT_BETA: Final = BetaSpelling()


def _modalities_to_ga(value: Any) -> Any:
    return ["audio"] if isinstance(value, list) and "audio" in value else value


def _modalities_to_beta(value: Any) -> Any:
    return ["text", "audio"] if isinstance(value, list) and "audio" in value else value


def _format_to_ga(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return AudioFormat.from_beta(value).to_ga()
    except ValueError:
        return {"type": value}


def _format_to_beta(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    try:
        return AudioFormat.from_ga(value).to_beta()
    except ValueError:
        return value.get("type")


def _turn_detection_to_ga(value: Any) -> Any:
    if isinstance(value, dict) and value.get("type") == "none":
        return None
    return plain_turn_detection(value)


def _voice_to_beta(value: Any) -> Any:
    return value.get("id") if isinstance(value, dict) else value


def _same(value: Any) -> Any:
    return value


def _without(*names: str) -> Callable[[Any], Any]:
    """Return a map that drops the fields that BETA does not have."""
    dropped = frozenset(names)

    def drop(value: Any) -> Any:
        if not isinstance(value, dict) or dropped.isdisjoint(value):
            return value
        return {key: inner for key, inner in value.items() if key not in dropped}

    return drop


def _tools_to_beta(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    return [tool for tool in value if not (isinstance(tool, dict) and tool.get("type") == "mcp")]


def _tool_choice_to_ga(value: Any) -> Any:
    if isinstance(value, str) and value not in ("auto", "none", "required"):
        return {"type": "function", "name": value}
    return value


def _tool_choice_to_beta(value: Any, *, object_ok: bool) -> Any:
    """Say ``required`` where the one tool cannot be named: the nearest that is never refused."""
    if not isinstance(value, dict):
        return value
    return value if object_ok and value.get("type") == "function" else "required"


@dataclass(frozen=True, slots=True)
class _Field:
    """One setting: its flat name, its nested place, and its value's maps."""

    flat: str
    path: tuple[str, ...]
    to_ga: Callable[[Any], Any] = _same
    to_beta: Callable[[Any], Any] = _same


_FIELDS: Final = (
    _Field("modalities", ("output_modalities",), _modalities_to_ga, _modalities_to_beta),
    _Field("input_audio_format", ("audio", "input", "format"), _format_to_ga, _format_to_beta),
    _Field(
        "input_audio_transcription",
        ("audio", "input", "transcription"),
        to_beta=_without("delay", "keywords", "languages"),
    ),
    _Field(
        "input_audio_noise_reduction",
        ("audio", "input", "noise_reduction"),
        plain_noise_reduction,
        _without("strength"),
    ),
    _Field(
        "turn_detection",
        ("audio", "input", "turn_detection"),
        _turn_detection_to_ga,
        _without("idle_timeout_ms"),
    ),
    _Field("output_audio_format", ("audio", "output", "format"), _format_to_ga, _format_to_beta),
    _Field("voice", ("audio", "output", "voice"), plain_voice, _voice_to_beta),
    _Field("speed", ("audio", "output", "speed")),
    _Field("max_response_output_tokens", ("max_output_tokens",)),
)

FLAT_ONLY: Final = frozenset(field.flat for field in _FIELDS)
_GA_ONLY: Final = frozenset(
    {"audio", "output_modalities", "prompt", "truncation", "reasoning", "parallel_tool_calls"}
)
SESSION_TYPES: Final = ("realtime", "transcription")
_MISSING: Final = object()


def _look_up(tree: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        if not isinstance(tree, dict) or name not in tree:
            return _MISSING
        tree = tree[name]
    return tree


def _put(tree: Json, path: tuple[str, ...], value: Any) -> None:
    """Set a nested value, unless one is there already or the place is taken by no object."""
    for name in path[:-1]:
        inner = tree.get(name)
        if inner is not None and not isinstance(inner, dict):
            return
        tree[name] = tree = dict(inner or {})
    tree.setdefault(path[-1], value)


def _nest(flat: Json) -> Json:
    """Return a copy of a session or response with flat settings at their nested places."""
    nested = {key: value for key, value in flat.items() if key not in FLAT_ONLY}
    for field in _FIELDS:
        if field.flat in flat:
            _put(nested, field.path, field.to_ga(flat[field.flat]))
    if "tool_choice" in nested:
        nested["tool_choice"] = _tool_choice_to_ga(nested["tool_choice"])
    return nested


def _flatten(nested: Json, *, tokens_name: str, tool_choice_object_ok: bool) -> Json:
    """Return a copy of a session or response with nested settings flat and GA's own dropped."""
    flat = {key: value for key, value in nested.items() if key not in _GA_ONLY}
    for field in _FIELDS:
        value = _look_up(nested, field.path)
        if value is not _MISSING:
            flat[field.flat] = field.to_beta(value)
    old_tokens = flat.pop("max_response_output_tokens", _MISSING)
    tokens = flat.pop("max_output_tokens", old_tokens)
    if tokens is not _MISSING:
        flat[tokens_name] = tokens
    if "tools" in flat:
        flat["tools"] = _tools_to_beta(flat["tools"])
    if "tool_choice" in flat:
        choice = flat["tool_choice"]
        flat["tool_choice"] = _tool_choice_to_beta(choice, object_ok=tool_choice_object_ok)
    return flat


def session_to_ga(session: Any, *, type: str = "realtime") -> Any:
    """Nest a flat session object, also a partial one; ``type`` is set where it has none."""
    if not isinstance(session, dict):
        return session
    nested = _nest(without_own_fields(session))
    if nested.get("type") not in SESSION_TYPES:
        nested["type"] = type
    if nested["type"] == "transcription":
        nested.pop("output_modalities", None)
    return nested


def session_to_beta(session: Any, spelling: BetaSpelling = DEFAULT_BETA) -> Any:
    """Flatten a session object, also a partial one."""
    if not isinstance(session, dict):
        return session
    flat = _flatten(
        session,
        tokens_name=spelling.max_output_tokens_name,
        tool_choice_object_ok=spelling.tool_choice_object_ok,
    )
    if flat.pop("type", None) != "transcription":
        flat.pop("include", None)
    return flat


def response_to_ga(response: Any) -> Any:
    """Nest a response object, or the overrides of ``response.create``."""
    if not isinstance(response, dict):
        return response
    return _map_items(_nest(response), item_to_ga)


def response_to_beta(response: Any, *, tokens_name: str = "max_output_tokens") -> Any:
    """Flatten a response object, or the overrides of ``response.create``."""
    if not isinstance(response, dict):
        return response
    flat = _flatten(response, tokens_name=tokens_name, tool_choice_object_ok=True)
    return _map_items(flat, item_to_beta)


def nested_path_to_flat(path: str) -> str:
    """Return BETA's name of a setting at a GA path such as ``session.audio.input.format``.

    Other paths come back as they are.
    """
    root, _, rest = path.partition(".")
    for field in _FIELDS:
        nested = ".".join(field.path)
        if rest == nested or rest.startswith(f"{nested}."):
            return f"{root}.{field.flat}{rest[len(nested) :]}"
    return path


def _map_items(response: Json, convert: Callable[[Any], Any]) -> Json:
    """Map, in a response that is already a copy, the items of its output and input."""
    for name in ("output", "input"):
        items = response.get(name)
        if isinstance(items, list):
            response[name] = [convert(item) for item in items]
    return response


_PARTS_TO_GA: Final = {"text": "output_text", "audio": "output_audio"}
_PARTS_TO_BETA: Final = {ga: beta for beta, ga in _PARTS_TO_GA.items()}


def _rename_parts(item: Any, names: Mapping[str, str]) -> Any:
    """Rename the content parts of an assistant message; all else is spelt alike."""
    if not isinstance(item, dict) or item.get("role") != "assistant":
        return item
    content = item.get("content")
    if not isinstance(content, list):
        return item
    return {**item, "content": [_rename_part(part, names) for part in content]}


def _rename_part(part: Any, names: Mapping[str, str]) -> Any:
    kind = part.get("type") if isinstance(part, dict) else None
    if not isinstance(kind, str) or kind not in names:
        return part
    return {**part, "type": names[kind]}


def item_to_ga(item: Any) -> Any:
    """Rename an assistant message's parts to ``output_text`` and ``output_audio``."""
    return _rename_parts(item, _PARTS_TO_GA)


def item_to_beta(item: Any) -> Any:
    """Rename an assistant message's parts to ``text`` and ``audio``."""
    return _rename_parts(item, _PARTS_TO_BETA)
