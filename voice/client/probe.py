"""Tries an endpoint step by step: from its name to one spoken word, each step with its time.

What a session does when it connects, taken apart, so that a person sees which step fails and how to
mend it. Nothing here retries. No text that is returned holds the key or a query.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

from voice.client.connect_errors import connect_error
from voice.client.model_list import list_models, models_url, not_offered
from voice.client.probe_talk import STEP_LIMIT_S, Outcome, StepFailed, since_ms, talking
from voice.client.transport import WebSocketTransport
from voice.errors import ConnectError
from voice.logs import redact
from voice.protocol.endpoints import Endpoint
from voice.protocol.typed_url import is_loopback

SHOWN_MODELS = 6

CERTIFICATE_DAYS = 14
"""A certificate that ends sooner than this is worth a word."""

_SEE_MODELS = "set endpoint.model to one of those that voice models lists"

_RELAYS: tuple[tuple[str, str], ...] = (
    ("x-oneapi-request-id", "new-api or one-api"),
    ("x-new-api-version", "new-api"),
    ("x-litellm-version", "LiteLLM"),
    ("x-litellm-call-id", "LiteLLM"),
    ("apim-request-id", "Azure"),
    ("x-ms-region", "Azure"),
    ("cf-ray", "Cloudflare in front"),
    ("openai-version", "OpenAI"),
)
"""Headers of the handshake's answer that tell who is in between."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what was seen, how long it took, and how to mend what is wrong.

    ``figures`` are the numbers behind it, with their units in their names; None what is unknown.
    """

    name: str
    outcome: Outcome
    detail: str
    took_ms: int | None = None
    mend: str = ""
    figures: Mapping[str, float | None] | None = None


async def probe(endpoint: Endpoint, key: str | None) -> AsyncGenerator[Step, None]:
    """Yield a step as soon as it is done; ends after the first that failed.

    Raises SettingsError for an endpoint that needs a model, or a key that no header can carry.
    """
    async with aclosing(_steps(endpoint, key)) as steps:
        async for step in steps:
            yield _without_key(step, key)


def _without_key(step: Step, key: str | None) -> Step:
    """Return a step without the key, which an endpoint's own words may repeat."""
    secrets = [key] if key else []
    return replace(step, detail=redact(step.detail, secrets), mend=redact(step.mend, secrets))


async def _steps(endpoint: Endpoint, key: str | None) -> AsyncGenerator[Step, None]:
    url, headers = endpoint.url(), endpoint.headers(key)
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "wss" else 80)
    through_proxy = _proxied(host)
    if through_proxy:
        detail = "through the proxy of the *_proxy variables; it resolves the name"
        yield Step("resolve", Outcome.SKIPPED, detail)
        yield Step("reach", Outcome.SKIPPED, detail)
    else:
        reaching = _reach(host, port, parts.scheme == "wss", endpoint.safe_url)
        async with aclosing(reaching) as steps:
            async for step in steps:
                yield step
                if step.outcome is Outcome.FAILED:
                    return
    async with aclosing(_converse(endpoint, url, headers)) as steps:
        async for step in steps:
            yield step
            if step.outcome is Outcome.FAILED:
                return
    yield await _models(endpoint, key)


# --- the way there --------------------------------------------------------------------------------


async def _reach(host: str, port: int, is_tls: bool, safe_url: str) -> AsyncGenerator[Step, None]:
    started = time.perf_counter()
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(STEP_LIMIT_S):
            found = await loop.getaddrinfo(host, port, type=1)
    except (OSError, TimeoutError, UnicodeError) as error:
        told = connect_error(error, safe_url, limit_s=STEP_LIMIT_S)
        yield Step("resolve", Outcome.FAILED, str(told))
        return
    addresses = sorted({str(entry[4][0]) for entry in found})
    more = f" and {len(addresses) - 1} more" if len(addresses) > 1 else ""
    yield Step("resolve", Outcome.OK, f"{host} is {addresses[0]}{more}", since_ms(started))
    started = time.perf_counter()
    try:
        async with asyncio.timeout(STEP_LIMIT_S):
            secured = ssl.create_default_context() if is_tls else None
            _, writer = await asyncio.open_connection(host, port, ssl=secured)
    except (OSError, TimeoutError) as error:
        told = connect_error(error, safe_url, limit_s=STEP_LIMIT_S)
        yield Step("reach", Outcome.FAILED, str(told), since_ms(started), _mend_of(error))
        return
    took_ms = since_ms(started)
    ended = _certificate_end(writer) if is_tls else None
    writer.close()
    yield _reached(port, ended, took_ms)


