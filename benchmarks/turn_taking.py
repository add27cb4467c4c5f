"""How long it waits for the end of a turn, and how often it cuts somebody off.

Run with ``make bench-turn-taking``. Every spoken clip of ``audio_fixtures`` (or of a folder with
a manifest of the same shape) is one turn. The real voice detector, recogniser and turn rules hear
it in the audio's own time; what the recogniser really took counts as waiting. A turn that was
called over while speech was still to come is a false cut-off. The floor is silence alone. Where
there is a turn-end model (``--turn-model auto``, or a path), what it adds is measured too; it then
runs beside the recogniser, as it does in the server.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

import audio_fixtures
from benchmarks.turn_curve import ALONE, VOICE, WORDS, Point, draw
from voice.audio.files import read_audio
from voice.audio.pcm import Pcm, resample
from voice.audio.ports import RATE_HZ
from voice.core.turns import (
    SpeechBegan,
    SpeechEnded,
    SpeechPaused,
    SpeechResumed,
    TurnDetector,
    TurnEvent,
    TurnRules,
)
from voice.engines.ports import EAR_RATE_HZ, TurnEnd
from voice.engines.smart_turn import AUTO, SmartTurn, load_turn_model
from voice.engines.smart_turn_net import GET_IT
from voice.engines.stt import MoonshineStt
from voice.engines.turn_end import WordsTurnEnd
from voice.engines.vad import SileroVad

LEAD_MS, TAIL_MS = 320, 4_500
ROOM_NOISE = 4.0
"""RMS of the room around a clip, in steps of 16 bits: no microphone gives digital silence."""

_TOLERANCE_MS = 160
"""Clips end in breath and reverberation that their spans still count as speech."""

MOST_CUT_OFF, LONGEST_MEDIAN_MS = 0.05, 500
SILENCES_MS = (150, 200, 250, 300, 400, 500, 600, 800, 1_000, 1_300)
EAGERNESS: tuple[Literal["high", "medium", "low"], ...] = ("high", "medium", "low")


@dataclass
class Clip:
    """One turn: its audio at 16 kHz, where its last word ends, and what the detector made of it."""

    name: str
    kind: str
    pcm: Pcm
    speech_end_ms: int
    scores: list[float]


@dataclass(frozen=True)
class Outcome:
    """What became of one turn; ``wait_ms`` is from its last word to its end."""

    clip: str
    kind: str
    is_cut_off: bool
    wait_ms: int


@dataclass(frozen=True)
class Verdict:
    """What was found of a turn's words or of its voice, and how long finding out took."""

    probability: float
    took_ms: int


