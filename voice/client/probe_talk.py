"""One open socket of the doctor's: greeted, configured, and asked for a word."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from enum import Enum
from typing import Any

from voice.client.transport import Transport
from voice.core.verdicts import Verdict, of_close, of_error
from voice.errors import LinkLost, RemoteProtocolError
from voice.protocol import client_events as cl
from voice.protocol import server_events as ev
from voice.protocol.client_events import ClientEvent
from voice.protocol.codec import ClientCodec
from voice.protocol.dialects import Dialect
from voice.protocol.endpoints import Endpoint
from voice.protocol.items import parse_item
from voice.protocol.server_events import ServerEvent
from voice.protocol.session_config import SessionConfig

STEP_LIMIT_S = 10.0
ANSWER_LIMIT_S = 30.0
MAX_WAITING = 4_096
"""Events of one short answer; far more than any endpoint sends."""


class Outcome(Enum):
    """How a step went."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


class StepFailed(Exception):
    """A step failed; the ones after it have nothing to stand on."""

    def __init__(self, detail: str, mend: str) -> None:
        super().__init__(detail)
        self.detail = detail
        self.mend = mend


class Talk:
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
                first_ms = first_ms if first_ms is not None else since_ms(started)
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
async def talking(endpoint: Endpoint, transport: Transport) -> AsyncGenerator[Talk, None]:
    """Talk over an open transport, which is closed at the end."""
    talk = Talk(endpoint, transport)
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
    if rule is not None and rule.verdict is Verdict.OTHER_DIALECT:
        mend = "turn endpoint.beta_header the other way; a session tries that by itself"
    return StepFailed(f"the endpoint says: {message}{f' ({code})' if code else ''}", mend)


def _link_failed(lost: LinkLost) -> StepFailed:
    return StepFailed(str(lost), f"the endpoint {of_close(lost.code).sentence}")


def since_ms(started: float) -> int:
    """Return the milliseconds since ``started``, a moment of ``time.perf_counter``."""
    return round((time.perf_counter() - started) * 1_000)
