"""Deterministic engines for tests: exact, instant, and never a user's default.

Each implements its port of ``voice.engines.ports`` and records what it was asked.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from voice.engines.ports import (
    EAR_RATE_HZ,
    BrainDelta,
    BrainFinished,
    BrainRequest,
    BrainTool,
    CallDelta,
    CallRequest,
    Pcm,
    SpeechChunk,
    SpokenWord,
    TextDelta,
    Transcript,
)
from voice.engines.text_deltas import word_pieces
from voice.errors import EngineError


@dataclass(frozen=True, slots=True)
class ScriptedReply:
    """One answer of a ScriptedBrain.

    ``text`` is streamed word by word, then come ``calls`` as ``(name, arguments)``. ``pause_after``
    stops the stream after that many deltas until ``ScriptedBrain.resume`` is set or the iterator is
    closed; ``error`` is raised as an EngineError after everything else.
    """

    text: str = ""
    calls: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    pause_after: int | None = None
    error: str | None = None


class ScriptedBrain:
    """Gives the replies of a list in order, and afterwards ``otherwise`` for ever.

    ``requests`` holds every request in order; ``closed_early`` counts answers that were closed
    before their end.
    """

    name = "scripted"
    context_tokens: int | None = None
    takes_images = True

    def __init__(
        self, replies: Iterable[str | ScriptedReply] = (), *, otherwise: str = "Yes."
    ) -> None:
        """Take the replies; a string stands for a reply of that text."""
        self._replies = deque(  # bounded: by the script
            r if isinstance(r, ScriptedReply) else ScriptedReply(r) for r in replies
        )
        self._otherwise = ScriptedReply(otherwise)
        self._call_count = 0
        self.requests: list[BrainRequest] = []
        self.closed_early = 0
        self.prepared: list[tuple[str, ...]] = []
        self.resume = asyncio.Event()

    async def respond(self, request: BrainRequest) -> AsyncIterator[BrainDelta]:
        """Stream the next reply.

        Raises:
            EngineError: where the reply says so.
        """
        self.requests.append(request)
        reply = self._replies.popleft() if self._replies else self._otherwise
        deltas = self._deltas(reply)
        finished = False
        try:
            for index, delta in enumerate(deltas):
                if index == reply.pause_after:
                    await self.resume.wait()
                yield delta
            if reply.error is not None:
                finished = True
                raise EngineError(reply.error)
            finished = True
            yield _finished(request, reply)
        finally:
            self.closed_early += not finished

    def _deltas(self, reply: ScriptedReply) -> list[BrainDelta]:
        deltas: list[BrainDelta] = [TextDelta(piece) for piece in word_pieces(reply.text)]
        for name, arguments in reply.calls:
            self._call_count += 1
            call_id = f"call_scripted_{self._call_count}"
            deltas.append(CallDelta(CallRequest(call_id, name, json.dumps(arguments))))
        return deltas

    async def prepare(self, tools: Sequence[BrainTool]) -> None:
        """Note the names of the tools in ``prepared``."""
        self.prepared.append(tuple(tool.name for tool in tools))

    async def close(self) -> None:
        """Do nothing; there is nothing to release."""


def _finished(request: BrainRequest, reply: ScriptedReply) -> BrainFinished:
    words_in = sum(len(message.text.split()) for message in request.messages)
    return BrainFinished(
        reason="tool_calls" if reply.calls else "stop",
        input_tokens=words_in,
        output_tokens=len(reply.text.split()) + len(reply.calls),
    )


class ScriptedTts:
    """Speaks each word as a tone (or as silence) of exactly ``word_ms``; one chunk a word.

    ``spoken`` holds every text in order. With ``gate`` set to an asyncio.Event, each chunk waits
    for it.
    """

    name = "scripted"
    voices: tuple[str, ...] = ("tone",)

    def __init__(
        self,
        *,
        rate_hz: int = 24_000,
        word_ms: int = 100,
        amplitude: int = 8_000,
        gate: asyncio.Event | None = None,
    ) -> None:
        """Choose the shape of the speech; ``amplitude`` 0 makes silence."""
        self.rate_hz = rate_hz
        self.word_ms = word_ms
        self.spoken: list[str] = []
        self._gate = gate
        samples = rate_hz * word_ms // 1000
        angle = 2 * np.pi * 440 * np.arange(samples) / rate_hz
        self._tone: Pcm = np.asarray(amplitude * np.sin(angle), dtype=np.int16)

    async def speak(
        self, text: str, *, voice: str | None = None, speed: float = 1.0
    ) -> AsyncIterator[SpeechChunk]:
        """Yield one chunk for each word, with its exact end; ignore voice and speed."""
        self.spoken.append(text)
        for index, word in enumerate(text.split(), start=1):
            if self._gate is not None:
                await self._gate.wait()
            yield SpeechChunk(self._tone, (SpokenWord(word, index * self.word_ms),))


class ScriptedStt:
    """Hears the transcripts of a list in order, and afterwards nothing.

    ``heard_samples`` holds the length of each turn that was transcribed.
    """

    name = "scripted"
    languages: tuple[str, ...] = ()
    is_idle = True

    def __init__(self, transcripts: Iterable[str] = ()) -> None:
        """Take the transcripts."""
        self._transcripts = deque(transcripts)  # bounded: by the script
        self.heard_samples: list[int] = []

    async def transcribe(self, pcm: Pcm, *, language: str | None = None) -> Transcript:
        """Return the next transcript whatever the audio is, "" when there is none left."""
        self.heard_samples.append(len(pcm))
        text = self._transcripts.popleft() if self._transcripts else ""
        return Transcript(text, 1.0 if text else None)


class ScriptedVad:
    """Calls a frame speech (1.0) when any of its samples is louder than ``threshold``, else 0.0."""

    def __init__(self, *, threshold: int = 500, frame_samples: int = 512) -> None:
        """Choose the threshold (int16 steps) and the frame length (samples at 16 kHz)."""
        self.threshold = threshold
        self.frame_samples = frame_samples

    def open(self) -> ScriptedVadStream:
        """Start one more stream."""
        return ScriptedVadStream(self.threshold, self.frame_samples)


class ScriptedVadStream:
    """One stream of a ScriptedVad; holds less than a frame of samples."""

    def __init__(self, threshold: int, frame_samples: int) -> None:
        """Start with no samples."""
        self._threshold = threshold
        self._frame_samples = frame_samples
        self._rest: Pcm = np.zeros(0, dtype=np.int16)

    async def score(self, pcm: Pcm) -> Sequence[float]:
        """Return 1.0 or 0.0 for each frame that ``pcm`` completes."""
        samples = np.concatenate([self._rest, pcm])
        count = len(samples) // self._frame_samples
        frames = samples[: count * self._frame_samples].reshape(count, self._frame_samples)
        self._rest = samples[count * self._frame_samples :]
        peaks: list[int] = np.abs(frames.astype(np.int32)).max(axis=1).tolist()
        return [1.0 if peak > self._threshold else 0.0 for peak in peaks]

    def reset(self) -> None:
        """Forget the samples that did not fill a frame."""
        self._rest = np.zeros(0, dtype=np.int16)


class ScriptedTurnEnd:
    """Gives one probability for every transcript, or one looked up by the transcript itself."""

    def __init__(
        self, probability: float = 1.0, by_transcript: Mapping[str, float] | None = None
    ) -> None:
        """Take the answers."""
        self._probability = probability
        self._by_transcript = dict(by_transcript or {})

    def probability(self, transcript: str) -> float:
        """Return the probability set for ``transcript``, else the common one."""
        return self._by_transcript.get(transcript, self._probability)


class ScriptedTurnSound:
    """Gives one answer for every turn; ``heard_samples`` counts what it was given."""

    def __init__(self, finished: float | None = None) -> None:
        """Take the answer."""
        self.heard_samples: list[int] = []  # bounded: by the test
        self._finished = finished

    async def finished(self, pcm: Pcm) -> float | None:
        """Return the answer."""
        self.heard_samples.append(pcm.size)
        return self._finished


def tone(duration_ms: int, *, amplitude: int = 8_000, rate_hz: int = EAR_RATE_HZ) -> Pcm:
    """Return a 200 Hz tone that a ScriptedVad calls speech; amplitude 0 gives silence."""
    samples = np.arange(rate_hz * duration_ms // 1000)
    return np.asarray(amplitude * np.cos(2 * np.pi * 200 * samples / rate_hz), dtype=np.int16)
