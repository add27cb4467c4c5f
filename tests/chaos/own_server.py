"""Our own server with engines that number what they say, as the endpoint of a chaos run."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

import numpy as np

from tests.chaos.numbered import Made, Numbered
from tests.chaos.talk_items import Item
from voice.engines.ports import (
    BrainDelta,
    BrainFinished,
    BrainRequest,
    BrainTool,
    Engines,
    Pcm,
    SpeechChunk,
    SpokenWord,
    TextDelta,
    Transcript,
)
from voice.engines.scripted import ScriptedTurnEnd, ScriptedVad
from voice.server.serve import serving
from voice.server.state import ServerConfig

WORDS = 8
WORD_MS = 50


class NumberedBrain:
    """Answers with numbered words, and remembers what it was asked."""

    name = "numbered"
    context_tokens: int | None = None
    takes_images = False

    def __init__(self, numbered: Numbered) -> None:
        self._numbered = numbered
        self.requests: list[BrainRequest] = []

    async def respond(self, request: BrainRequest) -> AsyncIterator[BrainDelta]:
        """Stream the next words."""
        self.requests.append(request)
        yield TextDelta(" ".join(self._numbered.word() for _ in range(WORDS)) + ".")
        yield BrainFinished("stop", 1, WORDS)

    async def prepare(self, tools: Sequence[BrainTool]) -> None:
        """Do nothing."""

    async def close(self) -> None:
        """Do nothing; there is nothing to release."""


class NumberedTts:
    """Speaks each word as numbered sound; waits after ``hold_after`` words of an answer."""

    rate_hz = 24_000
    voices: tuple[str, ...] = ("numbered",)

    def __init__(self, numbered: Numbered, made: Made) -> None:
        self._numbered = numbered
        self._made = made
        self.hold_after: int | None = None
        self.released = asyncio.Event()

    async def speak(
        self, text: str, *, voice: str | None = None, speed: float = 1.0
    ) -> AsyncIterator[SpeechChunk]:
        """Yield one chunk for each word."""
        for index, word in enumerate(text.split()):
            if self.hold_after is not None and index >= self.hold_after:
                await self.released.wait()
            sound = self._numbered.sound(WORD_MS)
            self._made.part(sound, is_new=index == 0)
            yield SpeechChunk(
                np.frombuffer(sound, dtype="<i2"), (SpokenWord(word, (index + 1) * WORD_MS),)
            )


class CountingStt:
    """Hears "spoken N" in the N-th turn."""

    name = "counting"
    languages: tuple[str, ...] = ()
    is_idle = True

    def __init__(self) -> None:
        self.heard_samples: list[int] = []

    async def transcribe(self, pcm: Pcm, *, language: str | None = None) -> Transcript:
        """Return the turn's number; nothing for silence."""
        if not pcm.any():
            return Transcript("", 1.0)
        self.heard_samples.append(len(pcm))
        return Transcript(f"spoken {len(self.heard_samples)}", 1.0)


class OwnServer:
    """Our server; ``running`` serves it."""

    def __init__(self, numbered: Numbered) -> None:
        self.made = Made()
        self.port = 0
        self.brain = NumberedBrain(numbered)
        self.tts = NumberedTts(numbered, self.made)
        self.stt = CountingStt()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[OwnServer]:
        """Serve as long as the block lasts."""
        engines = Engines(
            vad=ScriptedVad(),
            turn_end=ScriptedTurnEnd(),
            stt=self.stt,
            brain=self.brain,
            tts=self.tts,
        )

        async def load() -> Engines:
            return engines

        async with serving(ServerConfig(port=0, admits_by_load=False), load) as server:
            self.port = server.address[1]
            yield self

    def hold_after(self, chunks: int | None) -> None:
        """Stop answers after so many words; None lets them go on."""
        self.tts.hold_after = chunks
        if chunks is None:
            self.tts.released.set()

    def history(self) -> list[Item]:
        """Return the conversation as the brain was last told it."""
        if not self.brain.requests:
            return []
        told = self.brain.requests[-1].messages
        return [
            Item(f"m{number}", "message", message.role, words=[message.text])
            for number, message in enumerate(told)
        ]
