"""Pages that issue ephemeral keys, each for a session that is set up with it (PROTOCOL §2.1).

A key is for those who must not hold the server's token: a web page, a kiosk. It opens sockets until
it expires; the sessions go on after that.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from voice.core.refusals import Refusal
from voice.core.server import ServerCore
from voice.core.session_fields import Recogniser
from voice.core.session_state import wire_session
from voice.engines.ports import Engines
from voice.errors import RemoteProtocolError
from voice.protocol.client_events import SessionUpdate
from voice.protocol.codec import ServerCodec
from voice.protocol.dialect_objects import session_to_beta
from voice.protocol.dialects import Dialect
from voice.server.client_secrets import DEFAULT_S, LONGEST_S, SHORTEST_S, TooManySecretsError
from voice.server.page_answers import (
    PageError,
    bad_value,
    loaded_engines,
    read_json,
    server_state,
)
from voice.server.realtime import new_id

_GA_FIELDS: Final = frozenset({"session", "expires_after"})

_BETA_FIELDS: Final = frozenset(
    {
        "client_secret",
        "include",
        "input_audio_format",
        "input_audio_noise_reduction",
        "input_audio_transcription",
        "instructions",
        "max_response_output_tokens",
        "modalities",
        "model",
        "output_audio_format",
        "speed",
        "temperature",
        "tool_choice",
        "tools",
        "tracing",
        "turn_detection",
        "voice",
    }
)


async def create_client_secret(request: Request) -> Response:
    """``POST /v1/realtime/client_secrets``: answer with a key, its end, and the whole session."""
    body = await read_json(request, _GA_FIELDS)
    fields = body.get("session")
    if fields is None:
        fields = {}
    if not isinstance(fields, dict):
        raise bad_value("session", "an object")
    valid_s = _valid_s(body.get("expires_after"), "expires_after")
    update = _read_update({"type": "realtime", **fields}, Dialect.GA)
    value, expires_at, session = _issue(request, update, fields.get("model"), valid_s)
    return JSONResponse({"value": value, "expires_at": expires_at, "session": session})


async def create_beta_session(request: Request) -> Response:
    """``POST /v1/realtime/sessions``: the same for older clients, flat, the key inside."""
    return await _create_beta(request, "session.update", "realtime.session")


async def create_beta_transcription_session(request: Request) -> Response:
    """``POST /v1/realtime/transcription_sessions``: the same for sessions that only listen."""
    kind = "transcription_session.update"
    return await _create_beta(request, kind, "realtime.transcription_session")


async def _create_beta(request: Request, event_type: str, object_name: str) -> Response:
    fields = await read_json(request, _BETA_FIELDS)
    wish = fields.pop("client_secret", None) or {}
    if not isinstance(wish, dict):
        raise bad_value("client_secret", "an object")
    # The two pages spell it differently; both spellings are taken on both.
    valid_s = _valid_s(wish.get("expires_after", wish.get("expires_at")), "client_secret")
    update = _read_update(fields, Dialect.BETA, event_type)
    value, expires_at, session = _issue(request, update, fields.get("model"), valid_s)
    secret = {"value": value, "expires_at": expires_at}
    flat = session_to_beta({**session, "object": object_name})
    return JSONResponse({**flat, "client_secret": secret})


def _valid_s(wish: Any, param: str) -> int:
    """Return for how many seconds a key is asked to be valid."""
    if wish is None:
        return DEFAULT_S
    if not isinstance(wish, dict):
        raise bad_value(param, "an object with 'anchor' and 'seconds'")
    if wish.get("anchor", "created_at") != "created_at":
        raise bad_value(f"{param}.anchor", "'created_at'")
    seconds = wish.get("seconds", DEFAULT_S)
    if isinstance(seconds, bool) or not isinstance(seconds, int):
        raise bad_value(f"{param}.seconds", "an integer")
    if not SHORTEST_S <= seconds <= LONGEST_S:
        raise bad_value(f"{param}.seconds", f"{SHORTEST_S} to {LONGEST_S} seconds")
    return seconds


def _read_update(
    fields: dict[str, Any], dialect: Dialect, event_type: str = "session.update"
) -> SessionUpdate:
    """Read the session exactly as a socket reads ``session.update``."""
    frame = orjson.dumps({"type": event_type, "session": fields}).decode()
    try:
        event = ServerCodec(dialect).decode(frame)
    except RemoteProtocolError as error:
        raise PageError(400, error.code, str(error), param=error.param) from error
    assert isinstance(event, SessionUpdate)
    return event


def _issue(
    request: Request, update: SessionUpdate, model: Any, valid_s: int
) -> tuple[str, int, dict[str, Any]]:
    """Return a key for a session, when it expires by the calendar, and that session whole."""
    state = server_state(request)
    engines = loaded_engines(state)
    if model is not None and not isinstance(model, str):
        raise bad_value("session.model", "a string")
    fields = update.session.to_wire()
    try:
        session = _effective(engines, fields, model)
    except Refusal as refusal:
        raise PageError.of_refusal(refusal) from refusal
    try:
        value = state.client_secrets.issue(fields, model=model, valid_s=valid_s)
    except TooManySecretsError as error:
        headers = {"Retry-After": str(error.retry_after_s)}
        text = f"{str(error).capitalize()}."
        raise PageError(429, "rate_limit_exceeded", text, headers=headers) from error
    return value, int(time.time()) + valid_s, session


def _effective(engines: Engines, fields: Mapping[str, Any], model: str | None) -> dict[str, Any]:
    """Return the session that these fields make, whole. Raises Refusal for the first bad one."""
    core = ServerCore(
        new_id=new_id,
        model=model or engines.brain.name,
        recogniser=Recogniser(engines.stt.name, engines.stt.languages),
        voices=engines.tts.voices,
        initial=fields,
    )
    return dict(wire_session(core.view.session))
