"""The gate before our real server: it hears the same words, and turns end as they did."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator

import numpy as np
import pytest

from audio_fixtures import path
from voice.audio.files import FileMicrophone, FileSpeaker, read_audio
from voice.client.gate import GatedMicrophone, SilenceGate
from voice.client.session import Session
from voice.core.updates import TurnTimeline, UserTranscript
from voice.engines.ports import Engines
from voice.engines.scripted import ScriptedBrain
from voice.engines.speech import SpeechEngines, load_speech
from voice.protocol.endpoints import Endpoint
from voice.protocol.session_config import (
    AudioConfig,
    AudioInputConfig,
    SessionConfig,
    Transcription,
)
from voice.server.serve import serving
from voice.server.state import ServerConfig

WRITTEN = SessionConfig(audio=AudioConfig(input=AudioInputConfig(transcription=Transcription())))
CLIPS = ("add_milk", "alarm_half_past_seven")


@pytest.fixture(scope="module")
def speech() -> Iterator[SpeechEngines]:
    engines = load_speech(seed=7)
    yield engines
    engines.close()


@contextlib.asynccontextmanager
async def served(speech: SpeechEngines) -> AsyncIterator[str]:
    brain = ScriptedBrain([], otherwise="Fine.")
    engines = Engines(speech.vad, speech.turn_end, speech.stt, brain, speech.tts)

    async def load() -> Engines:
        return engines

    async with serving(ServerConfig(port=0), load) as running:
        yield running.url


def questions() -> np.ndarray:
    """Return the clips with three seconds of a quiet room before and after each."""
    room = np.random.default_rng(3).normal(0, 12, 24_000 * 3).astype(np.int16)
    parts = [room]
    for name in CLIPS:
        parts += [read_audio(path(name)), room]
    return np.concatenate(parts)


async def words_heard(url: str, *, gated: bool, speech: SpeechEngines) -> tuple[list[str], float]:
    """Return the transcripts of all turns, and which part of the audio was sent."""
    microphone = FileMicrophone(questions())
    gate = SilenceGate()
    heard = GatedMicrophone(microphone, speech.vad.open(), gate)
    texts: list[str] = []
    ends: list[int | None] = []
    async with Session(
        endpoint=Endpoint.local(url),
        config=WRITTEN,
        microphone=heard if gated else microphone,
        speaker=FileSpeaker(pace="fast"),
        observers=[gate.take],
    ) as session:
        async with asyncio.timeout(30):
            async for update in session.updates():
                if isinstance(update, UserTranscript) and update.is_final:
                    texts.append(update.text)
                if isinstance(update, TurnTimeline):
                    ends.append(update.speech_end_ms)
                if len(texts) == len(ends) == len(CLIPS):
                    break
    assert None not in ends
    return texts, gate.sent_ms / max(1, gate.heard_ms)


@pytest.mark.timeout(60)
async def test_the_same_words_are_heard_with_and_without_the_gate(speech: SpeechEngines) -> None:
    async with served(speech) as url:
        (plain, _), (gated, share) = await asyncio.gather(
            words_heard(url, gated=False, speech=speech),
            words_heard(url, gated=True, speech=speech),
        )
    assert len(plain) == len(CLIPS)
    assert gated == plain
    assert share < 0.8
