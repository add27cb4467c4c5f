"""The models that an endpoint offers: ``GET /v1/models``."""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlsplit, urlunsplit

from voice.errors import AuthError, ConnectError

LIMIT_S = 15.0
MAX_MODELS = 5_000


def models_url(url: str) -> str:
    """Return the HTTP base of a realtime URL, or of a base URL: what ``/models`` is put behind."""
    parts = urlsplit(url)
    scheme = {"ws": "http", "wss": "https"}.get(parts.scheme, parts.scheme)
    path = parts.path.rstrip("/").removesuffix("/realtime")
    return urlunsplit((scheme, parts.netloc, path or "/v1", "", ""))


async def list_models(
    base_url: str,
    key: str | None,
    *,
    key_header: str = "Authorization",
    more_headers: Mapping[str, str] | None = None,
    on_headers: Callable[[Mapping[str, str]], None] | None = None,
) -> list[str]:
    """Return the ids of the models, sorted; ``on_headers`` gets the headers of the answer.

    Raises ConnectError, or AuthError for a refused key; the message holds neither key nor body.
    """
    # Heavy, and only wanted here.
    from openai import APIError, AsyncOpenAI

    headers = dict(more_headers or {})
    if key is not None and key_header != "Authorization":
        headers[key_header] = key
    host = urlsplit(base_url).netloc
    client = AsyncOpenAI(
        api_key=key or "none",
        base_url=base_url,
        default_headers=headers,
        max_retries=0,
        timeout=LIMIT_S,
    )
    names: list[str] = []
    try:
        async with asyncio.timeout(LIMIT_S), client:
            answer = await client.models.with_raw_response.list()
            if answer.headers.get("content-type", "").startswith("text/html"):
                message = f"{host} answered /models with a web page; its address mostly ends in /v1"
                raise ConnectError(message, retryable=False)
            if on_headers is not None:
                on_headers(answer.headers)
            async for model in answer.parse():
                names.append(str(model.id))
                if len(names) >= MAX_MODELS:
                    break
    except (APIError, TimeoutError, ValueError, TypeError, AttributeError) as error:
        raise _failure(error, host) from None
    return sorted(names)


def _failure(error: Exception, host: str) -> ConnectError:
    """Return what an error of the SDK, or of reading its answer, means."""
    from openai import APIConnectionError, APIStatusError

    match error:
        case APIStatusError(status_code=401 | 403 as status):
            return AuthError(f"{host} refused the key for /models (HTTP {status})", status=status)
        case APIStatusError(status_code=status):
            message = f"{host} lists no models (HTTP {status})"
            return ConnectError(message, status=status, retryable=status >= 500)
        case APIConnectionError() | TimeoutError():
            return ConnectError(f"{host} did not answer for /models ({type(error).__name__})")
        case _:
            message = f"{host} answered /models with something else ({type(error).__name__})"
            return ConnectError(message, retryable=False)


def not_offered(wanted: str | None, models: Sequence[str]) -> str:
    """Return "" for a model that is offered, or a word about it with the nearest names."""
    if not wanted or not models or wanted in models:
        return ""
    by_folded = {name.lower(): name for name in models}
    close = difflib.get_close_matches(wanted.lower(), list(by_folded), n=3, cutoff=0.5)
    if not close:
        return f"{wanted!r} is not among the {len(models)} models that are offered"
    meant = " or ".join(repr(by_folded[name]) for name in close)
    return f"{wanted!r} is not offered: did you mean {meant}?"
