"""The two spellings of the protocol, and pure dict-to-dict maps between them.

GA is the canonical one; BETA is the older flat one that gateways and other vendors still speak.
The maps are total (no JSON makes them raise), never change their argument, and return the very
same object where nothing differs. In GA nothing is mapped at all. The maps of sessions, responses
and items live in ``dialect_objects`` and are named here too.
"""

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Final

from voice.protocol.dialect_objects import (
    DEFAULT_BETA,
    FLAT_ONLY,
    SESSION_TYPES,
    BetaSpelling,
    Json,
    item_to_beta,
    item_to_ga,
    nested_path_to_flat,
    response_to_beta,
    response_to_ga,
    session_to_beta,
    session_to_ga,
)

__all__ = [
    "DEFAULT_BETA",
    "SERVER_NAMES_TO_GA",
    "BetaSpelling",
    "Dialect",
    "detect",
    "is_flat",
    "item_to_beta",
    "item_to_ga",
    "nested_path_to_flat",
    "response_to_beta",
    "response_to_ga",
    "session_to_beta",
    "session_to_ga",
    "to_beta_client_event",
    "to_beta_server_event",
    "to_ga_client_event",
    "to_ga_server_event",
]


class Dialect(Enum):
    """How an endpoint spells the protocol."""

    GA = "ga"
    BETA = "beta"


def detect(session: Mapping[str, Any]) -> Dialect:
    """Tell the dialect from the session object of ``session.created``.

    An object with the keys of both, or of neither, is GA.
    """
    if "output_modalities" in session or "audio" in session:
        return Dialect.GA
    if session.get("type") in SESSION_TYPES:
        return Dialect.GA
    is_beta = is_flat(session) or not _BETA_ONLY.isdisjoint(session)
    return Dialect.BETA if is_beta else Dialect.GA


_BETA_ONLY: Final = frozenset({"temperature", "client_secret", "beta_fields"})
"""Fields of a greeting that GA never has, from servers that greet with little else."""


def is_flat(session: Mapping[str, Any]) -> bool:
    """Tell whether a session object, perhaps a partial one, has keys that only BETA has."""
    return not FLAT_ONLY.isdisjoint(session)


SERVER_NAMES_TO_GA: Final[Mapping[str, str]] = {
    "transcription_session.updated": "session.updated",
    "conversation.item.created": "conversation.item.added",
    "response.text.delta": "response.output_text.delta",
    "response.text.done": "response.output_text.done",
    "response.audio.delta": "response.output_audio.delta",
    "response.audio.done": "response.output_audio.done",
    "response.audio_transcript.delta": "response.output_audio_transcript.delta",
    "response.audio_transcript.done": "response.output_audio_transcript.done",
}
"""Server events that BETA names otherwise."""

_SERVER_NAMES_TO_BETA: Final = {
    ga: beta for beta, ga in SERVER_NAMES_TO_GA.items() if ga != "session.updated"
}

# Events that BETA does not have and whose loss changes nothing for a client of that age.
_GA_ONLY_SERVER_EVENTS: Final = frozenset(
    {
        "conversation.item.done",
        "conversation.item.input_audio_transcription.segment",
        "input_audio_buffer.timeout_triggered",
        "input_audio_buffer.dtmf_event_received",
        "mcp_list_tools.in_progress",
        "mcp_list_tools.completed",
        "mcp_list_tools.failed",
        "response.mcp_call_arguments.delta",
        "response.mcp_call_arguments.done",
        "response.mcp_call.in_progress",
        "response.mcp_call.completed",
        "response.mcp_call.failed",
    }
)


def _with(event: Json, kind: object, field: str, convert: Callable[[Any], Any]) -> Json:
    """Return the event under another type and with one field mapped, or itself if all is equal."""
    value = event.get(field)
    mapped = convert(value)
    if mapped is value and event.get("type") == kind:
        return event
    return {**event, "type": kind, field: mapped} if field in event else {**event, "type": kind}


