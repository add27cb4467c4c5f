"""The ASGI application of the embedded server: which path leads where."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute

from voice.server.doors import BETA_PATHS, GA_PATHS
from voice.server.realtime import realtime
from voice.server.state import ServerState


def create_app(state: ServerState) -> Starlette:
    """Return the ASGI app; it answers 503 until ``state.engines`` is set."""
    paths = (*GA_PATHS, *BETA_PATHS)
    routes: list[Route | WebSocketRoute] = [
        WebSocketRoute(path, realtime, name=f"realtime {path}") for path in paths
    ]
    routes += [Route("/healthz", _health), Route("/v1/models", _models)]
    app = Starlette(routes=routes)
    app.state.server = state
    return app


async def _health(request: Request) -> Response:
    state: ServerState = request.app.state.server
    is_ready = state.engines is not None
    body = {"status": "ready" if is_ready else "loading", "sessions": len(state.connections)}
    return JSONResponse(body, status_code=200 if is_ready else 503)


async def _models(request: Request) -> Response:
    state: ServerState = request.app.state.server
    name = state.engines.brain.name if state.engines else "loading"
    model = {"id": name, "object": "model", "created": 0, "owned_by": "voice"}
    return JSONResponse({"object": "list", "data": [model]})