def _reached(port: int, ended: datetime | None, took_ms: int) -> Step:
    if ended is None:
        return Step("reach", Outcome.OK, f"port {port} answers", took_ms)
    days = (ended - datetime.now(UTC)).days
    detail = f"port {port} answers, TLS certificate good for {days} days"
    if days < CERTIFICATE_DAYS:
        return Step("reach", Outcome.WARNING, detail, took_ms, "have the certificate renewed")
    return Step("reach", Outcome.OK, detail, took_ms)


def _certificate_end(writer: asyncio.StreamWriter) -> datetime | None:
    secured = writer.get_extra_info("ssl_object")
    certificate = secured.getpeercert() if secured is not None else None
    if not certificate or "notAfter" not in certificate:
        return None
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC)


def _mend_of(error: BaseException) -> str:
    match error:
        case ssl.SSLCertVerificationError():
            return "check the date of this machine, and the certificate of the endpoint"
        case ssl.SSLError():
            return "check wss:// against ws://, and the port"
        case ConnectionRefusedError():
            return "start the server, or check the port"
    return "check the network, the firewall and the port"


def _proxied(host: str) -> bool:
    """Return whether a connection to ``host`` goes through a proxy of the environment."""
    if is_loopback(host):
        return False
    from urllib.request import getproxies, proxy_bypass

    return bool({"https", "all", "http"} & set(getproxies())) and not proxy_bypass(host)


async def _models(endpoint: Endpoint, key: str | None) -> Step:
    """List the models that the key may use; no session needs this, so it never fails."""
    base_url = models_url(endpoint.base_url)
    started = time.perf_counter()
    answered: dict[str, str] = {}
    try:
        names = await list_models(
            base_url, key, key_header=endpoint.key_header, on_headers=answered.update
        )
    except ConnectError as error:
        return Step("models", Outcome.WARNING, str(error), since_ms(started), "not needed to talk")
    spoken = [name for name in names if "realtime" in name] or names
    shown = ", ".join(spoken[:SHOWN_MODELS])
    more = f" and {len(spoken) - SHOWN_MODELS} more" if len(spoken) > SHOWN_MODELS else ""
    # Some relays name themselves here and not in the handshake.
    relay = _named_relay(answered)
    said = f"{len(names)} offered: {shown}{more}{f'; relay: {relay}' if relay else ''}"
    if advice := not_offered(endpoint.model, names):
        return Step("models", Outcome.WARNING, f"{said}; {advice}", since_ms(started), _SEE_MODELS)
    return Step("models", Outcome.OK, said, since_ms(started))


# --- the conversation -----------------------------------------------------------------------------


async def _converse(
    endpoint: Endpoint, url: str, headers: Mapping[str, str]
) -> AsyncGenerator[Step, None]:
    started = time.perf_counter()
    try:
        transport = await WebSocketTransport.open(
            url, headers=headers, safe_url=endpoint.safe_url, limit_s=STEP_LIMIT_S
        )
    except ConnectError as error:
        mend = _mend_refused(error, is_plain=url.startswith("ws:"))
        yield Step("connect", Outcome.FAILED, str(error), since_ms(started), mend)
        return
    relay = _relay_of(transport.response_headers)
    yield Step("connect", Outcome.OK, f"WebSocket open{relay}", since_ms(started))
    async with talking(endpoint, transport) as talk:
        for name, act in (
            ("session", talk.greeted),
            ("configure", talk.configured),
            ("answer", talk.answered),
        ):
            started = time.perf_counter()
            try:
                outcome, detail, mend = await act()
            except StepFailed as failure:
                yield Step(name, Outcome.FAILED, failure.detail, since_ms(started), failure.mend)
                return
            yield Step(name, outcome, detail, since_ms(started), mend)


def _mend_refused(error: ConnectError, *, is_plain: bool) -> str:
    match error.status:
        case None if is_plain and "before answering" in str(error):
            return "check ws:// against wss://, and the port"
        case 401 | 403:
            return "set the key (VOICE_ENDPOINT__API_KEY), and see what it may use"
        case 402:
            return "top the account up"
        case 404 | 405 | 410 | 426:
            return "check the path of the URL; it usually ends in /v1/realtime"
        case 429 | 503:
            return "wait, or use fewer sessions"
    return "see the message"


def _named_relay(headers: Mapping[str, str]) -> str | None:
    lower = {name.lower() for name in headers}
    return next((relay for name, relay in _RELAYS if name in lower), None)


def _relay_of(headers: Mapping[str, str]) -> str:
    found = _named_relay(headers)
    server = next((value for name, value in headers.items() if name.lower() == "server"), None)
    if found:
        return f"; relay: {found}"
    return f"; server: {server[:60]}" if server else ""
