"""Asks an HTTP endpoint that a person named in the settings, and reads its JSON.

Unlike ``tools.web`` it goes wherever the settings point, also to this machine; it follows no
redirect, so that a key goes nowhere else.
"""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from tools.errors import ToolError
from tools.http_exchange import PORTS, Request, exchange
from tools.online import ModelEndpoint

MAX_ANSWER_BYTES = 64 * 2**20
"""A picture in an answer is a third longer than its file."""

_CONNECT_S = 10.0
_MAX_CAUSE_CHARS = 200
_AGENT = {"Accept": "application/json", "Accept-Encoding": "identity", "Connection": "close",
          "User-Agent": "voice-assistant"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    body: bytes


def post_json(endpoint: ModelEndpoint, path: str, body: Mapping[str, Any], *, limit_s: float,
              section: str) -> dict[str, Any]:  # fmt: skip
    """Post a JSON object below a model endpoint's base URL and return the object it answers with.

    ``section`` is where its key stands in the settings, for the person who must mend it. Raises
    ToolError with one sentence, in which the key never stands.
    """
    headers = {**_AGENT, "Content-Type": "application/json"}
    if endpoint.api_key:
        headers["Authorization"] = f"Bearer {endpoint.api_key}"
    url = endpoint.base_url.rstrip("/") + path
    payload = json.dumps(body, ensure_ascii=False).encode()
    request = Request(urlsplit(url), "POST", headers, payload)
    answer = _ask(request, limit_s)
    if answer.status != 200:
        raise ToolError(_refusal(request.host, answer, endpoint, section))
    return _object(request.host, answer)


def get_json(url: str, parameters: Mapping[str, str], *, limit_s: float) -> dict[str, Any]:
    """Get a JSON object. Raises ToolError with one sentence."""
    joint = "&" if urlsplit(url).query else "?"
    request = Request(urlsplit(f"{url}{joint}{urlencode(parameters)}"), headers=_AGENT)
    answer = _ask(request, limit_s)
    if answer.status != 200:
        raise ToolError(f"{request.host} answered with error {answer.status}.")
    return _object(request.host, answer)


def _ask(request: Request, limit_s: float) -> _Answer:
    if request.parts.scheme not in PORTS or not request.host:
        raise ToolError("The address of that service in the settings is no web address.")

    def read(response: http.client.HTTPResponse) -> _Answer:
        return _Answer(response.status, response.read(MAX_ANSWER_BYTES + 1))

    def connect(left_s: float) -> socket.socket:
        place = (request.host, request.port)
        sock = socket.create_connection(place, timeout=min(left_s, _CONNECT_S))
        # A model that draws is silent for a minute; only the limit for all of it holds then.
        sock.settimeout(left_s)
        return sock

    return exchange(request, connect=connect, read=read, until_s=time.monotonic() + limit_s)


def _object(host: str, answer: _Answer) -> dict[str, Any]:
    if len(answer.body) > MAX_ANSWER_BYTES:
        raise ToolError(f"{host} answered with more than I can take.")
    try:
        value = json.loads(answer.body)
    except ValueError as error:
        raise ToolError(f"{host} answered with something else than JSON.") from error
    if not isinstance(value, dict):
        raise ToolError(f"{host} answered with something that I do not understand.")
    return value


def _refusal(host: str, answer: _Answer, endpoint: ModelEndpoint, section: str) -> str:
    match answer.status:
        case 401 | 403:
            if endpoint.api_key:
                return f"{host} does not take the key; look at {section}.api_key."
            return f"{host} wants a key: set {section}.api_key."
        case 402:
            return f"The account at {host} has no credit left."
        case 404:
            return f"{host} knows no model {endpoint.model} there; look at {section}.model."
        case 429:
            return f"{host} takes no more requests just now, or the account has no credit left."
        case status if status >= 500:
            return f"{host} has trouble of its own just now: error {status}."
        case status:
            return f"{host} refused that: {_cause(answer.body, endpoint.api_key) or status}."


def _cause(body: bytes, key: str) -> str:
    """Return what the endpoint says of its refusal, short, on one line and without the key."""
    try:
        error = json.loads(body[:65_536]).get("error")
    except (ValueError, AttributeError):
        return ""
    said = error.get("message") if isinstance(error, dict) else error
    if not isinstance(said, str):
        return ""
    said = " ".join((said.replace(key, "[key]") if key else said).split()).rstrip(".")
    return said[:_MAX_CAUSE_CHARS]
