"""Tries an endpoint step by step: from its name to one spoken word, each step with its time.

What a session does when it connects, taken apart, so that a person sees which step fails and how to
mend it. Nothing here retries. No text that is returned holds the key or a query.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any
from urllib.parse import urlsplit

from voice.client.connect_errors import connect_error
from voice.client.model_list import list_models, models_url
from voice.client.transport import Transport, WebSocketTransport
from voice.core.verdicts import of_close, of_error
from voice.errors import ConnectError, LinkLost, RemoteProtocolError
from voice.protocol import client_events as cl
from voice.protocol import server_events as ev
from voice.protocol.client_events import ClientEvent
from voice.protocol.codec import ClientCodec
from voice.protocol.dialects import Dialect
from voice.protocol.endpoints import Endpoint
from voice.protocol.items import parse_item
from voice.protocol.server_events import ServerEvent
from voice.protocol.session_config import SessionConfig
from voice.protocol.typed_url import is_loopback

STEP_LIMIT_S = 10.0
ANSWER_LIMIT_S = 30.0
SHOWN_MODELS = 6
MAX_WAITING = 4_096
"""Events of one short answer; far more than any endpoint sends."""

CERTIFICATE_DAYS = 14
"""A certificate that ends sooner than this is worth a word."""

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


class Outcome(Enum):
    """How a step went."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what was seen, how long it took, and how to mend what is wrong."""

    name: str
    outcome: Outcome
    detail: str
    took_ms: int | None = None
    mend: str = ""


class StepFailed(Exception):
    """A step failed; the ones after it have nothing to stand on."""

    def __init__(self, detail: str, mend: str) -> None:
        super().__init__(detail)
        self.detail = detail
        self.mend = mend


async def probe(endpoint: Endpoint, key: str | None) -> AsyncGenerator[Step, None]:
    """Yield a step as soon as it is done; ends after the first that failed.

    Raises SettingsError for an endpoint that needs a model, or a key that no header can carry.
    """
    url, headers = endpoint.url(), endpoint.headers(key)
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "wss" else 80)
    through_proxy = _proxied(host)
    if through_proxy:
        detail = "through the proxy of the *_proxy variables; it resolves the name"
        yield Step("resolve", Outcome.SKIPPED, detail)
        yield Step("reach", Outcome.SKIPPED, detail)
    else:
        async for step in _reach(host, port, parts.scheme == "wss", endpoint.safe_url):
            yield step
            if step.outcome is Outcome.FAILED:
                return
    async for step in _converse(endpoint, url, headers):
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
    yield Step("resolve", Outcome.OK, f"{host} is {addresses[0]}{more}", _since(started))
    started = time.perf_counter()
    try:
        async with asyncio.timeout(STEP_LIMIT_S):
            secured = ssl.create_default_context() if is_tls else None
            _, writer = await asyncio.open_connection(host, port, ssl=secured)
    except (OSError, TimeoutError) as error:
        told = connect_error(error, safe_url, limit_s=STEP_LIMIT_S)
        yield Step("reach", Outcome.FAILED, str(told), _since(started), _mend_of(error))
        return
    took_ms = _since(started)
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
    try:
        names = await list_models(base_url, key, key_header=endpoint.key_header)
    except ConnectError as error:
        return Step("models", Outcome.WARNING, str(error), _since(started), "not needed to talk")
    spoken = [name for name in names if "realtime" in name] or names
    shown = ", ".join(spoken[:SHOWN_MODELS])
    more = f" and {len(spoken) - SHOWN_MODELS} more" if len(spoken) > SHOWN_MODELS else ""
    return Step("models", Outcome.OK, f"{len(names)} offered: {shown}{more}", _since(started))


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
        yield Step("connect", Outcome.FAILED, str(error), _since(started), _mend_refused(error))
        return
    relay = _relay_of(transport.response_headers)
    yield Step("connect", Outcome.OK, f"WebSocket open{relay}", _since(started))
    async with _talking(endpoint, transport) as talk:
        for name, act in (
            ("session", talk.greeted),
            ("configure", talk.configured),
            ("answer", talk.answered),
        ):
            started = time.perf_counter()
            try:
                outcome, detail, mend = await act()
            except StepFailed as failure:
                yield Step(name, Outcome.FAILED, failure.detail, _since(started), failure.mend)
                return
            yield Step(name, outcome, detail, _since(started), mend)


def _mend_refused(error: ConnectError) -> str:
    match error.status:
        case 401 | 403:
            return "set the key (VOICE_ENDPOINT__API_KEY), and see what it may use"
        case 402:
            return "top the account up"
        case 404 | 405 | 410 | 426:
            return "check the path of the URL; it usually ends in /v1/realtime"
        case 429 | 503:
            return "wait, or use fewer sessions"
    return "see the message"


def _relay_of(headers: Mapping[str, str]) -> str:
    lower = {name.lower() for name in headers}
    found = next((relay for name, relay in _RELAYS if name in lower), None)
    server = next((value for name, value in headers.items() if name.lower() == "server"), None)
    if found:
        return f"; relay: {found}"
    return f"; server: {server[:60]}" if server else ""


