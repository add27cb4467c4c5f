"""Any OpenAI-compatible Chat Completions endpoint as a brain, over the official SDK."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from voice.engines.chat_messages import request_body
from voice.engines.chat_stream import ChatStream
from voice.engines.ports import BrainDelta, BrainRequest, BrainTool
from voice.errors import EngineError

if TYPE_CHECKING:
    from openai import AsyncOpenAI

CONNECT_TIMEOUT_S = 5.0
START_TIMEOUT_S = 20.0
"""From the request to the first byte of an answer, tries included: nobody waits longer for a
voice."""

STALL_TIMEOUT_S = 20.0
"""Longest silence inside a stream."""

MAX_RETRIES = 2
"""The SDK's own tries after 408, 409, 429, 5xx and a refused connection, with back-off and
``Retry-After``."""

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
        include_usage: bool = True,
        max_tokens_field: MaxTokensField = "max_completion_tokens",
        start_timeout_s: float = START_TIMEOUT_S,
        temperature: float | None = None,
        extra_body: Mapping[str, Any] | None = None,
        context_tokens: int | None = None,
        takes_images: bool = True,
        send_cache_key: bool = False,
    ) -> None:
        """Take ownership of ``client``; ``load`` makes one.

        ``temperature`` is for requests that name none, ``extra_body`` holds fields of the server's
        own that go with every request. ``include_usage`` and ``max_tokens_field`` adapt to servers
        that refuse the newer fields. ``context_tokens`` is the model's limit, ``takes_images``
        whether it can see. ``send_cache_key`` names each conversation in ``prompt_cache_key``, so
        that a provider finds what it has cached of it; servers that do not know the field refuse
        it.
        """
        self.name = model
        self.context_tokens = context_tokens
        self.takes_images = takes_images
        self._send_cache_key = send_cache_key
        self._client = client
        self._model = model
        self._include_usage = include_usage
        self._max_tokens_field = max_tokens_field
        self._start_timeout_s = start_timeout_s
        self._temperature = temperature
        self._extra_body = dict(extra_body or {})

    @classmethod
    async def load(
        cls,
        *,
        base_url: str,
        model: str,
        api_key: str = "",
        max_retries: int = MAX_RETRIES,
        stall_timeout_s: float = STALL_TIMEOUT_S,
        **options: Any,
    ) -> ChatBrain:
        """Import the SDK and make a client in a thread; nothing is sent yet.

        ``base_url`` ends where ``/chat/completions`` begins (``https://api.openai.com/v1``). An
        empty key is for servers that ask for none. ``options`` are those of the constructor.
        Raises EngineError when the SDK is missing or the URL is none.
        """
        client = await asyncio.to_thread(
            _make_client, base_url, api_key, max_retries, stall_timeout_s
        )
        return cls(client, model=model, **options)

    async def respond(self, request: BrainRequest) -> AsyncIterator[BrainDelta]:
        """Stream the answer; text comes as it arrives, calls come whole at the end.

        Raises EngineError with one clear line, never with the key or a body.
        """
        from openai import OpenAIError

        body = request_body(request, model=self._model, max_tokens_field=self._max_tokens_field)
        if self._temperature is not None:
            body.setdefault("temperature", self._temperature)
        extra = dict(self._extra_body)
        if self._send_cache_key and request.conversation_id:
            extra.setdefault("prompt_cache_key", request.conversation_id)
        if extra:
            body["extra_body"] = extra
        if self._include_usage:
            body["stream_options"] = {"include_usage": True}
        gathered = ChatStream()
        stream: Any = None
        try:
            async with asyncio.timeout(self._start_timeout_s):
                stream = await self._client.chat.completions.create(**body)
            async for chunk in stream:
                for delta in gathered.read(chunk):
                    yield delta
        except (OpenAIError, TimeoutError, ValueError) as error:
            # ValueError: what came was not JSON. Without the cause: the SDK's exceptions hold the
            # request's headers and the body.
            raise self._explain(error) from None
        finally:
            if stream is not None:
                await stream.close()
        if not gathered.has_ended:
            raise EngineError(
                f"{self._where()} ended its stream before the answer was complete; try again, and "
                "if it stays so, check that brain.base_url is a Chat Completions address"
            )
        for last in gathered.finish():
            yield last

    async def prepare(self, tools: Sequence[BrainTool]) -> None:
        """Do nothing: each request carries its tools."""

    async def close(self) -> None:
        """Close the connections. Idempotent."""
        await self._client.close()

    def _where(self) -> str:
        """Name the endpoint without user name, password, path or query."""
        url = self._client.base_url
        port = f":{url.port}" if url.port else ""
        return f"the model endpoint {url.scheme}://{url.host}{port}"

    def _explain(self, error: Exception) -> EngineError:
        """Return the one line for whatever went wrong while asking."""
        import openai

        where = self._where()
        match error:
            case openai.APIStatusError():
                return EngineError(f"{where} {_refusal(error, self._model)}")
            case openai.APITimeoutError() | TimeoutError():
                cause = "did not answer in time; try again or choose a quicker model"
            case openai.APIConnectionError():
                cause = "cannot be reached, or broke off; check brain.base_url and the network"
            case openai.APIError():
                cause = f"reported an error in the middle of its answer{_code(error)}; try again"
            case _:
                cause = (
                    f"sent something that is not a Chat Completions stream "
                    f"({type(error).__name__}); check brain.base_url"
                )
        return EngineError(f"{where} {cause}")


def _make_client(
    base_url: str, api_key: str, max_retries: int, stall_timeout_s: float
) -> AsyncOpenAI:
    """Build the SDK's client; blocking (the import alone takes half a second)."""
    if not re.match(r"https?://[^/\s]", base_url):
        raise EngineError("brain.base_url must be an http:// or https:// address")
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
        max_retries=max_retries,
        timeout=Timeout(stall_timeout_s, connect=CONNECT_TIMEOUT_S),
    )


def _refusal(error: Any, model: str) -> str:
    """Return what a status means and what mends it."""
    status, code = error.status_code, _code(error)
    match status:
        case 401:
            return "refused the key (401); set VOICE_BRAIN__API_KEY to a valid one"
        case 402:
            return "asks for payment (402); top up the account behind the key"
        case 403:
            return f"does not allow this key to use {model!r} (403{code})"
        case 404:
            return f"knows no model {model!r}, or its address is wrong (404); check brain.model"
        case 429 if _is_quota(error):
            return "says that the account's quota is used up (429); top it up or use another key"
        case 429:
            return "is refusing requests for a while: too many of them (429); wait a moment"
        case _ if status >= 500:
            return f"failed (status {status}); try again in a moment"
        case _:
            return f"refused the request (status {status}{code})"


def _is_quota(error: Any) -> bool:
    words = f"{error.code or ''} {error.type or ''}".lower()
    return any(word in words for word in ("quota", "billing", "balance"))


def _code(error: Any) -> str:
    """Return the error's short code for the message, "" where it is no plain identifier."""
    code = error.code or ""
    return f", {code}" if re.fullmatch(r"[A-Za-z][A-Za-z_.-]{1,40}", code) else ""
