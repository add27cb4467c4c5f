"""Engines that answer with what they were asked, for servers that many sessions share.

They remember nothing, so that a long run shows whether the server does.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence

import numpy as np

from voice.engines.ports import (
    EAR_RATE_HZ,
    BrainDelta,
    BrainFinished,
    BrainRequest,
    BrainTool,
    CallDelta,
    CallRequest,
    Engines,
    Pcm,
    SpeechChunk,
    SpokenWord,
    TextDelta,
    Transcript,
)
from voice.engines.scripted import ScriptedTurnEnd, ScriptedVad
from voice.errors import EngineError

RATE_HZ = 24_000
LOUDNESS_STEP = 500
PITCH_STEP_HZ = 100
"""Int16 steps of loudness, and Hz of pitch, by which one session is told from the next."""

CALL_WORD = "look"
FAIL_WORD = "fail"


class EchoBrain:
    """Says "You said …" of the user's last message; calls a tool, or fails, where it asks so."""

    name = "echo"
    context_tokens: int | None = None
    takes_images = True

    def __init__(self) -> None:
        """Start with no call made."""
        self._calls = 0

    async def respond(self, request: BrainRequest) -> AsyncIterator[BrainDelta]:
        """Stream the answer.

        Raises:
            EngineError: where the user's words hold "fail".
        """
        last = request.messages[-1] if request.messages else None
        said = next((m.text for m in reversed(request.messages) if m.role == "user"), "nothing")
        if FAIL_WORD in said:
            raise EngineError("told to fail")
        if last is not None and last.role == "user" and CALL_WORD in said and request.tools:
            self._calls += 1
            arguments = json.dumps({"where": said})
            call_id = f"call_echo_{self._calls}"
            yield CallDelta(CallRequest(call_id, request.tools[0].name, arguments))
            yield BrainFinished("tool_calls", 1, 1)
            return
        yield TextDelta("You said ")
        yield TextDelta(f"{said}.")
        yield BrainFinished("stop", len(said.split()), 3)

    async def prepare(self, tools: Sequence[BrainTool]) -> None:
        """Do nothing."""

    async def close(self) -> None:
        """Do nothing; there is nothing to release."""


class ToneTts:
    """Speaks each word as a short tone; a number at its end sets how loud it is."""

    rate_hz = RATE_HZ
    voices: tuple[str, ...] = ("heart", "tone")

    def __init__(self, *, word_ms: int = 20) -> None:
        """Choose how long a word is."""
        self._word_ms = word_ms
        samples = np.arange(RATE_HZ * word_ms // 1_000)
        self._tone = np.cos(2 * np.pi * 400 * samples / RATE_HZ)

    async def speak(
        self, text: str, *, voice: str | None = None, speed: float = 1.0
    ) -> AsyncIterator[SpeechChunk]:
        """Yield one chunk for each word, with its exact end; ignore voice and speed."""
        for index, word in enumerate(text.split(), start=1):
            pcm: Pcm = np.asarray(loudness_of(word) * self._tone, dtype=np.int16)
            yield SpeechChunk(pcm, (SpokenWord(word, index * self._word_ms),))


class PitchStt:
    """Hears "speaker N" in a tone of N times 100 Hz."""

    name = "pitch"
    languages: tuple[str, ...] = ()
    is_idle = True

    async def transcribe(self, pcm: Pcm, *, language: str | None = None) -> Transcript:
        """Return the speaker's words; none for silence."""
        if not pcm.any():
            return Transcript("", 1.0)
        spectrum = np.abs(np.fft.rfft(pcm))
        pitch_hz = int(spectrum.argmax()) * EAR_RATE_HZ / len(pcm)
        return Transcript(f"speaker {round(pitch_hz / PITCH_STEP_HZ)}", 1.0)


def voice_of(speaker: int, duration_ms: int) -> Pcm:
    """Return speech (24 kHz) in which PitchStt hears this speaker."""
    samples = np.arange(RATE_HZ * duration_ms // 1_000)
    wave = 8_000 * np.cos(2 * np.pi * speaker * PITCH_STEP_HZ * samples / RATE_HZ)
    return np.asarray(wave, dtype=np.int16)


def loudness_of(word: str) -> int:
    """Return the peak of a word as ToneTts speaks it: steps as its digits say, or one step."""
    digits = "".join(character for character in word if character.isdigit())[-2:]
    return LOUDNESS_STEP * max(1, int(digits or "1"))


def echo_engines(*, word_ms: int = 20) -> Engines:
    """Return the whole bundle."""
    return Engines(
        vad=ScriptedVad(threshold=LOUDNESS_STEP // 4),
        turn_end=ScriptedTurnEnd(),
        stt=PitchStt(),
        brain=EchoBrain(),
        tts=ToneTts(word_ms=word_ms),
    )
