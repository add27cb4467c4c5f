"""How well the ear tells the user from our own voice, in simulated rooms.

Run with ``python -m benchmarks.echo``. Fifty answers alone, fifty interruptions and fifty
backchannels over answers, in rooms of 30 to 150 ms and -6 to -20 dB with reverberation. Real echo
canceller, voice detector and recogniser; the time is that of the sound, so it takes a minute or
two. ``--rooms`` says how many of each.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from benchmarks.echo_corpus import Corpus, build
from voice.audio.echo import EchoCanceller
from voice.audio.pcm import Pcm
from voice.client.ear import Ear
from voice.core.client_inputs import NearKind, NearSpeech, NearVerdict
from voice.core.updates import AssistantTranscript, PlaybackPaused, PlaybackResumed
from voice.engines.ports import Transcript
from voice.engines.stt import MoonshineStt
from voice.engines.vad import SileroVad
from voice.testing.room import Room, RoomCard

BEGIN_MS = 300
WARM_MS = 1_500
"""Nobody speaks before: the canceller has heard so much of us, as from the first answer of a
conversation on. The answers alone begin with a canceller that knows nothing."""

AFTER_MS = 2_500
READING_MS = 40
"""What a reading of a second takes (28 ms on a core of an AMD EPYC), and the way to it."""


@dataclass
class Scene:
    """One answer in one room, and what came of it; times in ms of the sound."""

    name: str
    room: str
    onset_ms: int | None = None
    heard: list[tuple[int, NearSpeech | NearVerdict]] = field(default_factory=list)
    erle_db: float | None = None
    mode: str = ""

    @property
    def pauses_ms(self) -> list[int]:
        """When our voice was told to pause."""
        return [at for at, event in self.heard if isinstance(event, NearSpeech)]

    @property
    def verdicts(self) -> list[tuple[int, NearVerdict]]:
        """What was judged, and when."""
        return [(at, event) for at, event in self.heard if isinstance(event, NearVerdict)]

    @property
    def is_interrupted(self) -> bool:
        """Whether the answer was ended."""
        return any(verdict.kind is NearKind.INTERRUPTION for _, verdict in self.verdicts)


class Stage:
    """Plays scenes with the same engines."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self._vad = SileroVad()
        self._stt = MoonshineStt()
        self.ear_s = 0.0
        self.sound_s = 0.0

    async def play(
        self, text: str, answer: Pcm, name: str = "", person: Pcm | None = None
    ) -> Scene:
        """Let the answer sound, and somebody say ``person`` over it, in a room of its own."""
        random = self._random
        delay_ms, echo_db = random.uniform(30, 150), random.uniform(-20, -6)
        reverb_ms = random.uniform(80, 400)
        room = Room(
            delay_ms,
            echo_db,
            reverb_ms=reverb_ms,
            distortion=0.15,
            seed=int(random.integers(1_000_000)),
        )
        scene = Scene(name, f"{delay_ms:.0f} ms {echo_db:.0f} dB {reverb_ms:.0f} ms")
        answer_ms = answer.size // 24
        card = RoomCard(room, length_ms=(BEGIN_MS + answer_ms + AFTER_MS) // 10 * 10)
        card.answers(answer, at_ms=BEGIN_MS)
        if person is not None:
            scene.onset_ms = BEGIN_MS + round(random.uniform(WARM_MS, answer_ms - 1_500))
            card.says(person, at_ms=scene.onset_ms)

        def sense(event: NearSpeech | NearVerdict) -> None:
            scene.heard.append((card.now_ms, event))
            if isinstance(event, NearSpeech):
                if card.is_sounding:
                    card.pause()
                    ear.take(PlaybackPaused(event.cause))
            elif event.kind is NearKind.INTERRUPTION:
                card.stop()
            else:
                card.resume()
                ear.take(PlaybackResumed(event.kind.value, event.words, event.cause))

        async def recognise(pcm: Pcm) -> Transcript:
            return await card.takes(self._stt.transcribe(pcm), READING_MS)

        canceller = EchoCanceller()
        ear = Ear(
            card, canceller=canceller, detector=self._vad.open(), sense=sense, recognise=recognise
        )
        ear.take(AssistantTranscript("r", "i", text, False))
        begun_s = time.thread_time()
        async for _ in ear.frames():
            pass
        self.ear_s += time.thread_time() - begun_s
        self.sound_s += card.now_ms / 1_000
        scene.erle_db, scene.mode = canceller.erle_db, ear.mode
        return scene

    def close(self) -> None:
        """End the engines."""
        self._vad.close()
        self._stt.close()


async def run(count: int, seed: int, is_verbose: bool) -> None:
    """Play everything and print the table."""
    corpus = await build(seed, count=count)
    stage = Stage(seed)
    try:
        alone = [await stage.play(*_answer(corpus, number)) for number in range(count)]
        cut = [
            await stage.play(*_answer(corpus, number), utterance.name, utterance.pcm)
            for number, utterance in enumerate(corpus.interruptions)
        ]
        kept = [
            await stage.play(*_answer(corpus, number), utterance.name, utterance.pcm)
            for number, utterance in enumerate(corpus.backchannels)
        ]
    finally:
        stage.close()
    _report(alone, cut, kept, is_verbose)
    share = 100 * stage.ear_s / stage.sound_s
    print(f"\n{stage.sound_s:.0f} s of sound; room and ear together: {share:.1f} % of a core")


def _answer(corpus: Corpus, number: int) -> tuple[str, Pcm]:
    return corpus.answers[number % len(corpus.answers)]


def _report(alone: list[Scene], cut: list[Scene], kept: list[Scene], is_verbose: bool) -> None:
    caught = [scene for scene in cut if _is_caught(scene)]
    went_on = [scene for scene in kept if not scene.is_interrupted]
    waits = [
        min(at for at in scene.pauses_ms if at >= (scene.onset_ms or 0)) - (scene.onset_ms or 0)
        for scene in caught
    ]
    decided = [
        next(at for at, v in scene.verdicts if v.kind is NearKind.INTERRUPTION)
        - min(at for at in scene.pauses_ms if at >= (scene.onset_ms or 0))
        for scene in caught
    ]
    erles = [scene.erle_db for scene in alone if scene.erle_db is not None]
    rows = [
        ("answers alone: interrupted by themselves", sum(s.is_interrupted for s in alone), "<= 1"),
        ("answers alone: paused for a moment", sum(len(s.pauses_ms) for s in alone), ""),
        (f"interruptions caught, of {len(cut)}", len(caught), f">= {len(cut) * 48 // 50}"),
        ("onset to the order to pause, p50 ms", _quantile(waits, 50), "<= 60"),
        ("onset to the order to pause, p95 ms", _quantile(waits, 95), "<= 190"),
        ("pause to the verdict, p50 ms", _quantile(decided, 50), "<= 500"),
        ("pause to the verdict, p95 ms", _quantile(decided, 95), "<= 900"),
        (
            f"backchannels and noises: went on, of {len(kept)}",
            len(went_on),
            f">= {len(kept) * 4 // 5}",
        ),
        ("backchannels and noises: not even paused", sum(not s.pauses_ms for s in kept), ""),
        ("ERLE, median dB", _quantile(erles, 50), ""),
        ("went over to half duplex", sum(s.mode != "full duplex" for s in alone + cut + kept), "0"),
    ]
    for name, found, target in rows:
        print(f"{name:52} {found!s:>8}   {target}")
    if not is_verbose:
        return
    missed = [scene for scene in cut if not _is_caught(scene)]
    wrong = [scene for scene in kept if scene.is_interrupted]
    paused = [scene for scene in alone if scene.pauses_ms]
    slow = [s for s, wait in zip(caught, waits, strict=True) if wait > 150]
    for title, scenes in (
        ("alone", paused), ("missed", missed), ("ended", wrong), ("late", slow),
    ):  # fmt: skip
        for scene in scenes:
            told = [
                f"{at} {event.cause}" + (f" [{event.words}]" if hasattr(event, "words") else "")
                for at, event in scene.heard
            ]
            print(title, scene.name, scene.room, scene.onset_ms, told, sep=" | ")
    print(Counter(verdict.kind.value for s in kept for _, verdict in s.verdicts))


def _is_caught(scene: Scene) -> bool:
    onset_ms = scene.onset_ms or 0
    return any(
        verdict.kind is NearKind.INTERRUPTION and at >= onset_ms for at, verdict in scene.verdicts
    ) and any(at >= onset_ms for at in scene.pauses_ms)


def _quantile(values: list[float] | list[int], percent: int) -> float:
    return round(float(np.percentile(values, percent)), 1) if values else float("nan")


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rooms", type=int, default=50, help="how many of each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-v", "--verbose", action="store_true", help="name what went wrong")
    options = parser.parse_args()
    asyncio.run(run(options.rooms, options.seed, options.verbose))


if __name__ == "__main__":
    main()
