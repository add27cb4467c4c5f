"""What is said in the rooms of ``benchmarks.echo``: answers, interruptions, "mm-hm", noises."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import numpy as np

import audio_fixtures
from voice.audio.files import read_audio
from voice.audio.pcm import Pcm, from_float, resample, rms_dbfs, to_float
from voice.engines.tts import HibariTts

RATE_HZ = 24_000

ANSWERS = (
    "Sure. The weather in London today is mostly cloudy, with a high of eighteen degrees. "
    "Tomorrow it will rain in the morning and clear up in the afternoon.",
    "The answer is twelve. Fifteen percent of eighty is twelve, and twenty percent is sixteen.",
    "I have set a timer for ten minutes. I will tell you when it is over. Is there anything else?",
    "Once upon a time a king had three daughters. The eldest was proud, the second was clever, and "
    "the youngest went out every morning to talk to the birds.",
    "Your list has milk, eggs, a loaf of bread, two pounds of potatoes, and washing powder.",
    "The train leaves at seven forty from platform nine, and arrives in Leeds at five past ten.",
    "Water boils at a hundred degrees at the level of the sea, and a little sooner on a mountain.",
    "Here is a joke. Why do seagulls fly over the sea? Because over a bay they would be bagels.",
    "To be or not to be is from the third act of Hamlet, which was written about sixteen hundred.",
    "You have two appointments on Tuesday: the dentist at nine, and lunch with Maria at noon.",
)
INTERRUPTIONS = (
    "Stop.", "Wait, wait.", "No, I meant Tuesday.", "Hold on a second.", "What about tomorrow?",
    "Actually, cancel that.", "Can you say that again?", "That's not what I asked.",
    "How long does it take?", "Never mind, tell me the time instead.", "Please be quiet.",
    "Turn the volume down.", "Which platform was it?", "Add butter to the list too.",
)  # fmt: skip
RECORDED = (
    "go_forward", "numbers", "digits", "something", "cards_1", "cards_2", "cards_3", "austen_1",
    "austen_2", "austen_3", "jfk",
)  # fmt: skip
SPOKEN = (
    "interrupt", "stop", "never_mind", "what_time_in_tokyo", "timer_cancel", "volume_down",
    "weather", "tell_me_a_joke", "demo_question_1", "convert_miles",
)  # fmt: skip
BACKCHANNELS = ("Mm-hm.", "Yeah.", "Right.", "Uh-huh.", "Okay.", "Mhm.", "I see.", "Sure.")


WHOLE_MS = 3_000
"""So much of a recording is said."""

_WHOLE_WORDS = {
    "austen_1": "and mr john dashwood had then leisure to",
    "austen_3": "unless to be rather cold hearted and rather selfish",
    "jfk": "and so my fellow",
}
"""What is whole of the recordings that are longer."""


@dataclass(frozen=True)
class Utterance:
    """Something a person does; the sound begins with its onset."""

    name: str
    pcm: Pcm
    words: str = ""
    """What is said; empty for a noise."""


async def spoken(tts: HibariTts, text: str, speed: float = 1.0, pitch: float = 1.0) -> Pcm:
    """Return ``text`` as somebody with a voice ``pitch`` times as high says it."""
    chunks = [chunk.pcm async for chunk in tts.speak(text, speed=speed / pitch)]
    pcm = resample(np.concatenate(chunks), tts.rate_hz, RATE_HZ)
    if pitch != 1.0:
        pcm = resample(pcm, round(RATE_HZ * pitch / 10) * 10, RATE_HZ)
    return pcm


def trimmed(pcm: Pcm) -> Pcm:
    """Return the sound from its onset on, to its end: 26 dB below its loudest 10 ms."""
    blocks = pcm[: pcm.size // 240 * 240].reshape(-1, 240).astype(np.float64)
    energy = np.square(blocks).mean(axis=1)
    loud = np.flatnonzero(energy > energy.max() * 10**-2.6)
    return pcm[int(loud[0]) * 240 : (int(loud[-1]) + 1) * 240]


def at_level(pcm: Pcm, dbfs: float) -> Pcm:
    """Return the sound with another level, clipped."""
    gain = 10 ** ((dbfs - rms_dbfs(pcm)) / 20)
    return from_float(to_float(pcm) * np.float32(gain))


def cough(random: np.random.Generator) -> Pcm:
    """Return something like a cough: two bursts of coloured noise."""
    sound = np.zeros(int(0.45 * RATE_HZ))
    for start_s, length_s in ((0.0, 0.16), (0.22, 0.2)):
        size = int(length_s * RATE_HZ)
        burst = np.convolve(random.standard_normal(size), np.hanning(12), "same")
        burst *= np.exp(-np.arange(size) / (0.04 * RATE_HZ))
        begin = int(start_s * RATE_HZ)
        sound[begin : begin + size] += burst
    return at_level((sound / np.abs(sound).max() * 20_000).astype(np.int16), -26)


def door(random: np.random.Generator) -> Pcm:
    """Return a door that falls shut: a thump with a rattle after it."""
    time_s = np.arange(int(0.4 * RATE_HZ)) / RATE_HZ
    sound = np.sin(2 * np.pi * random.uniform(60, 140) * time_s) * np.exp(-time_s / 0.08)
    sound += 0.5 * random.standard_normal(time_s.size) * np.exp(-time_s / 0.02)
    late = (time_s > 0.12) * np.exp(-np.maximum(0, time_s - 0.12) / 0.03)
    sound += 0.3 * random.standard_normal(time_s.size) * late
    return at_level((sound / np.abs(sound).max() * 20_000).astype(np.int16), -24)


@dataclass
class Corpus:
    """Everything that is said."""

    answers: list[tuple[str, Pcm]]
    interruptions: list[Utterance]
    backchannels: list[Utterance]


async def build(seed: int = 1, *, count: int = 50) -> Corpus:
    """Make ``count`` of each; takes some seconds. Equal seeds give equal sounds."""
    random = np.random.default_rng(seed)
    tts = HibariTts(seed=seed)
    try:
        answers = []
        for text in ANSWERS:
            answers.append((text, at_level(await spoken(tts, text), -22)))
        interruptions = [_recorded(name) for name in (*RECORDED, *SPOKEN)]
        while len(interruptions) < count:
            text = INTERRUPTIONS[len(interruptions) % len(INTERRUPTIONS)]
            interruptions.append(await _said(tts, random, text))
        backchannels = []
        for number in range(count):
            match number % 10:
                case 8:
                    backchannels.append(Utterance("(cough)", cough(random)))
                case 9:
                    backchannels.append(Utterance("(door)", door(random)))
                case kind:
                    backchannels.append(await _said(tts, random, BACKCHANNELS[kind]))
        await asyncio.sleep(0)
    finally:
        tts.close()
    return Corpus(answers, interruptions[:count], backchannels)


def _recorded(name: str) -> Utterance:
    clip = audio_fixtures.load_manifest()[name]
    pcm = read_audio(audio_fixtures.path(name))
    begin = clip["speech_spans_ms"][0][0] * RATE_HZ // 1_000
    end = begin + WHOLE_MS * RATE_HZ // 1_000
    words = _WHOLE_WORDS.get(name, clip["transcript"])
    return Utterance(name, at_level(trimmed(pcm[begin:end]), -26), words)


async def _said(tts: HibariTts, random: np.random.Generator, text: str) -> Utterance:
    speed, pitch = random.uniform(0.9, 1.2), random.uniform(0.75, 1.15)
    pcm = trimmed(await spoken(tts, text, speed, pitch))
    return Utterance(text, at_level(pcm, random.uniform(-30, -24)), text)
