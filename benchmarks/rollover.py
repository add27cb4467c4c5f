"""A session that nears its longest duration, renewed while somebody talks the whole time.

Real sockets, our server, the real ears and the real voice; recorded people at real pace. Two
people: one who asks and waits for the end of each answer, and one who reads on through every
pause, so that the session is renewed in the middle of a sentence.

The gap is the longest time between two frames of the microphone on their way to the wire, less the
20 ms that a frame lasts, within a second of a renewal.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

import audio_fixtures
from voice.audio.files import FileMicrophone, FileSpeaker, read_audio
from voice.audio.pcm import Pcm
from voice.blackbox.recorder import Recorder
from voice.client.session import Session
from voice.core.updates import (
    Ended,
    Phase,
    PhaseChanged,
    SessionRenewed,
    Update,
    UserTranscript,
)
from voice.engines.ports import Engines
from voice.engines.scripted import ScriptedBrain
from voice.engines.speech import load_speech
from voice.protocol.endpoints import Endpoint
from voice.protocol.session_config import (
    AudioConfig,
    AudioInputConfig,
    SessionConfig,
    Transcription,
)
from voice.server.limits import Limits
from voice.server.serve import serving
from voice.server.state import ServerConfig

FRAME_MS = 20
NEAR_MS = 1_000
ANSWER = "Yes, that is so."
QUESTIONS = ("date_today", "tell_me_a_joke", "hamlet", "how_are_you", "stop", "weather")
MONOLOGUE = ("austen_1", "austen_4")


@dataclass
class Rollovers:
    """What one conversation over several sessions was like."""

    renewed: list[SessionRenewed] = field(default_factory=list)
    renewed_at_ms: list[int] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    """The user's turns in words, as faces show them."""
    prompt: list[tuple[str, str]] = field(default_factory=list)
    """What the brain was shown at last: role and text."""
    trouble: list[str] = field(default_factory=list)
    """Updates that a face shows and that a smooth renewal has none of."""
    gap_ms: int = 0
    dropped_ms: int = 0


class FrameTimes(Recorder):
    """Notes when the microphone's frames go out, and records nothing else."""

    def __init__(self) -> None:
        super().__init__(Path("unused"))
        self.sent_ms: list[int] = []

    def start(self, header: object) -> None:
        """Open no file."""

    def step(self, *_: object) -> None:
        """Keep nothing."""

    def frame(self, now_ms: int, direction: str, text: object, *, is_audio: bool) -> None:
        """Note when audio goes out."""
        if is_audio and direction == "out":
            self.sent_ms.append(now_ms)

    def longest_gap_ms(self, moments_ms: Sequence[int]) -> int:
        """Return the longest time between two frames near these moments, less what one lasts."""
        gaps = [
            after - before
            for before, after in itertools.pairwise(self.sent_ms)
            if any(before - NEAR_MS <= at <= after + NEAR_MS for at in moments_ms)
        ]
        return max(0, max(gaps, default=FRAME_MS) - FRAME_MS)


class Talk:
    """One conversation that is watched; ``ask`` speaks in it."""

    def __init__(self, session: Session, microphone: FileMicrophone, found: Rollovers) -> None:
        self._session = session
        self._microphone = microphone
        self._found = found
        self._news = asyncio.Event()
        self._phase = Phase.LISTENING
        self._watching = asyncio.create_task(self._watch())

    async def ask(self, pcm: Pcm) -> None:
        """Say something, and wait until its answer was heard."""
        heard = len(self._found.heard)
        await self._microphone.say(pcm)
        await self._until(lambda: len(self._found.heard) > heard)
        await self._until(lambda: self._phase is Phase.SPEAKING)
        await self._until(lambda: self._phase is Phase.LISTENING)

    async def end(self) -> None:
        """Stop watching."""
        self._watching.cancel()
        await asyncio.wait({self._watching})

    async def _until(self, condition: Any) -> None:
        async with asyncio.timeout(15):
            while not condition():
                self._news.clear()
                await self._news.wait()

    async def _watch(self) -> None:
        async for update in self._session.updates():
            self._take(update)
            self._news.set()

    def _take(self, update: Update) -> None:
        match update:
            case SessionRenewed():
                self._found.renewed.append(update)
                now_ms = int(asyncio.get_running_loop().time() * 1_000)
                self._found.renewed_at_ms.append(now_ms)
            case PhaseChanged(phase):
                self._phase = phase
            case UserTranscript(is_final=True, text=text):
                self._found.heard.append(text)
        name = type(update).__name__
        shown = ("ConnectionLost", "Reconnected", "EndpointChanged", "WarningIssued")
        if name in (*shown, "ErrorReported") or (isinstance(update, Ended) and update.code != 1000):
            self._found.trouble.append(f"{name}: {getattr(update, 'message', '')}")