class Listener:
    """The engines, and what they said before: the same audio is recognised once.

    ``turn_sound`` is the turn-end model, if there is one.
    """

    def __init__(self, took_ms: int | None = None, turn_sound: SmartTurn | None = None) -> None:
        """Load them; ``took_ms`` stands for what each takes, None for what it did."""
        self.turn_sound = turn_sound
        self._took_ms = took_ms
        self.vad = SileroVad()
        self.stt = MoonshineStt(workers=1)
        self.turn_end: TurnEnd = WordsTurnEnd()
        self._heard: dict[tuple[str, int, int, bool], tuple[Verdict, Verdict | None]] = {}

    async def score(self, pcm: Pcm) -> list[float]:
        """Return the speech probability of every frame."""
        return list(await self.vad.open().score(pcm))

    async def judge(
        self, clip: Clip, start_ms: int, end_ms: int, *, with_voice: bool
    ) -> tuple[Verdict, Verdict | None]:
        """Return how complete the words of a stretch are, and how its voice sounds if wanted."""
        key = clip.name, start_ms, end_ms, with_voice
        if key not in self._heard:
            samples = clip.pcm[start_ms * EAR_RATE_HZ // 1_000 : end_ms * EAR_RATE_HZ // 1_000]
            voice = self._voice(samples) if with_voice else _nothing()
            self._heard[key] = await asyncio.gather(self._words(samples), voice)
        return self._heard[key]

    async def _words(self, samples: Pcm) -> Verdict:
        began = time.perf_counter()
        text = (await self.stt.transcribe(samples)).text
        took_ms = self._since_ms(began)
        return Verdict(self.turn_end.probability(text) if text else 0.5, took_ms)

    async def _voice(self, samples: Pcm) -> Verdict | None:
        assert self.turn_sound is not None
        began = time.perf_counter()
        finished = await self.turn_sound.finished(samples)
        return None if finished is None else Verdict(finished, self._since_ms(began))

    def _since_ms(self, began: float) -> int:
        took_ms = round((time.perf_counter() - began) * 1_000)
        return took_ms if self._took_ms is None else self._took_ms

    def voice_costs_ms(self) -> list[int]:
        """Return what every call of the turn-end model took, beside the recogniser, sorted."""
        return sorted(voice.took_ms for _, voice in self._heard.values() if voice is not None)

    def close(self) -> None:
        """Let the engines go."""
        self.vad.close()
        self.stt.close()
        if self.turn_sound is not None:
            self.turn_sound.close()


async def _nothing() -> None:
    return None


async def hear(
    clip: Clip, rules: TurnRules, listener: Listener, *, with_voice: bool = False
) -> Outcome:
    """Let the rules hear a clip, frame by frame, in the audio's own time."""
    detector = TurnDetector(rules)
    frame_ms = 32
    due: list[tuple[int, Callable[[float], list[TurnEvent]], float]] = []
    for number, score in enumerate(clip.scores, start=1):
        now_ms = number * frame_ms
        events = detector.feed(now_ms, score, frame_ms)
        for at_ms, judge, probability in due:
            events += judge(probability) if at_ms <= now_ms else []
        due = [one for one in due if one[0] > now_ms]
        for event in events:
            match event:
                case SpeechBegan() | SpeechResumed():
                    due = []
                case SpeechPaused(audio_end_ms):
                    start_ms = detector.turn_start_ms
                    words, voice = await listener.judge(
                        clip, start_ms, audio_end_ms, with_voice=with_voice
                    )
                    due = [(now_ms + words.took_ms, detector.judge, words.probability)]
                    if voice is not None:
                        at_ms = now_ms + voice.took_ms
                        due.append((at_ms, detector.judge_sound, voice.probability))
                case SpeechEnded(silence_ms=silence_ms):
                    # The words' verdict may come between two frames; the end is then that moment.
                    is_cut = now_ms - silence_ms < clip.speech_end_ms - _TOLERANCE_MS
                    wait_ms = now_ms - clip.speech_end_ms
                    if is_cut or wait_ms >= 0:
                        return Outcome(clip.name, clip.kind, is_cut, max(0, wait_ms))
    return Outcome(clip.name, clip.kind, False, TAIL_MS)


def with_room(pcm: Pcm, seed: int) -> Pcm:
    """Return a clip with the room before and after it."""
    lead, tail = (EAR_RATE_HZ * ms // 1_000 for ms in (LEAD_MS, TAIL_MS))
    noise = np.random.default_rng(seed).normal(0.0, ROOM_NOISE, lead + len(pcm) + tail)
    noise[lead : lead + len(pcm)] += pcm
    return np.asarray(np.clip(np.rint(noise), -32_768, 32_767), np.int16)


def entries(folder: Path | None) -> Iterator[tuple[str, str, Path, int]]:
    """Yield name, kind, file and end of speech of every spoken clip."""
    if folder is None:
        for name, fixture in audio_fixtures.load_manifest().items():
            if spans := fixture["speech_spans_ms"]:
                yield name, fixture["kind"], audio_fixtures.path(name), spans[-1][1]
        return
    for entry in json.loads((folder / "manifest.json").read_text(encoding="utf-8")):
        if spans := entry["speech_spans_ms"]:
            name = entry["name"]
            yield name, entry.get("kind", "other"), folder / f"{name}.wav", spans[-1][1]


async def load(folder: Path | None, listener: Listener) -> list[Clip]:
    """Read all clips and score them."""
    clips = []
    for seed, (name, kind, file, end_ms) in enumerate(entries(folder)):
        pcm = with_room(resample(read_audio(file), RATE_HZ, EAR_RATE_HZ), seed)
        clips.append(Clip(name, kind, pcm, LEAD_MS + end_ms, await listener.score(pcm)))
    return clips


async def measure(
    clips: list[Clip], rules: TurnRules, listener: Listener, *, with_voice: bool = False
) -> list[Outcome]:
    """Let the rules hear every clip."""
    return [await hear(clip, rules, listener, with_voice=with_voice) for clip in clips]


def point(label: str, group: str, outcomes: list[Outcome]) -> Point:
    """Return one point of the curve."""
    whole = [outcome.wait_ms for outcome in outcomes if not outcome.is_cut_off]
    cut_off = sum(outcome.is_cut_off for outcome in outcomes) / len(outcomes)
    return Point(label, group, cut_off, statistics.median(whole) if whole else 0.0)


def show(made: Point, outcomes: list[Outcome]) -> None:
    """Print a line of the table."""
    waits = sorted(outcome.wait_ms for outcome in outcomes if not outcome.is_cut_off)
    p95 = waits[min(len(waits) - 1, int(0.95 * len(waits)))] if waits else 0
    cut = [outcome.clip for outcome in outcomes if outcome.is_cut_off]
    named = f"  {', '.join(cut[:4])}{' …' if len(cut) > 4 else ''}" if cut else ""
    print(
        f"{made.label:<24}{100 * made.cut_off:>7.1f} %{made.wait_ms:>9.0f} ms{p95:>8} ms{named}",
        flush=True,
    )


async def run(folder: Path | None, turn_model: str) -> tuple[list[Point], int, bool]:
    """Measure and print; returns the curve, the number of turns, and whether the target is met."""
    listener = Listener(turn_sound=await asyncio.to_thread(load_turn_model, turn_model))
    try:
        clips = await load(folder, listener)
        people = sum(clip.kind == "recorded" for clip in clips)
        machine = f"{platform.machine()}, {os.cpu_count()} cores, Python"
        print(f"{len(clips)} turns, {people} of people; {machine} {platform.python_version()}")
        print(f"{'rule':<24}{'cut off':>9}{'median':>12}{'p95':>11}  which")
        points: list[Point] = []
        for silence_ms in SILENCES_MS:
            rules = TurnRules.server_vad(
                threshold=0.5, prefix_padding_ms=300, silence_duration_ms=silence_ms
            )
            outcomes = await measure(clips, rules, listener)
            points.append(point(f"silence {silence_ms} ms", ALONE, outcomes))
            show(points[-1], outcomes)
        is_good = True
        for eagerness in EAGERNESS:
            outcomes = await measure(clips, TurnRules.semantic_vad(eagerness), listener)
            points.append(point(f"words, {eagerness}", WORDS, outcomes))
            show(points[-1], outcomes)
            if eagerness == "medium":
                is_good = _verdict(points, points[-1])
        return [*points, *await _with_voice(clips, listener)], len(clips), is_good
    finally:
        listener.close()


async def _with_voice(clips: list[Clip], listener: Listener) -> list[Point]:
    """Measure and print what the turn-end model adds; nothing where there is none."""
    if listener.turn_sound is None:
        print(f"no turn-end model to measure; to have one: {GET_IT}")
        return []
    points = []
    for eagerness in EAGERNESS:
        rules = TurnRules.semantic_vad(eagerness)
        outcomes = await measure(clips, rules, listener, with_voice=True)
        points.append(point(f"words and voice, {eagerness}", VOICE, outcomes))
        show(points[-1], outcomes)
    costs_ms = listener.voice_costs_ms()
    print(
        f"{listener.turn_sound.name}: {len(costs_ms)} calls beside the recogniser, median "
        f"{statistics.median(costs_ms):.0f} ms, longest {costs_ms[-1]} ms"
    )
    return points


def _verdict(points: list[Point], default: Point) -> bool:
    """Say what silence alone costs for as few cut-offs, and whether the target is met."""
    as_safe = [p for p in points if p.group == ALONE and p.cut_off <= default.cut_off]
    if as_safe:
        best = min(as_safe, key=lambda found: found.wait_ms)
        ratio = default.wait_ms / best.wait_ms
        print(f"default: {ratio:.2f} × the wait of {best.label}, as safe as it")
    is_good = default.cut_off <= MOST_CUT_OFF and default.wait_ms <= LONGEST_MEDIAN_MS
    wanted = f"at most {100 * MOST_CUT_OFF:.0f} % cut off, median wait {LONGEST_MEDIAN_MS} ms"
    print(f"default: {'meets' if is_good else 'MISSES'} the target ({wanted})")
    return is_good


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, help="clips and a manifest.json of your own")
    parser.add_argument("--turn-model", default=AUTO, help="off, auto, or an .onnx file")
    parser.add_argument("--picture", type=Path, default=Path("out/turn-taking.svg"))
    options = parser.parse_args()
    points, turns, is_good = asyncio.run(run(options.folder, options.turn_model))
    options.picture.parent.mkdir(parents=True, exist_ok=True)
    options.picture.write_text(draw(points, turns), encoding="utf-8")
    print(f"The curve is in {options.picture}.")
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
