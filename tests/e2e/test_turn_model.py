"""The real turn-end model in the real server; skipped where there is none."""

from __future__ import annotations

import asyncio
import os

import numpy as np
import pytest

from audio_fixtures import path
from voice.audio.files import FileMicrophone, FileSpeaker, read_audio
from voice.client.session import Session
from voice.core.updates import UserSpeechStopped
from voice.engines.ports import Engines
from voice.engines.scripted import ScriptedBrain
from voice.engines.smart_turn import find_turn_model
from voice.engines.smart_turn_net import GET_IT
from voice.engines.speech import load_speech
from voice.protocol.endpoints import Endpoint
from voice.protocol.session_config import (
    AudioConfig,
    AudioInputConfig,
    SemanticVad,
    SessionConfig,
)
from voice.server.serve import serving
from voice.server.state import ServerConfig

MODEL = os.environ.get("VOICE_SESSION__TURN_MODEL", "auto")
CONFIG = SessionConfig(
    audio=AudioConfig(input=AudioInputConfig(turn_detection=SemanticVad(eagerness="low")))
)

pytestmark = pytest.mark.skipif(
    find_turn_model(MODEL) is None, reason=f"no turn-end model; to have one: {GET_IT}"
)


async def causes(url: str, clips: tuple[str, ...]) -> list[str]:
    """Return why each turn ended."""
    room = np.random.default_rng(3).normal(0, 12, 24_000 * 4).astype(np.int16)
    heard = [room]
    for name in clips:
        heard += [read_audio(path(name)), room]
    found: list[str] = []
    session = Session(
        endpoint=Endpoint.local(url),
        config=CONFIG,
        microphone=FileMicrophone(np.concatenate(heard)),
        speaker=FileSpeaker(pace="fast"),
    )
    async with session, asyncio.timeout(30):
        async for update in session.updates():
            if isinstance(update, UserSpeechStopped):
                found.append(update.cause)
            if len(found) == len(clips):
                break
    return found


@pytest.mark.timeout(60)
async def test_a_turn_says_how_it_sounded() -> None:
    speech = await asyncio.to_thread(load_speech, seed=7, turn_model=MODEL)
    try:
        brain = ScriptedBrain([], otherwise="Fine.")
        stages = (speech.vad, speech.turn_end, speech.stt, brain, speech.tts)

        async def load() -> Engines:
            return Engines(*stages, turn_sound=speech.turn_sound)

        async with serving(ServerConfig(port=0), load) as running:
            finished, unfinished = await causes(running.url, ("add_milk", "ends_in_um"))
    finally:
        speech.close()
    assert finished.endswith("after complete words that sounded finished")
    assert unfinished.endswith("after incomplete words that sounded unfinished")