async def rollovers(
    engines: Engines, clips: Sequence[Pcm], *, session_s: float, renewals: int
) -> Rollovers:
    """Say the clips in turn, each after the answer before, until so many sessions were renewed.

    A clip is said to its end, whatever happens meanwhile.
    """
    brain = ScriptedBrain(otherwise=ANSWER)
    bundle = replace(engines, brain=brain)

    async def load() -> Engines:
        return bundle

    config = ServerConfig(port=0, admits_by_load=False, limits=Limits(session_s=session_s))
    found, times, microphone = Rollovers(), FrameTimes(), FileMicrophone()
    async with serving(config, load) as server:
        place = Endpoint.local(server.url)
        limit = replace(place.capabilities, session_limit_s=int(session_s))
        session = Session(
            endpoint=replace(place, capabilities=limit),
            config=SessionConfig(
                audio=AudioConfig(input=AudioInputConfig(transcription=Transcription()))
            ),
            microphone=microphone,
            speaker=FileSpeaker(),
            recorder=times,
        )
        async with session:
            talk = Talk(session, microphone, found)
            try:
                while len(found.renewed) < renewals:
                    for clip in clips:
                        await talk.ask(clip)
            finally:
                await talk.end()
            found.dropped_ms = session.dropped_audio_ms
    found.gap_ms = times.longest_gap_ms(found.renewed_at_ms)
    found.prompt = [(message.role, message.text) for message in brain.requests[-1].messages]
    return found


def clip(name: str) -> Pcm:
    """Return a recording at 24 kHz."""
    return read_audio(audio_fixtures.path(name))


def monologue() -> Pcm:
    """Return thirteen seconds in which somebody goes on whatever is answered."""
    return np.concatenate([clip(name) for name in MONOLOGUE])


async def main(session_s: float, runs: int) -> None:
    """Print a line for each kind of person."""
    speech = load_speech(seed=7)
    engines = Engines(speech.vad, speech.turn_end, speech.stt, ScriptedBrain(), speech.tts)
    questions = [clip(name) for name in QUESTIONS]
    print(f"sessions of {session_s:g} s, {runs} conversations each\n")
    print("person          renewals  restored  gap in the microphone's audio  items lost  noticed")
    try:
        for person, clips in (("asks", questions), ("talks on", [monologue()])):
            found = [
                await rollovers(engines, clips, session_s=session_s, renewals=2)
                for _ in range(runs)
            ]
            gaps = [one.gap_ms for one in found]
            renewed = [renewal for one in found for renewal in one.renewed]
            full = sum(renewal.restored == "full" for renewal in renewed)
            lost = sum(renewal.skipped for renewal in renewed)
            noticed = sum(len(one.trouble) for one in found)
            gap = f"median {statistics.median(gaps):.0f} ms, most {max(gaps)} ms"
            print(f"{person:<15} {len(renewed):>8}  {full:>8}  {gap:<29}  {lost:>10}  {noticed:>7}")
    finally:
        speech.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--session-s", type=float, default=5.0, help="length of a session")
    parser.add_argument("--runs", type=int, default=5, help="conversations of each kind")
    chosen = parser.parse_args()
    asyncio.run(main(chosen.session_s, chosen.runs))
