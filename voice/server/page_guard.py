"""Who may fetch the pages beside the socket, and what every answer carries: one place for all.

A web page elsewhere must reach neither a session nor a key (FAULTS §1.8); ``entrance`` tells it by
its Origin and its Host, here as for the socket.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from voice.server.entrance import handshake_of, refusal_of_stranger
from voice.server.state import ServerState

OPEN_PATHS: Final = frozenset({"/healthz"})
"""Pages that need no token, since they tell nothing: for supervisors and load balancers."""

SECURITY_HEADERS: Final[Mapping[str, str]] = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}

_PREFLIGHT_S = 600


class PageGuard:
    """Middleware around every page: refuses strangers, adds headers, lets allowed origins in."""

    def __init__(self, app: ASGIApp, state: ServerState) -> None:
        """Guard ``app``."""
        self._app = app
        self._state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; sockets pass, their entrance is elsewhere."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        allowed = self._allowed_origin(headers)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add_headers(MutableHeaders(raw=message["headers"]), allowed)
            await send(message)

        answer = self._preflight(scope, headers, allowed) or await self._refusal(scope)
        await (answer or self._app)(scope, receive, send_with_headers)

    def _allowed_origin(self, headers: Headers) -> str | None:
        """Return the page that asks, where the settings name it: its scripts may read answers."""
        origin = headers.get("origin")
        return origin if origin in self._state.config.allowed_origins else None

    def _preflight(self, scope: Scope, headers: Headers, allowed: str | None) -> Response | None:
        """Answer a browser that asks whether its page may ask; it sends no token with that."""
        is_preflight = scope["method"] == "OPTIONS" and "access-control-request-method" in headers
        if not is_preflight or allowed is None:
            return None
        answers = {
            "Access-Control-Allow-Methods": "GET, POST",
            "Access-Control-Allow-Headers": headers.get("access-control-request-headers", "*"),
            "Access-Control-Max-Age": str(_PREFLIGHT_S),
        }
        if headers.get("access-control-request-private-network") == "true":
            answers["Access-Control-Allow-Private-Network"] = "true"
        return Response(status_code=204, headers=answers)

    async def _refusal(self, scope: Scope) -> Response | None:
        if scope["path"] in OPEN_PATHS:
            return None
        refused = refusal_of_stranger(self._state, handshake_of(Request(scope)))
        return None if refused is None else await refused.answer()


def _add_headers(headers: MutableHeaders, allowed: str | None) -> None:
    for name, value in SECURITY_HEADERS.items():
        headers.setdefault(name, value)
    headers.add_vary_header("Origin")
    if allowed is not None:
        headers["Access-Control-Allow-Origin"] = allowed
        headers["Access-Control-Expose-Headers"] = "*"