class _Talk:
    """One open socket, spoken to in the endpoint's dialect."""

    def __init__(self, endpoint: Endpoint, transport: Transport) -> None:
        self._transport = transport
        self._codec = ClientCodec(endpoint.dialect, endpoint.capabilities)
        self._events: asyncio.Queue[ServerEvent | LinkLost] = asyncio.Queue(MAX_WAITING)

    async def read(self) -> None:
        """Take what arrives until the end, which is told as an event too."""

        def take(frame: str | bytes) -> None:
            try:
                event = self._codec.decode(frame)
            except RemoteProtocolError:
                return  # an odd frame is no reason to stop; a missing one is told by its step
            if not self._events.full():
                self._events.put_nowait(event)

        try:
            await self._transport.read(take)
        except LinkLost as lost:
            if self._events.full():
                self._events.get_nowait()
            self._events.put_nowait(lost)

    async def greeted(self) -> tuple[Outcome, str, str]:
        """Wait for ``session.created``."""
        event = await self._until(ev.SessionCreated, "session.created", STEP_LIMIT_S)
        dialect = self._codec.dialect or Dialect.GA
        shown = event.session.to_wire() if hasattr(event.session, "to_wire") else {}
        model = shown.get("model")
        said = [f"{dialect.value} dialect"]
        if model:
            said.append(f"model {model}")
        if isinstance(shown.get("expires_at"), int) and shown["expires_at"] > 0:
            left_s = shown["expires_at"] - time.time()
            said.append(f"ends after {max(0, round(left_s / 60))} min")
        return Outcome.OK, ", ".join(said), ""

    async def configured(self) -> tuple[Outcome, str, str]:
        """Ask for text and see whether that is taken."""
        session = SessionConfig.model_validate({"type": "realtime", "output_modalities": ["text"]})
        await self._send(cl.SessionUpdate(event_id="doctor_update", session=session))
        try:
            await self._until(ev.SessionUpdated, "session.updated", STEP_LIMIT_S)
        except TimeoutError:
            mend = "sessions go on without the confirmation"
            return Outcome.WARNING, "session.updated never came", mend
        return Outcome.OK, "session.update is taken", ""

    async def answered(self) -> tuple[Outcome, str, str]:
        """Ask for one word."""
        content = [{"type": "input_text", "text": "Hello."}]
        item = {"type": "message", "role": "user", "content": content}
        await self._send(cl.ConversationItemCreate(item=parse_item(item)))
        await self._send(cl.ResponseCreate(event_id="doctor_ask"))
        started = time.perf_counter()
        first_ms: int | None = None
        words = ""
        while True:
            event = await self._next(ANSWER_LIMIT_S, "an answer")
            if isinstance(
                event, ev.ResponseOutputTextDelta | ev.ResponseOutputAudioTranscriptDelta
            ):
                first_ms = first_ms if first_ms is not None else _since(started)
                words += event.delta
            if isinstance(event, ev.ResponseDone):
                return self._judged(event, words, first_ms)

    def _judged(
        self, done: ev.ResponseDone, words: str, first_ms: int | None
    ) -> tuple[Outcome, str, str]:
        response = done.response
        details = response.status_details
        error = details.error if details is not None else None
        if response.status == "failed":
            code = error.code if error is not None else None
            message = (error.message if error is not None else None) or "no reason given"
            rule = of_error(code)
            mend = f"the endpoint {rule.sentence}" if rule else "see the message"
            raise StepFailed(f"the response failed: {message}", mend)
        if first_ms is None:
            return Outcome.WARNING, "the response was empty", "try another model"
        shown = " ".join(words.split())[:40]
        return Outcome.OK, f"first word after {first_ms} ms: {shown!r}", ""

    async def _send(self, event: ClientEvent) -> None:
        try:
            for frame in self._codec.encode(event):
                await self._transport.send(frame)
        except LinkLost as lost:
            raise _link_failed(lost) from None

    async def _until(self, kind: type[Any], name: str, limit_s: float) -> Any:
        try:
            async with asyncio.timeout(limit_s):
                while True:
                    event = await self._next(limit_s, name)
                    if isinstance(event, kind):
                        return event
        except TimeoutError:
            if kind is ev.SessionUpdated:
                raise
            mend = "check that the URL is a realtime endpoint"
            raise StepFailed(f"{name} never came within {limit_s:g} s", mend) from None

    async def _next(self, limit_s: float, awaited: str) -> ServerEvent:
        try:
            async with asyncio.timeout(limit_s):
                event = await self._events.get()
        except TimeoutError:
            raise StepFailed(f"{awaited} did not come within {limit_s:g} s", "try again") from None
        if isinstance(event, LinkLost):
            raise _link_failed(event)
        if isinstance(event, ev.ErrorEvent):
            raise _error_failed(event)
        return event


@asynccontextmanager
async def _talking(endpoint: Endpoint, transport: Transport) -> AsyncGenerator[_Talk, None]:
    talk = _Talk(endpoint, transport)
    reading = asyncio.create_task(talk.read(), name="doctor reads")
    try:
        yield talk
    finally:
        await transport.close(1000, "done")
        reading.cancel()
        await asyncio.wait({reading})


def _error_failed(event: ev.ErrorEvent) -> StepFailed:
    error = event.error
    message = error if isinstance(error, str) else error.message
    code = None if isinstance(error, str) else error.code
    kind = None if isinstance(error, str) else error.type
    rule = of_error(code, kind)
    mend = f"the endpoint {rule.sentence}" if rule else "see the message"
    return StepFailed(f"the endpoint says: {message}{f' ({code})' if code else ''}", mend)


def _link_failed(lost: LinkLost) -> StepFailed:
    return StepFailed(str(lost), f"the endpoint {of_close(lost.code).sentence}")


def _since(started: float) -> int:
    return round((time.perf_counter() - started) * 1_000)
