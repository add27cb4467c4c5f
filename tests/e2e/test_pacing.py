"""The transcript of a spoken answer never runs far ahead of its audio: the real voice at length.

Counted in what was sent, never in wall time. The lead at a moment is the time at which the last
word sent has sounded, less the audio sent by then: how long a reader would be ahead of a listener
who plays all that came.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest

from tests.e2e.spoken_kit import Answer, Word, talking, truth_of
from voice.engines.ports import Engines
from voice.engines.scripted import ScriptedBrain
from voice.engines.speech import SpeechEngines, load_speech

LONGEST_LEAD_MS = 1_500
"""A caption: what a reader takes in at a glance."""

LONGEST_LAG_MS = 500
"""Nor may words come long after their sound: captions would be empty."""

SENTENCES = (
    "Once upon a time there was a small village at the edge of a deep forest, and in that village "
    "lived an old carpenter who made the finest chairs in the whole country, which people came "
    "from far away to buy, although he never asked for more than a loaf of bread and some honey.",
    "One day a stranger knocked at his door.",
    "He wanted a chair that no one could ever break, and he would pay for it with gold.",
    "The carpenter thought about it all night, then he took his axe and went into the forest, "
    "where he looked for the oldest oak of all, and when he had found it he sat down under it, "
    "ate his bread, and fell asleep until the evening came.",
    "He came home without any wood at all.",
)
ANSWERS = {
    "one long sentence": SENTENCES[0],
    "a story": " ".join(SENTENCES),
    "no comma": " and ".join(sentence.replace(",", "").rstrip(".") for sentence in SENTENCES) + ".",
}


@pytest.fixture(scope="module")
def speech() -> Iterator[SpeechEngines]:
    engines = load_speech(seed=7)
    yield engines
    engines.close()


def leads_ms(answer: Answer, words: list[Word], audio_ms: int) -> list[int]:
    """Return the lead after each event of the answer, the last words included."""
    ends: list[int] = []
    for word in words:
        ends += [word.end_ms] * len(word.text)
    text_chars, audio_bytes, leads = 0, 0, []
    for event in answer.events:
        match event["type"]:
            case "response.output_audio_transcript.delta":
                text_chars += len(event["delta"])
            case "response.output_audio.delta":
                audio_bytes += len(base64.b64decode(event["delta"]))
            case _:
                continue
        said_ms = ends[text_chars - 1] if text_chars else 0
        leads.append(min(said_ms, audio_ms) - audio_bytes // 48)
    return leads


@pytest.mark.parametrize("text", ANSWERS.values(), ids=ANSWERS)
@pytest.mark.parametrize("dialect", ["ga", "beta"])
async def test_text_never_runs_far_ahead_of_the_audio(
    speech: SpeechEngines, text: str, dialect: str
) -> None:
    words, pcm = await truth_of(text, speech.tts)
    brain = ScriptedBrain([text])
    engines = Engines(speech.vad, speech.turn_end, speech.stt, brain, speech.tts)
    async with talking(engines, dialect) as talker:
        await talker.ask()
        answer = await talker.hear()
    leads = leads_ms(answer, words, len(pcm) // 24)
    assert answer.transcript == text
    assert len(answer.audio) // 48 > 10_000
    assert max(leads) <= LONGEST_LEAD_MS
    assert -min(leads) <= LONGEST_LAG_MS
