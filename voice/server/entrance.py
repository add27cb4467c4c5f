"""Whether a handshake may become a session: the one place where the server says no."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import JSONResponse, Response

from voice.server.doors import Handshake
from voice.server.load import RETRY_S
from voice.server.state import ServerState


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a request is not served: an HTTP status, a code for programs, a sentence for people.

    ``retry_after_s`` is how long the client should stay away, where coming back makes sense.
    """

    status: int
    code: str
    message: str
    retry_after_s: int | None = None

    def response(self) -> Response:
        """The refusal as upstream words its errors."""
        body = {
            "error": {"type": "invalid_request_error", "code": self.code, "message": self.message}
        }
        wait = self.retry_after_s
        headers = None if wait is None else {"Retry-After": str(wait)}
        return JSONResponse(body, status_code=self.status, headers=headers)


LOADING = Refused(503, "loading", "The models are still loading; try again in a second.", 2)


def refusal_of_stranger(state: ServerState, handshake: Handshake) -> Refused | None:
    """Why whoever sent this handshake may not use the server at all, whatever it asks for."""
    config = state.config
    needs_token = config.token is not None
    if handshake.comes_from_elsewhere(config.allowed_origins, needs_token=needs_token):
        return Refused(403, "forbidden_origin", "Pages of other sites may not use this server.")
    if config.token is not None and not handshake.presents(config.token.get_secret_value()):
        text = "Send the server's token as 'Authorization: Bearer TOKEN'."
        return Refused(401, "invalid_api_key", text)
    return None


def refusal_of_session(state: ServerState, handshake: Handshake) -> Refused | None:
    """Why no session can be opened now, for somebody who may use the server."""
    if state.engines is None:
        return LOADING
    if len(state.connections) >= state.config.max_sessions:
        text = f"All {state.config.max_sessions} sessions are taken."
        return Refused(503, "busy", text, 2)
    if state.config.admits_by_load and not state.load.has_room(sessions=len(state.connections)):
        text = "The server is busy: one more session would make those that run wait."
        return Refused(503, "busy", text, RETRY_S)
    return None
