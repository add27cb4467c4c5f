"""Any endpoint that speaks Anthropic's Messages as a brain, over the official SDK."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

from voice.engines.anthropic_messages import messages_body
from voice.engines.anthropic_stream import AnthropicStream
from voice.engines.brain_address import check_base_url, shown_address
from voice.engines.brain_asking import Asked, ask_once
from voice.engines.brain_tries import MAX_RETRIES, with_tries
from voice.engines.chat_brain import CONNECT_TIMEOUT_S, STALL_TIMEOUT_S, START_TIMEOUT_S
from voice.engines.ports import BrainDelta, BrainRequest, BrainTool
from voice.errors import EngineError

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic

MAX_TOKENS = 1_024
"""The longest answer where nobody says: the interface wants a number, and this is far more than
anybody listens to."""

API_VERSION = "2023-06-01"
"""The version of the interface that is read here; a newer release of the SDK may ask for another,
which gateways may not know."""

Auth: TypeAlias = Literal["bearer", "x-api-key"]


class AnthropicBrain:
    """Answers with a model behind ``/v1/messages``; implements ``ports.Brain``.

    Shared by all sessions of one event loop; its owner calls ``close``. Each answer holds one HTTP
    stream, which ends at once when the iterator is closed or its task is cancelled.
    """

    def __init__(
        self,
        client: AsyncAnthropic,
        *,
        model: str,
        stream: bool = True,
        max_tokens: int = MAX_TOKENS,
        start_timeout_s: float = START_TIMEOUT_S,
        stall_timeout_s: float = STALL_TIMEOUT_S,
        max_retries: int = MAX_RETRIES,
        temperature: float | None = None,
        extra_body: Mapping[str, Any] | None = None,
        context_tokens: int | None = None,
        takes_images: bool = True,
        caches_prompt: bool = True,
    ) -> None:
        """Take ownership of ``client``; ``load`` makes one.

        ``temperature`` is for requests that name none, ``extra_body`` holds the fields that go with
        every request. ``stream`` False asks for whole answers. ``caches_prompt`` marks what each
        turn repeats; gateways that do not know the mark refuse it.
        """
        self.name = model
        self.context_tokens = context_tokens
        self.takes_images = takes_images
        self._client = client
        self._model = model
        self._stream = stream
        self._max_tokens = max_tokens
        self._start_timeout_s = start_timeout_s
        self._stall_timeout_s = stall_timeout_s
        self._max_retries = max_retries
        self._temperature = temperature
        self._extra_body = dict(extra_body or {})
        self._caches_prompt = caches_prompt

    @classmethod
    async def load(
        cls,
        *,
        base_url: str,
        model: str,
        api_key: str = "",
        auth: Auth = "bearer",
        **options: Any,
    ) -> AnthropicBrain:
        """Import the SDK and make a client in a thread; nothing is sent yet.

        ``base_url`` ends where ``/v1/messages`` begins; with ``/v1`` it is the same. ``auth`` says
        which header carries the key: gateways take ``Authorization: Bearer``. ``options`` are those
        of the constructor. Raises EngineError when the SDK is missing or the URL is none.
        """
        client = await asyncio.to_thread(_make_client, base_url, api_key, auth)
        return cls(client, model=model, **options)

    async def respond(self, request: BrainRequest) -> AsyncIterator[BrainDelta]:
        """Stream the answer; text comes as it arrives, calls come whole at the end.

        Raises EngineError with one clear line, never with the key or a body.
        """
        body = messages_body(
            request, model=self._model, max_tokens=self._max_tokens, caches=self._caches_prompt
        )
        if self._temperature is not None:
            body.setdefault("temperature", min(self._temperature, 1.0))
        body.update(self._extra_body)
        if self._stream:
            body["stream"] = True
        tries = with_tries(
            lambda begin_by_s: self._ask(body, begin_by_s),
            limit_s=self._start_timeout_s,
            max_retries=self._max_retries,
        )
        async with aclosing(tries) as deltas:
            async for delta in deltas:
                yield delta

    def _ask(self, body: Mapping[str, Any], begin_by_s: float) -> AsyncGenerator[BrainDelta, None]:
        import anthropic

        return ask_once(
            Asked(anthropic, anthropic.AnthropicError, "Messages", self._where(), self._model),
            lambda: self._post(body),
            AnthropicStream(),
            is_streamed=self._stream,
            begin_by_s=begin_by_s,
            stall_s=self._stall_timeout_s,
        )

    async def _post(self, body: Mapping[str, Any]) -> Any:
        """Send the request by the SDK's way for fields that it need not know.

        Its own method judges the model's name and would write warnings to the terminal.
        """
        from anthropic import AsyncStream

        if not self._stream:
            return await self._client.post("/v1/messages", cast_to=object, body=body)
        return await self._client.post(
            "/v1/messages",
            cast_to=object,
            body=body,
            stream=True,
            stream_cls=AsyncStream[object],
        )

    async def prepare(self, tools: Sequence[BrainTool]) -> None:
        """Do nothing: each request carries its tools."""

    async def close(self) -> None:
        """Close the connections. Idempotent."""
        await self._client.close()

    def _where(self) -> str:
        return shown_address(self._client.base_url)


def _make_client(base_url: str, api_key: str, auth: Auth) -> AsyncAnthropic:
    """Build the SDK's client; blocking (the import alone takes half a second)."""
    check_base_url(base_url)
    try:
        from anthropic import AsyncAnthropic, Omit, Timeout
    except ImportError as error:
        raise EngineError(
            'the package anthropic is missing or too old, so brain.kind = "anthropic" cannot be '
            "asked; pip install 'voice-assistant-service[anthropic]'"
        ) from error
    key = api_key or "none"
    headers: dict[str, str | Omit] = {"anthropic-version": API_VERSION}
    if auth == "x-api-key":
        # Said outright: releases of the SDK differ in the header that carries ``api_key``.
        headers |= {"x-api-key": key, "Authorization": Omit()}
    options: dict[str, Any] = {}
    if "open_telemetry" in inspect.signature(AsyncAnthropic.__init__).parameters:
        # What is said stays out of traces, whatever the environment wants.
        options["open_telemetry"] = False
    return AsyncAnthropic(
        base_url=base_url.rstrip("/").removesuffix("/v1"),
        api_key=key if auth == "x-api-key" else None,
        auth_token=key if auth == "bearer" else None,
        default_headers=cast("dict[str, str]", headers),
        max_retries=0,  # with_tries knows which failures pass
        timeout=Timeout(None, connect=CONNECT_TIMEOUT_S),  # ask_once has the others
        **options,
    )
