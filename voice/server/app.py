"""The ASGI application of the embedded server: which path leads where."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route, WebSocketRoute

from voice.server.doors import BETA_PATHS, GA_PATHS
from voice.server.page_guard import PageGuard
from voice.server.pages import PAGE_ERRORS, page_routes
from voice.server.realtime import no_such_socket, realtime
from voice.server.state import ServerState


def create_app(state: ServerState) -> Starlette:
    """Return the ASGI app; it answers 503 until ``state.engines`` is set."""
    paths = (*GA_PATHS, *BETA_PATHS)
    routes: list[Route | WebSocketRoute] = [
        WebSocketRoute(path, realtime, name=f"realtime {path}") for path in paths
    ]
    app = Starlette(
        routes=[*routes, *page_routes(), WebSocketRoute("/{path:path}", no_such_socket)],
        middleware=[Middleware(PageGuard, state=state)],
        exception_handlers=PAGE_ERRORS,
    )
    app.state.server = state
    return app
