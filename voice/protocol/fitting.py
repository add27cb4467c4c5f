"""Makes of an event, as GA spells it, what one endpoint takes: its dialect and its habits.

Nothing here knows an endpoint by name; the habits are fields of Capabilities.
"""

import struct
from typing import Any, Final

from voice.protocol.capabilities import Capabilities
from voice.protocol.dialects import Dialect, to_beta_client_event
from voice.protocol.formats import AudioFormat
from voice.protocol.tool_examples import strip_examples

Json = dict[str, Any]

_MISSING: Final = object()


def fitted(wire: Json, dialect: Dialect | None, capabilities: Capabilities) -> Json:
    """Return a fresh wire event as the endpoint takes it; ``wire`` may be changed."""
    session = wire.get("session")
    for config in (session, wire.get("response")):
        if isinstance(config, dict):
            _fit(config, dialect, capabilities)
    if isinstance(session, dict):
        _fit_session(session, capabilities)
    if dialect is Dialect.BETA:
        wire = to_beta_client_event(wire, capabilities.beta_spelling)
    session = wire.get("session")
    if isinstance(session, dict):
        _spell(session, capabilities)
    return wire


def wav_chunk(pcm: bytes | bytearray | memoryview, audio_format: AudioFormat) -> bytes:
    """Return PCM16 mono with the header of a WAV file before it."""
    rate_hz, width = audio_format.rate_hz, audio_format.bytes_per_sample
    form = struct.pack("<HHIIHH", 1, 1, rate_hz, rate_hz * width, width, width * 8)
    size = len(pcm)
    head = struct.pack("<4sI4s4sI", b"RIFF", 36 + size, b"WAVE", b"fmt ", len(form))
    return b"".join((head, form, struct.pack("<4sI", b"data", size), pcm))


def _fit(config: Json, dialect: Dialect | None, capabilities: Capabilities) -> None:
    """Leave out of a session's or a response's settings what is not for this endpoint."""
    if dialect is not Dialect.BETA:
        config.pop("temperature", None)
    if not capabilities.hosts_mcp:
        _leave_out_hosted(config)
    if "tools" in config and not capabilities.accepts_tool_examples:
        config["tools"] = strip_examples(config["tools"])


def _leave_out_hosted(config: Json) -> None:
    tools, choice = config.get("tools"), config.get("tool_choice")
    if isinstance(tools, list):
        config["tools"] = [tool for tool in tools if not _is_hosted(tool)]
    if _is_hosted(choice):
        config["tool_choice"] = "auto"


def _is_hosted(tool: Any) -> bool:
    return isinstance(tool, dict) and tool.get("type") == "mcp"


def _fit_session(session: Json, capabilities: Capabilities) -> None:
    if not capabilities.tool_choice_object_ok and isinstance(session.get("tool_choice"), dict):
        session["tool_choice"] = "required"
    for path in capabilities.unsent_session_fields:
        _drop(session, path.split("."))
    for path, value in capabilities.implied_session_fields:
        names = path.split(".")
        if _look_up(session, names) == value:
            _drop(session, names)


def _spell(session: Json, capabilities: Capabilities) -> None:
    """Spell a session as the endpoint does where its dialect alone does not tell."""
    if capabilities.pcm_name_beta != "pcm16":
        names: dict[str, str] = {
            "input_audio_format": capabilities.pcm_name_beta,
            "output_audio_format": "pcm",
        }
        for field, name in names.items():
            if session.get(field) == "pcm16":
                session[field] = name
    if capabilities.nests_tools and isinstance(session.get("tools"), list):
        session["tools"] = [_nested(tool) for tool in session["tools"]]
    for path, value in capabilities.own_session_fields:
        *parents, last = path.split(".")
        place = session
        for name in parents:
            place = place.setdefault(name, {})
        place.setdefault(last, value)


def _nested(tool: Any) -> Any:
    """Return a function tool in the shape of Chat Completions."""
    if not isinstance(tool, dict) or tool.get("type") != "function" or "function" in tool:
        return tool
    inner = {name: value for name, value in tool.items() if name != "type"}
    return {"type": "function", "function": inner}


def _look_up(tree: Any, names: list[str]) -> Any:
    for name in names:
        if not isinstance(tree, dict) or name not in tree:
            return _MISSING
        tree = tree[name]
    return tree


def _drop(tree: Json, names: list[str]) -> None:
    """Remove a field, and the objects around it that it leaves empty."""
    name, *rest = names
    inner = tree.get(name)
    if rest:
        if not isinstance(inner, dict):
            return
        _drop(inner, rest)
        if inner:
            return
    tree.pop(name, None)
