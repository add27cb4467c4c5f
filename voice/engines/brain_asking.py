"""One request to a model behind an HTTP interface, whatever SDK sends it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from voice.engines.brain_failures import BRAIN_ERROR, PassingFailure, failure_of, http_library
from voice.engines.ports import BrainDelta
from voice.errors import EngineError


class Gathered(Protocol):
    """What puts the pieces of one answer together."""

    @property
    def has_ended(self) -> bool:
        """Whether the answer said that it is complete."""
        ...

    def read(self, chunk: Any) -> Iterable[BrainDelta]:
        """Take a piece, or a whole answer; return what it makes known."""
        ...

    def finish(self) -> Iterable[BrainDelta]:
        """Return what is known only at the end."""
        ...


@dataclass(frozen=True, slots=True)
class Asked:
    """Who is asked: the SDK's module and the base of its errors, and the words for messages.

    ``interface`` is its name, such as ``Messages``; ``where`` the address without secrets.
    """

    sdk: Any
    base_error: type[Exception]
    interface: str
    where: str
    model: str


async def ask_once(
    asked: Asked,
    send: Callable[[], Awaitable[Any]],
    gathered: Gathered,
    *,
    is_streamed: bool,
    begin_by_s: float,
    stall_s: float,
) -> AsyncGenerator[BrainDelta, None]:
    """Ask once; what is there when ``begin_by_s`` has come is not waited for any longer.

    ``begin_by_s`` is on the loop's clock; later pieces may be ``stall_s`` apart, those before the
    first delta as far as ``begin_by_s`` too. Closing the iterator closes the HTTP stream. Raises
    EngineError with one clear line, never with the key or a body.
    """
    loop = asyncio.get_running_loop()
    broken = http_library(asked.sdk).TransportError
    stream: Any = None
    try:
        async with asyncio.timeout_at(begin_by_s):
            answer = await send()
            if is_streamed:
                stream = answer
                if _is_page(stream):
                    raise _a_page(asked)
                answer = await anext(stream, None)
            elif isinstance(answer, str):
                raise _a_page(asked)
        while answer is not None:
            for delta in gathered.read(answer):
                begin_by_s = 0.0
                yield delta
            if stream is None:
                break
            async with asyncio.timeout_at(max(begin_by_s, loop.time() + stall_s)):
                answer = await anext(stream, None)
    except (asked.base_error, broken, TimeoutError, ValueError) as error:
        # ValueError: what came was not JSON. Without the cause: the SDK's exceptions hold the
        # request's headers and the body.
        raise _failed(asked, error) from None
    finally:
        if stream is not None:
            await stream.close()
    if not gathered.has_ended:
        raise _cut_off(asked)
    for last in gathered.finish():
        yield last


def _failed(asked: Asked, error: Exception) -> EngineError:
    return failure_of(
        error,
        asked.sdk,
        where=asked.where,
        model=asked.model,
        interface=f"{asked.interface} answer",
    )


def _cut_off(asked: Asked) -> PassingFailure:
    return PassingFailure(
        f"{asked.where} ended its stream before the answer was complete; try again, and "
        f"if it stays so, check that brain.base_url is a {asked.interface} address",
        code="brain_unavailable",
        kind=BRAIN_ERROR,
        retry_after_s=None,
    )


def _is_page(stream: Any) -> bool:
    """Whether a web page came: what gateways show at addresses that are none of the API."""
    headers = getattr(getattr(stream, "response", None), "headers", {})
    return str(headers.get("content-type", "")).startswith("text/html")


def _a_page(asked: Asked) -> EngineError:
    return EngineError(
        f"{asked.where} answered with a web page instead of a {asked.interface} answer; check "
        "brain.base_url, which mostly ends in /v1",
        code="brain_bad_answer",
        kind=BRAIN_ERROR,
    )
