"""Remote ears and mouths with a local engine behind them, so that nobody is left in silence."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Final

from voice.engines.ports import Pcm, SpeechChunk, SpokenWord, Stt, Transcript, Tts
from voice.engines.remote_speech import RemoteSpeechError
from voice.errors import EngineError

logger = logging.getLogger(__name__)

FIRST_REST_S: Final = 15.0
"""After a failure the remote engine is left alone so long, then twice as long after each next."""

LONGEST_REST_S: Final = 300.0


class Outage:
    """Whether a remote engine is worth asking now; tells the start and the end of an outage once.

    ``now_s`` is a clock that only goes forward.
    """

    def __init__(self, what: str, *, now_s: Callable[[], float] = time.monotonic) -> None:
        """Begin with an engine that works; ``what`` names it in the log."""
        self._what = what
        self._now_s = now_s
        self._rest_s = 0.0
        self._until_s = 0.0

    @property
    def is_over(self) -> bool:
        """Whether the engine works, or may be tried again."""
        return self._now_s() >= self._until_s

    def failed(self, error: EngineError) -> None:
        """Note a failure; the first of an outage is told with its cause."""
        if not self._rest_s:
            logger.warning("%s; the built-in %s takes over meanwhile", error, self._what)
        self._rest_s = min(LONGEST_REST_S, self._rest_s * 2 or FIRST_REST_S)
        if isinstance(error, RemoteSpeechError):
            if error.is_lasting:
                self._rest_s = LONGEST_REST_S
            self._rest_s = max(self._rest_s, min(LONGEST_REST_S, error.retry_after_s))
        self._until_s = self._now_s() + self._rest_s

    def worked(self) -> None:
        """Note a success; the end of an outage is told."""
        if self._rest_s:
            logger.warning("the remote %s works again", self._what)
        self._rest_s = self._until_s = 0.0


class FallbackStt:
    """Asks the remote recogniser, and the local one while that fails; implements ``ports.Stt``."""

    def __init__(self, remote: Stt, local: Stt, *, outage: Outage | None = None) -> None:
        """Own neither of the two."""
        self.name = remote.name
        self.languages = remote.languages
        self._remote = remote
        self._local = local
        self._outage = outage or Outage("speech recogniser")

    @property
    def is_idle(self) -> bool:
        """Whether the engine that would be asked now is idle."""
        return (self._remote if self._outage.is_over else self._local).is_idle

    async def transcribe(self, pcm: Pcm, *, language: str | None = None) -> Transcript:
        """Transcribe one turn with whichever works. Raises EngineError where neither does."""
        failure: EngineError | None = None
        if self._outage.is_over:
            try:
                heard = await self._remote.transcribe(pcm, language=language)
            except EngineError as error:
                self._outage.failed(error)
                failure = error
            else:
                if pcm.size:
                    self._outage.worked()
                return heard
        try:
            return await self._local.transcribe(pcm, language=language)
        except EngineError as error:
            if failure is None:
                raise
            raise EngineError(f"{failure}; and {error}") from error


class FallbackTts:
    """Speaks with the remote voice, and with the local one while that fails; a ``ports.Tts``.

    A voice that breaks off in the middle of a text is followed by the other from the first word
    that was not reported yet: a word may be heard twice, none is left out.
    """

    def __init__(self, remote: Tts, local: Tts, *, outage: Outage | None = None) -> None:
        """Own neither of the two. Both must make sound of one rate."""
        if remote.rate_hz != local.rate_hz:
            raise EngineError(
                f"the remote voice has {remote.rate_hz} Hz and the built-in one {local.rate_hz} "
                "Hz; set tts.fallback = false"
            )
        self.rate_hz = remote.rate_hz
        self.voices = remote.voices
        self._remote = remote
        self._local = local
        self._outage = outage or Outage("voice")

    @property
    def name(self) -> str:
        """The remote voice's name: what people chose."""
        return self._remote.name

    async def speak(
        self, text: str, *, voice: str | None = None, speed: float = 1.0
    ) -> AsyncIterator[SpeechChunk]:
        """Synthesise with whichever works. Raises EngineError where neither does."""
        samples, told = 0, 0
        if self._outage.is_over:
            chunks = self._remote.speak(text, voice=voice, speed=speed)
            try:
                async for chunk in chunks:
                    samples += int(chunk.pcm.size)
                    told += len(chunk.words)
                    yield chunk
            except EngineError as error:
                self._outage.failed(error)
            else:
                if samples:
                    self._outage.worked()
                return
            finally:
                if isinstance(chunks, AsyncGenerator):
                    await chunks.aclose()
        rest = text if not told else " ".join(text.split()[told:])
        offset_ms = -(-samples * 1_000 // self.rate_hz)
        chunks = self._local.speak(rest, voice=voice, speed=speed)
        try:
            async for chunk in chunks:
                yield SpeechChunk(chunk.pcm, _later(chunk.words, offset_ms))
        finally:
            if isinstance(chunks, AsyncGenerator):
                await chunks.aclose()


def _later(words: tuple[SpokenWord, ...], offset_ms: int) -> tuple[SpokenWord, ...]:
    return tuple(SpokenWord(word.text, word.end_ms + offset_ms) for word in words)
