"""The pages beside the socket: which there are, health, models, and the socket's own plain page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version
from typing import Any, TypeAlias

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from voice.engines.ports import Engines
from voice.server.client_secret_pages import (
    create_beta_session,
    create_beta_transcription_session,
    create_client_secret,
)
from voice.server.doors import BETA_PATHS, GA_PATHS
from voice.server.metrics_page import metrics
from voice.server.page_answers import (
    PageError,
    answer_crash,
    answer_http_error,
    answer_page_error,
    server_state,
)
from voice.server.speech_page import speech, voices
from voice.server.transcription_page import transcription, translation

Page: TypeAlias = Callable[[Request], Awaitable[Response]]

PAGE_ERRORS: Mapping[Any, Callable[[Request, Exception], Awaitable[Response]]] = {
    PageError: answer_page_error,
    HTTPException: answer_http_error,
    Exception: answer_crash,
}
"""How what goes wrong in a page is answered: always in the API's error shape."""


def page_routes() -> list[Route]:
    """Return the routes of all pages."""
    gets: dict[str, Page] = {
        "/healthz": health,
        "/metrics": metrics,
        "/v1/models": models,
        "/v1/models/{model:path}": one_model,
        "/v1/audio/voices": voices,
        **dict.fromkeys((*GA_PATHS, *BETA_PATHS), upgrade_required),
    }
    posts: dict[str, Page] = {
        "/v1/realtime/client_secrets": create_client_secret,
        "/v1/realtime/sessions": create_beta_session,
        "/v1/realtime/transcription_sessions": create_beta_transcription_session,
        "/v1/audio/speech": speech,
        "/v1/audio/transcriptions": transcription,
        "/v1/audio/translations": translation,
    }
    return [
        *(Route(path, page, methods=["GET"]) for path, page in gets.items()),
        *(Route(path, page, methods=["POST"]) for path, page in posts.items()),
    ]


async def health(request: Request) -> Response:
    """Say whether the server can take sessions: 200 ready, else 503 with why not."""
    state = server_state(request)
    is_ready = state.engines is not None and not state.is_draining
    body = {
        "status": "ready" if is_ready else "going_away" if state.is_draining else "loading",
        "sessions": len(state.connections),
        "version": _version(),
    }
    return JSONResponse(body, 200 if is_ready else 503)


async def models(request: Request) -> Response:
    """List what may be named as ``model``: the brain first, what hears, what speaks."""
    data = [_model(name) for name in model_names(server_state(request).engines)]
    return JSONResponse({"object": "list", "data": data})


def model_names(engines: Engines | None) -> list[str]:
    """Return the brain's name, the recogniser's and the synthesiser's, each once."""
    if engines is None:
        return []
    return list(dict.fromkeys((engines.brain.name, engines.stt.name, engines.tts.name)))


async def one_model(request: Request) -> Response:
    """Describe one model."""
    name = request.path_params["model"]
    if name not in model_names(server_state(request).engines):
        text = f"The model '{name[:80]}' does not exist; GET /v1/models lists those that do."
        raise PageError(404, "model_not_found", text, param="model")
    return JSONResponse(_model(name))


async def upgrade_required(request: Request) -> Response:
    """Tell whoever fetches the socket's path as a page that it is no page."""
    scheme = "wss" if request.url.scheme == "https" else "ws"
    text = (
        f"This is a WebSocket: connect to {scheme}://{request.url.netloc}{request.url.path} "
        "with a client of the Realtime API."
    )
    headers = {"Upgrade": "websocket", "Connection": "Upgrade"}
    raise PageError(426, "upgrade_required", text, headers=headers)


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "voice"}


@cache
def _version() -> str:
    try:
        return installed_version("voice-assistant-service")
    except PackageNotFoundError:
        return "unknown"
