"""What all pages beside the socket share: errors in the API's shape, bodies within limits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from typing import Any, Final

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from voice.core.refusals import Refusal
from voice.engines.ports import Engines
from voice.server.limits import BODY_S, JSON_BYTES
from voice.server.state import ServerState

BODY_LIMIT_S = BODY_S - 2.0
"""Longest time for a request's body to arrive; a little later the listener cuts without a word."""

_CLOSE: Final = {"Connection": "close"}
"""Otherwise the listener would read the rest of a body that nobody wants."""

_DROPPED_TIMES: Final = 4
"""A body up to so many times too large is read to its end before it is refused."""


class PageError(Exception):
    """A request that cannot be met, as the API words it: status, code, message, parameter.

    ``headers`` go out with the answer.
    """

    def __init__(
        self,
        status: int,
        code: str | None,
        message: str,
        *,
        param: str | None = None,
        kind: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Keep what the answer needs; ``kind`` None is chosen by the status."""
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.param = param
        self.kind = kind or ("server_error" if status >= 500 else "invalid_request_error")
        self.headers = dict(headers or {})

    @classmethod
    def of_refusal(cls, refusal: Refusal) -> PageError:
        """Return a refusal of the core as a 400."""
        return cls(400, refusal.code, refusal.message, param=refusal.param, kind=refusal.kind)

    def response(self) -> Response:
        """The answer that says so."""
        error = {
            "message": self.message,
            "type": self.kind,
            "param": self.param,
            "code": self.code,
        }
        return JSONResponse({"error": error}, self.status, headers=self.headers)


def busy(message: str, *, retry_after_s: int = 2) -> PageError:
    """There is too much to do at the moment."""
    return PageError(503, "busy", message, headers={"Retry-After": str(retry_after_s)})


def bad_value(param: str, expected: str) -> PageError:
    """A field holds what it must not; ``expected`` says what it may hold."""
    text = f"Invalid '{param}': expected {expected}."
    return PageError(400, "invalid_value", text, param=param)


def server_state(request: Request) -> ServerState:
    """The state of the server that a request came to."""
    state: ServerState = request.app.state.server
    return state


def loaded_engines(state: ServerState) -> Engines:
    """Return the engines. Raises PageError while they load, and once the server is going away."""
    if state.is_draining:
        raise busy("The server is going away.", retry_after_s=5)
    if state.engines is None:
        raise busy("The models are still loading; try again in a second.")
    return state.engines


async def body_stream(request: Request, limit_bytes: int) -> AsyncGenerator[bytes, None]:
    """Yield a body as it comes. Raises PageError 413 at ``limit_bytes``, 408 where it stalls.

    A body that is a few times too large is still read, and dropped: a client that is cut off while
    it writes would lose the answer that says why.
    """
    declared = request.headers.get("content-length", "0")
    is_too_large = declared.isdecimal() and int(declared) > limit_bytes
    received = 0
    deadline_s = asyncio.get_running_loop().time() + BODY_LIMIT_S
    try:
        stream = request.stream()
        while received <= limit_bytes * _DROPPED_TIMES:
            async with asyncio.timeout_at(deadline_s):
                chunk = await anext(stream, None)
            if chunk is None:
                break
            received += len(chunk)
            is_too_large = is_too_large or received > limit_bytes
            if not is_too_large:
                yield chunk
    except TimeoutError as error:
        text = f"The request body did not arrive within {BODY_LIMIT_S:g} seconds."
        raise PageError(408, "request_timeout", text, headers=_CLOSE) from error
    except ClientDisconnect as error:
        raise PageError(400, "request_cut_off", "The request body ended early.") from error
    if is_too_large:
        text = f"The request body is larger than {limit_bytes} bytes."
        raise PageError(413, "request_too_large", text, headers=_CLOSE)


async def read_json(request: Request, known: frozenset[str]) -> dict[str, Any]:
    """Return a JSON body; an empty one is ``{}``.

    Raises PageError where it is no JSON object, too large, or has a field that is not ``known``.
    """
    body = b"".join([chunk async for chunk in body_stream(request, JSON_BYTES)])
    if not body.strip():
        return {}
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        text = f"The request body is not JSON: {error.msg} at character {error.pos}."
        raise PageError(400, "invalid_json", text) from error
    if not isinstance(data, dict):
        raise PageError(400, "invalid_type", "The request body must be a JSON object.")
    for key in data:
        if key not in known:
            text = f"Unknown parameter: '{key[:80]}'."
            raise PageError(400, "unknown_parameter", text, param=key[:80])
    return data


async def answer_page_error(_: Request, error: Exception) -> Response:
    """Answer a PageError that a page raised."""
    assert isinstance(error, PageError)
    return error.response()


async def answer_http_error(request: Request, error: Exception) -> Response:
    """Answer what the router refuses: no such page, or not with this method."""
    assert isinstance(error, HTTPException)
    path, method = request.url.path[:200], request.method[:20]
    match error.status_code:
        case 404:
            answer = PageError(404, "unknown_url", f"Unknown request URL: {method} {path}.")
        case 405:
            allowed = ", ".join(sorted((error.headers or {}).get("Allow", "").split(", ")))
            text = f"Not allowed: {method} {path}; use {allowed}."
            answer = PageError(405, "method_not_supported", text, headers=error.headers)
        case status:
            answer = PageError(status, None, error.detail, headers=error.headers)
    return answer.response()


async def answer_crash(_: Request, error: Exception) -> Response:
    """Answer a fault of ours; the listener logs it."""
    del error
    text = "The request failed inside the server; its log says why."
    return PageError(500, "internal_error", text).response()