def to_ga_server_event(event: Json) -> Json:
    """Translate a server event of a BETA endpoint; one that is GA already comes back unharmed."""
    kind = event.get("type")
    if not isinstance(kind, str):
        return event
    ga_kind = SERVER_NAMES_TO_GA.get(kind, kind)
    match kind:
        case "session.created" | "session.updated":
            return _with(event, ga_kind, "session", session_to_ga)
        case "transcription_session.updated":
            return _with(event, ga_kind, "session", _transcription_to_ga)
        case "response.created" | "response.done":
            return _with(event, ga_kind, "response", response_to_ga)
        case (
            "conversation.item.created"
            | "conversation.item.added"
            | "conversation.item.retrieved"
            | "response.output_item.added"
            | "response.output_item.done"
        ):
            return _with(event, ga_kind, "item", item_to_ga)
        case _:
            return event if ga_kind == kind else {**event, "type": ga_kind}


def to_beta_server_event(event: Json, spelling: BetaSpelling = DEFAULT_BETA) -> list[Json]:
    """Translate a server event for a BETA client; an event that BETA lacks gives []."""
    kind = event.get("type")
    if not isinstance(kind, str):
        return [event]
    if kind in _GA_ONLY_SERVER_EVENTS:
        return []
    beta_kind = _SERVER_NAMES_TO_BETA.get(kind, kind)
    match kind:
        case "session.created" | "session.updated":
            session = event.get("session")
            if kind == "session.updated" and _is_transcription(session):
                beta_kind = "transcription_session.updated"
            return [_with(event, beta_kind, "session", lambda s: session_to_beta(s, spelling))]
        case "response.created" | "response.done":
            return [_with(event, beta_kind, "response", response_to_beta)]
        case (
            "conversation.item.added"
            | "conversation.item.created"
            | "conversation.item.retrieved"
            | "response.output_item.added"
            | "response.output_item.done"
        ):
            return [_with(event, beta_kind, "item", item_to_beta)]
        case "error":
            return [_with(event, beta_kind, "error", _error_to_beta)]
        case _:
            return [event if beta_kind == kind else {**event, "type": beta_kind}]


def _error_to_beta(error: Any) -> Any:
    """Name the setting that was refused as a BETA client knows it."""
    if not isinstance(error, dict) or not isinstance(error.get("param"), str):
        return error
    return {**error, "param": nested_path_to_flat(error["param"])}


def to_ga_client_event(event: Json) -> Json:
    """Translate a client event of a BETA client; one that is GA already comes back unharmed."""
    match event.get("type"):
        case "session.update":
            return _with(event, "session.update", "session", session_to_ga)
        case "transcription_session.update":
            return _with(event, "session.update", "session", _transcription_to_ga)
        case "conversation.item.create":
            return _with(event, "conversation.item.create", "item", item_to_ga)
        case "response.create":
            return _with(event, "response.create", "response", response_to_ga)
        case _:
            return event


def to_beta_client_event(event: Json, spelling: BetaSpelling = DEFAULT_BETA) -> Json:
    """Translate a client event for a BETA endpoint."""
    match event.get("type"):
        case "session.update":
            kind = "session.update"
            if _is_transcription(event.get("session")):
                kind = "transcription_session.update"
            return _with(event, kind, "session", lambda s: session_to_beta(s, spelling))
        case "conversation.item.create":
            return _with(event, "conversation.item.create", "item", item_to_beta)
        case "response.create":
            name = spelling.max_output_tokens_name
            return _with(
                event,
                "response.create",
                "response",
                lambda r: response_to_beta(r, tokens_name=name),
            )
        case _:
            return event


def _transcription_to_ga(session: Any) -> Any:
    return session_to_ga(session, type="transcription")


def _is_transcription(session: object) -> bool:
    return isinstance(session, dict) and session.get("type") == "transcription"
