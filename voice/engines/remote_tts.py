"""Text to speech behind ``/v1/audio/speech``, of any compatible endpoint, streamed."""

from __future__ import annotations

import asyncio
import re
import struct
from collections.abc import AsyncGenerator, AsyncIterator
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from voice.engines.estimated_words import WordEstimate
from voice.engines.ports import Pcm, SpeechChunk
from voice.engines.remote_speech import RemoteSpeechError, explained, speech_client

if TYPE_CHECKING:
    from openai import AsyncOpenAI

RATE_HZ = 24_000
"""What the interface says of its ``pcm``: 24 kHz, mono, int16, little-endian, no header."""

SLOWEST, FASTEST = 0.25, 4.0

MAX_BYTES = 15 * 60 * RATE_HZ * 2
"""A quarter of an hour; no text of one answer takes so long."""

_CHUNK_BYTES = RATE_HZ * 2 // 25
_MAX_HEADER_BYTES = 4_096
_COMPRESSED = re.compile(rb"ID3|OggS|fLaC")
_MP3_OR_AAC = re.compile(rb"\xff[\xf1-\xf3\xf9-\xfb]")
"""How frames of both begin; raw samples may begin so too, if rarely."""


class _NotSpeech(ValueError):
    """The body is something else than was asked for; the message says what."""


class RemoteTts:
    """Speaks with a remote voice; implements ``ports.Tts``; its owner calls ``aclose``.

    Used from the event loop that made it. Closing the iterator of ``speak`` closes the HTTP stream.
    """

    rate_hz: int = RATE_HZ

    def __init__(
        self,
        client: AsyncOpenAI,
        *,
        model: str,
        voices: tuple[str, ...],
        response_format: Literal["pcm", "wav"] = "pcm",
        instructions: str | None = None,
        timeout_s: float = 8.0,
    ) -> None:
        """Take ownership of ``client``; ``load`` makes one. The first of ``voices`` is the default.

        ``timeout_s`` is the longest wait for the first sound, and for each piece after it.
        """
        self.name = model
        self.voices = voices
        self._client = client
        self._response_format = response_format
        self._instructions = instructions
        self._timeout_s = timeout_s

    @classmethod
    async def load(
        cls,
        *,
        base_url: str,
        api_key: str = "",
        timeout_s: float = 8.0,
        max_retries: int = 1,
        **options: Any,
    ) -> RemoteTts:
        """Import the SDK and make a client in a thread; nothing is sent yet.

        ``base_url`` ends where ``/audio/speech`` begins. Raises EngineError.
        """
        client = await asyncio.to_thread(
            speech_client,
            "tts",
            base_url=base_url,
            api_key=api_key,
            timeout_s=timeout_s,
            max_retries=max_retries,
        )
        return cls(client, timeout_s=timeout_s, **options)

    async def speak(
        self, text: str, *, voice: str | None = None, speed: float = 1.0
    ) -> AsyncIterator[SpeechChunk]:
        """Stream the speech as it arrives; the times of words are estimates, late ones.

        Raises RemoteSpeechError, an EngineError; speech that came before it stays good.
        """
        if not any(character.isalnum() for character in text):
            return
        words = WordEstimate(text, RATE_HZ, speed=speed)
        body = self._body(text, voice if voice in self.voices else self.voices[0], speed)
        try:
            while True:
                async with asyncio.timeout(self._timeout_s):
                    pcm = await anext(body, None)
                if pcm is None:
                    break
                yield SpeechChunk(pcm, words.hear(pcm))
        except TimeoutError as error:
            raise self._explain(error) from None
        finally:
            await body.aclose()
        if not words.heard_ms:
            raise self._explain(_NotSpeech("no sound"))
        yield SpeechChunk(np.zeros(0, np.int16), words.finish())

    async def aclose(self) -> None:
        """Close the connections. Idempotent."""
        await self._client.close()

    async def _body(self, text: str, voice: str, speed: float) -> AsyncGenerator[Pcm, None]:
        """Yield the samples of one answer."""
        asked: dict[str, Any] = {}
        if speed != 1.0:
            asked["speed"] = min(max(speed, SLOWEST), FASTEST)
        if self._instructions:
            asked["instructions"] = self._instructions
        try:
            async with self._client.audio.speech.with_streaming_response.create(
                input=text,
                model=self.name,
                voice=voice,
                response_format=self._response_format,
                **asked,
            ) as answer:
                kind = str(answer.headers.get("content-type", "")).lower()
                if kind.startswith(("text/", "application/json")):
                    raise _NotSpeech(f"{kind.partition(';')[0]} instead of sound")
                reading = _Samples(may_be_mp3="pcm" not in kind and "wav" not in kind)
                async for data in answer.iter_bytes(_CHUNK_BYTES):
                    pcm = reading.feed(data)
                    if pcm.size:
                        yield pcm
        except Exception as error:
            # The SDK lets the errors of its HTTP library through, which has changed its name.
            raise self._explain(error) from None

    def _explain(self, error: Exception) -> RemoteSpeechError:
        if isinstance(error, _NotSpeech):
            url = self._client.base_url
            advice = f"expected {self._response_format} at {RATE_HZ} Hz; check tts.response_format"
            return RemoteSpeechError(
                f"the speech synthesis at {url.scheme}://{url.host} sent {error}; {advice}",
                is_lasting=True,
            )
        base_url = str(self._client.base_url)
        return explained(error, stage="tts", base_url=base_url, model=self.name)


class _Samples:
    """Reads int16 samples out of a body, a WAV header before them or none."""

    def __init__(self, *, may_be_mp3: bool) -> None:
        self._may_be_mp3 = may_be_mp3
        self._head = b""
        self._has_begun = False
        self._left = b""
        self._bytes = 0

    def feed(self, data: bytes) -> Pcm:
        """Return the samples that ``data`` completes. Raises _NotSpeech for what is no PCM."""
        if not self._has_begun:
            data = self._begin(data)
        data = self._left + data
        whole = len(data) & ~1
        self._left = data[whole:]
        self._bytes += whole
        if self._bytes > MAX_BYTES:
            raise _NotSpeech("more than a quarter of an hour of sound")
        return np.frombuffer(data[:whole], "<i2").astype(np.int16)

    def _begin(self, data: bytes) -> bytes:
        """Return what follows the header; empty while the header is not complete."""
        self._head += data
        if len(self._head) < 12:
            return b""
        if _COMPRESSED.match(self._head) or (self._may_be_mp3 and _MP3_OR_AAC.match(self._head)):
            raise _NotSpeech("compressed sound")
        if not self._head.startswith(b"RIFF"):
            self._has_begun = True
            return self._head
        at = self._head.find(b"data", 12)
        if at < 0 or len(self._head) < at + 8:
            if len(self._head) > _MAX_HEADER_BYTES:
                raise _NotSpeech("a WAV file without samples")
            return b""
        _check_wav(self._head[:at])
        self._has_begun = True
        return self._head[at + 8 :]


def _check_wav(header: bytes) -> None:
    at = header.find(b"fmt ", 12)
    if at < 0 or len(header) < at + 24:
        raise _NotSpeech("a WAV file without a format")
    coding, channels, rate_hz, _, _, bits = struct.unpack_from("<HHIIHH", header, at + 8)
    if (channels, rate_hz, bits) != (1, RATE_HZ, 16) or coding not in (1, 0xFFFE):
        raise _NotSpeech(f"{channels} channel(s) of {bits} bits at {rate_hz} Hz")
