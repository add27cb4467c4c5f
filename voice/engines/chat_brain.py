"""Any OpenAI-compatible Chat Completions endpoint as a brain, over the official SDK."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from voice.engines.brain_address import check_base_url, shown_address
from voice.engines.brain_asking import Asked, ask_once
from voice.engines.brain_failures import BRAIN_REFUSED
from voice.engines.brain_tries import MAX_RETRIES, with_tries
from voice.engines.chat_messages import InstructionsRole, request_body
from voice.engines.chat_stream import ChatStream
from voice.engines.ports import BrainDelta, BrainRequest, BrainTool, CallDelta
from voice.engines.strict_tools import strict_schema, without_nulls
from voice.errors import EngineError

if TYPE_CHECKING:
    from openai import AsyncOpenAI

log = logging.getLogger(__name__)

CONNECT_TIMEOUT_S = 5.0
START_TIMEOUT_S = 20.0
"""From the request to the first piece of an answer, tries included: nobody waits longer for a
voice."""

STALL_TIMEOUT_S = 20.0
"""Longest silence inside a stream."""

MaxTokensField = Literal["max_completion_tokens", "max_tokens"]


class ChatBrain:
    """Answers with a model behind ``/chat/completions``; implements ``ports.Brain``.

    Shared by all sessions of one event loop; its owner calls ``close``. Each answer holds one HTTP
    stream, which ends at once when the iterator is closed or its task is cancelled.
    """

    def __init__(
        self,
        client: AsyncOpenAI,
        *,
        model: str,
        stream: bool = True,
        include_usage: bool = True,
        max_tokens_field: MaxTokensField = "max_completion_tokens",
        instructions_role: InstructionsRole = "system",
        start_timeout_s: float = START_TIMEOUT_S,
        stall_timeout_s: float = STALL_TIMEOUT_S,
        max_retries: int = MAX_RETRIES,
        temperature: float | None = None,
        extra_body: Mapping[str, Any] | None = None,
        context_tokens: int | None = None,
        takes_images: bool = True,
        send_cache_key: bool = False,
        strict_tools: bool = False,
    ) -> None:
        """Take ownership of ``client``; ``load`` makes one.

        ``temperature`` is for requests that name none, ``extra_body`` holds the fields that go with
        every request. ``stream`` False asks for whole answers, ``include_usage`` and
        ``max_tokens_field`` adapt to servers that refuse the newer fields, ``instructions_role`` to
        models that want a developer's. ``context_tokens`` is the model's limit, ``takes_images``
        whether it can see. ``send_cache_key`` names each conversation in ``prompt_cache_key``, so
        that a provider finds what it has cached of it; servers that do not know the field refuse
        it. ``strict_tools`` has the endpoint keep to the tools' schemas; one that refuses such a
        request is asked again without, and from then on.
        """
        self.name = model
        self.context_tokens = context_tokens
        self.takes_images = takes_images
        self._client = client
        self._model = model
        self._stream = stream
        self._include_usage = include_usage
        self._max_tokens_field = max_tokens_field
        self._instructions_role = instructions_role
        self._start_timeout_s = start_timeout_s
        self._stall_timeout_s = stall_timeout_s
        self._max_retries = max_retries
        self._temperature = temperature
        self._extra_body = dict(extra_body or {})
        self._send_cache_key = send_cache_key
        self._strict_tools = strict_tools

    @classmethod
    async def load(
        cls,
        *,
        base_url: str,
        model: str,
        api_key: str = "",
        **options: Any,
    ) -> ChatBrain:
        """Import the SDK and make a client in a thread; nothing is sent yet.

        ``base_url`` ends where ``/chat/completions`` begins (``https://api.openai.com/v1``). An
        empty key is for servers that ask for none. ``options`` are those of the constructor.
        Raises EngineError when the SDK is missing or the URL is none.
        """
        client = await asyncio.to_thread(_make_client, base_url, api_key)
        return cls(client, model=model, **options)

    async def respond(self, request: BrainRequest) -> AsyncIterator[BrainDelta]:
        """Stream the answer; text comes as it arrives, calls come whole at the end.

        Raises EngineError with one clear line, never with the key or a body.
        """
        is_strict = self._strict_tools and bool(request.tools)
        has_begun = False
        try:
            async with aclosing(self._tries(request)) as deltas:
                async for delta in deltas:
                    has_begun = True
                    yield _as_called(delta, request) if is_strict else delta
            return
        except EngineError as error:
            if not is_strict or has_begun or error.code != BRAIN_REFUSED:
                raise
            log.warning("the model's endpoint refused strict tools; they are sent plain from now")
            self._strict_tools = False
        async with aclosing(self._tries(request)) as deltas:
            async for delta in deltas:
                yield delta

    def _tries(self, request: BrainRequest) -> AsyncGenerator[BrainDelta, None]:
        body = self._body(request)
        return with_tries(
            lambda begin_by_s: self._ask(body, begin_by_s),
            limit_s=self._start_timeout_s,
            max_retries=self._max_retries,
        )

    def _ask(self, body: Mapping[str, Any], begin_by_s: float) -> AsyncGenerator[BrainDelta, None]:
        import openai

        return ask_once(
            Asked(openai, openai.OpenAIError, "Chat Completions", self._where(), self._model),
            lambda: self._client.chat.completions.create(**body),
            ChatStream(),
            is_streamed=self._stream,
            begin_by_s=begin_by_s,
            stall_s=self._stall_timeout_s,
        )

    async def prepare(self, tools: Sequence[BrainTool]) -> None:
        """Do nothing: each request carries its tools."""

    async def close(self) -> None:
        """Close the connections. Idempotent."""
        await self._client.close()

    def _body(self, request: BrainRequest) -> dict[str, Any]:
        """Return the arguments of the SDK's call.

        Settings travel in ``extra_body``, which the SDK lays over the rest: no release of it has to
        know them.
        """
        field = self._max_tokens_field
        body = request_body(
            request,
            model=self._model,
            stream=self._stream,
            max_tokens_field=field,
            instructions_role=self._instructions_role,
            strict_tools=self._strict_tools,
        )
        extra = dict(self._extra_body)
        if field in body and field in extra:
            extra[field] = min(body[field], extra[field])
        if self._temperature is not None:
            body.setdefault("temperature", self._temperature)
        if self._send_cache_key and request.conversation_id:
            extra.setdefault("prompt_cache_key", request.conversation_id)
        if self._stream and self._include_usage:
            body["stream_options"] = {"include_usage": True}
        if extra:
            body["extra_body"] = extra
        return body

    def _where(self) -> str:
        return shown_address(self._client.base_url)


def _as_called(delta: BrainDelta, request: BrainRequest) -> BrainDelta:
    """Return a call as the tool's own schema has it: a null was "not given"."""
    if not isinstance(delta, CallDelta):
        return delta
    call = delta.call
    tool = next((tool for tool in request.tools if tool.name == call.name), None)
    if tool is None or strict_schema(tool.parameters) is None:
        return delta
    return CallDelta(replace(call, arguments=without_nulls(call.arguments, tool.parameters)))


def _make_client(base_url: str, api_key: str) -> AsyncOpenAI:
    """Build the SDK's client; blocking (the import alone takes half a second)."""
    check_base_url(base_url)
    try:
        from openai import AsyncOpenAI, Timeout
    except ImportError as error:
        raise EngineError(
            "the package openai is not installed, so no language model can be asked; "
            "pip install openai"
        ) from error
    return AsyncOpenAI(
        base_url=base_url,
        api_key=api_key or "none",
        max_retries=0,  # with_tries knows which failures pass
        timeout=Timeout(None, connect=CONNECT_TIMEOUT_S),  # ask_once has the others
    )
