"""Speech to text behind ``/v1/audio/transcriptions``, of any compatible endpoint."""

from __future__ import annotations

import asyncio
import struct
from typing import TYPE_CHECKING, Any

from voice.engines.ports import EAR_RATE_HZ, Pcm, Transcript
from voice.engines.remote_speech import RemoteSpeechError, explained, speech_client

if TYPE_CHECKING:
    from openai import AsyncOpenAI

LONGEST_SAMPLES = 600 * EAR_RATE_HZ
"""What is not sent after this (10 minutes, 19 MB; the usual limit of an upload is 25 MB)."""

SHORTEST_SAMPLES = EAR_RATE_HZ // 10
"""Less sound than this is refused by the usual models, and holds no word."""

MAX_TEXT_CHARS = 100_000


class RemoteStt:
    """Transcribes with a remote model; implements ``ports.Stt``; its owner calls ``aclose``.

    Used from the event loop that made it. A call that is cancelled closes its HTTP request.
    """

    languages: tuple[str, ...] = ()

    def __init__(
        self,
        client: AsyncOpenAI,
        *,
        model: str,
        language: str | None = None,
        translates: bool = False,
        timeout_s: float = 8.0,
    ) -> None:
        """Take ownership of ``client``; ``load`` makes one.

        ``language`` is taken where a call names none; with ``translates`` every language is heard
        in English.
        """
        self.name = model
        self._client = client
        self._language = language
        self._translates = translates
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
    ) -> RemoteStt:
        """Import the SDK and make a client in a thread; nothing is sent yet.

        ``base_url`` ends where ``/audio/transcriptions`` begins. Raises EngineError.
        """
        client = await asyncio.to_thread(
            speech_client,
            "stt",
            base_url=base_url,
            api_key=api_key,
            timeout_s=timeout_s,
            max_retries=max_retries,
        )
        return cls(client, timeout_s=timeout_s, **options)

    @property
    def is_idle(self) -> bool:
        """Never: a reading of no urgency would be an upload that somebody pays for."""
        return False

    async def transcribe(self, pcm: Pcm, *, language: str | None = None) -> Transcript:
        """Transcribe one turn (int16, 16 kHz) within the time limit, tries included.

        Less than a tenth of a second holds no words and is not sent. Raises RemoteSpeechError, an
        EngineError.
        """
        from openai import OpenAIError

        if pcm.size < SHORTEST_SAMPLES:
            return Transcript("")
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await self._ask(pcm[:LONGEST_SAMPLES], language or self._language)
        except (OpenAIError, TimeoutError, ValueError, TypeError, OSError) as error:
            raise self._explain(error) from None
        text = answer if isinstance(answer, str) else getattr(answer, "text", None)
        if not isinstance(text, str) or text.lstrip()[:1] in ("<", "{"):
            raise self._explain(ValueError("no text"))
        return Transcript(" ".join(text[:MAX_TEXT_CHARS].split()))

    async def aclose(self) -> None:
        """Close the connections. Idempotent."""
        await self._client.close()

    async def _ask(self, pcm: Pcm, language: str | None) -> Any:
        file = ("turn.wav", _wav(pcm), "audio/wav")
        if self._translates:
            from openai.types.audio import Translation

            # The SDK's own method for it warns that the vendor is giving it up; gateways have it.
            return await self._client.post(
                "/audio/translations",
                cast_to=Translation,
                body={"model": self.name},
                files=[("file", file)],
                options={"headers": {"Content-Type": "multipart/form-data"}},
            )
        more: dict[str, Any] = {"language": language.split("-")[0].lower()} if language else {}
        return await self._client.audio.transcriptions.create(
            file=file, model=self.name, response_format="json", **more
        )

    def _explain(self, error: Exception) -> RemoteSpeechError:
        base_url = str(self._client.base_url)
        return explained(error, stage="stt", base_url=base_url, model=self.name)


def _wav(pcm: Pcm) -> bytes:
    """Return a WAV file of 16 kHz mono samples; engines know nothing of ``voice.audio``."""
    samples = pcm.astype("<i2").tobytes()
    shape = struct.pack("<HHIIHH", 1, 1, EAR_RATE_HZ, EAR_RATE_HZ * 2, 2, 16)
    return b"".join(
        (
            b"RIFF" + struct.pack("<I", 36 + len(samples)) + b"WAVE",
            b"fmt " + struct.pack("<I", len(shape)) + shape,
            b"data" + struct.pack("<I", len(samples)) + samples,
        )
    )
