"""An answer that is made while it is sent, and stops being made when nobody reads it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Mapping
from typing import Final

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from voice.errors import AudioFileError, EngineError

logger = logging.getLogger(__name__)

SEND_LIMIT_S: Final = 10.0
"""A reader that takes nothing for so long has stopped reading (FAULTS §5)."""


class AudioStream(StreamingResponse):
    """Sends ``first`` and then the rest of the generator that it came from.

    The generator is closed whatever happens: sent, reader gone, reader stalled. A failure on the
    way cuts the answer off, so that no client takes a part for the whole.
    """

    def __init__(
        self,
        first: bytes,
        rest: AsyncGenerator[bytes, None],
        *,
        media_type: str,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Own ``rest`` from now on."""
        super().__init__(rest, media_type=media_type, headers=headers)
        self._first = first
        self._rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer, or as much of it as somebody reads."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._rest.aclose()

    async def stream_response(self, send: Send) -> None:
        """Send the answer; returns without its end where that cannot be made or sent."""
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        try:
            await send(start)
            await _send(send, self._first)
            async for data in self._rest:
                await _send(send, data)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except (EngineError, AudioFileError) as error:
            logger.warning("an answer was cut off: %s", error)
        except TimeoutError:
            logger.info("an answer was cut off: its reader took nothing for %g s", SEND_LIMIT_S)


async def _send(send: Send, data: bytes) -> None:
    async with asyncio.timeout(SEND_LIMIT_S):
        await send({"type": "http.response.body", "body": data, "more_body": True})
