"""Whether a handshake may become a session: the one place where the server says no."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, Response

from voice.server.client_secrets import ClientSecret
from voice.server.doors import Handshake
from voice.server.files_left import files_left
from voice.server.limits import RESERVED_FILES
from voice.server.load import RETRY_S
from voice.server.state import ServerState
from voice.server.strangers import may_open, network_of


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a request is not served: an HTTP status, a code for programs, a sentence for people.

    ``retry_after_s`` is how long the client should stay away, where coming back makes sense;
    ``delay_s`` how long the answer itself is held back.
    """

    status: int
    code: str
    message: str
    retry_after_s: int | None = None
    delay_s: float = 0.0

    async def answer(self) -> Response:
        """The refusal, after its delay."""
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        return self.response()

    def response(self) -> Response:
        """The refusal as upstream words its errors."""
        body = {
            "error": {
                "type": "invalid_request_error",
                "code": self.code,
                "message": self.message,
                "param": None,
            }
        }
        wait = self.retry_after_s
        headers = {} if wait is None else {"Retry-After": str(wait)}
        if self.status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        return JSONResponse(body, status_code=self.status, headers=headers)


LOADING = Refused(503, "loading", "The models are still loading; try again in a second.", 2)
BUSY_S = 2


def handshake_of(request: HTTPConnection) -> Handshake:
    """Read what a client says before anything is answered."""
    return Handshake(
        path=request.url.path,
        query=dict(request.query_params),
        headers=dict(request.headers.items()),
        subprotocols=tuple(request.scope.get("subprotocols") or ()),
        network=network_of(request.client.host) if request.client else "",
    )


def refusal_of_stranger(
    state: ServerState, handshake: Handshake, secret: ClientSecret | None = None
) -> Refused | None:
    """Why whoever sent this handshake may not use the server at all, whatever it asks for.

    For the socket and for every page but ``/healthz``. ``secret`` is what the ephemeral key stands
    for, where it opens what is asked for. A wrong key is counted.
    """
    config = state.config
    needs_token = config.token is not None
    if handshake.names_another_host(config.allowed_hosts) and not needs_token:
        text = (
            "Without a token this server answers to 'localhost' and 127.0.0.1 only: set "
            "VOICE_SERVER__TOKEN, or name the host in server.allowed_hosts."
        )
        return Refused(403, "forbidden_host", text)
    if handshake.comes_from_elsewhere(config.allowed_origins, needs_token=needs_token):
        return Refused(403, "forbidden_origin", "Pages of other sites may not use this server.")
    if secret is not None:
        return None
    if config.token is None:
        # Whoever sends an ephemeral key wants its session, and must not get another unnoticed.
        return None if handshake.ephemeral_key is None else _wrong_key(state, handshake)
    if not handshake.presents(config.token.get_secret_value()):
        return _wrong_key(state, handshake)
    return None


def client_secret_of(state: ServerState, handshake: Handshake) -> ClientSecret | None:
    """What the ephemeral key of a handshake stands for, where it has a valid one."""
    key = handshake.ephemeral_key
    return None if key is None else state.client_secrets.find(key)


def refusal_of_session(state: ServerState, handshake: Handshake) -> Refused | None:
    """Why no session can be opened now, for somebody who may use the server."""
    config = state.config
    if state.is_draining:
        return Refused(503, "going_away", "The server is going away.", 5)
    if state.engines is None:
        return LOADING
    if len(state.connections) >= config.max_sessions:
        return Refused(503, "busy", f"All {config.max_sessions} sessions are taken.", BUSY_S)
    if config.admits_by_load and not state.load.has_room(sessions=len(state.connections)):
        text = "The server is busy: one more session would make those that run wait."
        return Refused(503, "busy", text, RETRY_S)
    taken = [connection.network for connection in state.connections]
    if not may_open(handshake.network, taken, config.limits.sessions_per_address):
        return Refused(429, "too_many_sessions", "Your address has too many sessions open.", BUSY_S)
    if files_left() < RESERVED_FILES:
        return Refused(503, "busy", "The server has no file descriptors left.", BUSY_S)
    return None


def _wrong_key(state: ServerState, handshake: Handshake) -> Refused:
    delay_s, away_s = state.wrong_keys.note(handshake.network)
    if away_s is not None:
        return Refused(429, "too_many_failures", "Too many wrong keys; try again later.", away_s)
    text = "Send the server's token as 'Authorization: Bearer TOKEN'."
    if handshake.ephemeral_key is not None:
        text = "This ephemeral key is unknown or has expired, or it does not open this page."
    return Refused(401, "invalid_api_key", text, delay_s=delay_s)
