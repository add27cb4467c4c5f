"""What is kept of an interrupted answer is what was heard: the real voice, through the server.

When a word has sounded is taken from the synthesiser itself, outside the server; a recogniser that
hears nothing but the audio before the cut bears witness for a part of the cuts.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

import numpy as np
import pytest

import audio_fixtures
from tests.e2e.spoken_kit import (
    Answer,
    Talker,
    Word,
    at_16_khz,
    seconds_of_silence,
    talking,
    truth_of,
)
from voice.audio.files import read_audio
from voice.engines.ports import Engines
from voice.engines.scripted import ScriptedBrain, ScriptedReply
from voice.engines.speech import SpeechEngines, load_speech

PLAIN = (
    "Yesterday seven green boats sailed quietly across the harbour while children watched from "
    "wooden bridges. Tomorrow everybody returns home before midnight, and nobody complains."
)
MARKED = "It is 3:45 PM — **you** owe $5 for *two* tickets. Call Dr. Smith 😀 at noon, please."
CLEAR = (
    "The train to Oxford leaves from the second platform. My sister bought some fresh bread and a "
    "bottle of milk at the market. We will walk along the river before dinner tonight."
)
"""Words that a recogniser takes for no others."""

CUTS_OF_ONE_ANSWER = 25
READ_BACK = 20

WIRES = [("ga", "pcm16"), ("beta", "pcm16"), ("ga", "g711_ulaw"), ("beta", "g711_alaw")]
"""Four times two answers, each cut 25 times: 200 cuts."""


@pytest.fixture(scope="module")
def speech() -> Iterator[SpeechEngines]:
    engines = load_speech(seed=7)
    yield engines
    engines.close()


def bundle(speech: SpeechEngines, *replies: str | ScriptedReply) -> Engines:
    brain = ScriptedBrain(replies, otherwise="Fine.")
    return Engines(speech.vad, speech.turn_end, speech.stt, brain, speech.tts)


def sounding(words: list[Word], kept: str) -> int:
    """Return how many words that sound are in ``kept``, which must be the answer's beginning."""
    left, count = kept, 0
    for word in words:
        if not left.strip():
            break
        assert left.startswith(word.text), f"{kept!r} is not the beginning of the answer"
        left = left.removeprefix(word.text)
        count += word.is_spoken
    return count


def heard_by(words: list[Word], cut_ms: int) -> int:
    """Return how many words that sound lie wholly before the cut."""
    return sum(word.is_spoken and word.end_ms <= cut_ms for word in words)


def assistant_texts(prompt: list[tuple[str, str]]) -> list[str]:
    return [text for role, text in prompt if role == "assistant"]


async def cut_and_check(talker: Talker, answer: Answer, words: list[Word], cut_ms: int) -> int:
    """Cut an answer; return how many words fewer than the truth were kept."""
    await talker.truncate(answer.item_id, cut_ms)
    kept = await talker.kept(answer.item_id)
    count, truth = sounding(words, kept), heard_by(words, cut_ms)
    assert truth - 1 <= count <= truth, f"cut at {cut_ms} ms: kept {kept!r}, heard {truth} words"
    shown = assistant_texts(await talker.prompt())
    assert shown == ([kept] if kept else []), f"cut at {cut_ms} ms: the brain is shown {shown}"
    return truth - count


@pytest.mark.parametrize(("dialect", "audio_format"), WIRES)
@pytest.mark.parametrize("text", [PLAIN, MARKED], ids=["plain", "marked"])
async def test_the_words_kept_are_those_whose_sound_lies_before_the_cut(
    speech: SpeechEngines, dialect: str, audio_format: str, text: str
) -> None:
    words, pcm = await truth_of(text, speech.tts)
    rng = random.Random(f"{dialect} {audio_format} {text}")
    async with talking(bundle(speech, text), dialect, audio_format) as talker:
        await talker.ask()
        answer = await talker.hear()
        sent = at_16_khz(answer.audio, audio_format)
        assert abs(len(sent) / 16 - len(pcm) / 24) < 25, "the truth tells of other audio"
        if audio_format == "pcm16":
            assert np.array_equal(np.frombuffer(answer.audio, np.int16), pcm)
        assert answer.transcript == "".join(word.text for word in words) == text
        # The latest first: what was cut off once is not brought back.
        cuts = sorted(rng.sample(range(len(pcm) // 24), CUTS_OF_ONE_ANSWER), reverse=True)
        missing = [await cut_and_check(talker, answer, words, cut_ms) for cut_ms in cuts]
    assert len(missing) == CUTS_OF_ONE_ANSWER


async def test_a_recogniser_hears_the_kept_words_in_the_audio_before_the_cut(
    speech: SpeechEngines,
) -> None:
    rng = random.Random(20)
    agreed = 0
    async with talking(bundle(speech, CLEAR)) as talker:
        await talker.ask()
        answer = await talker.hear()
        last_ms = len(answer.audio) // 48
        for cut_ms in sorted(rng.sample(range(1_000, last_ms), READ_BACK), reverse=True):
            await talker.truncate(answer.item_id, cut_ms)
            kept = plain_words(await talker.kept(answer.item_id))
            audible = at_16_khz(answer.audio[: 48 * cut_ms], "pcm16")
            heard = plain_words(
                (await speech.stt.transcribe(seconds_of_silence(audible, 0.3))).text
            )
            # A recogniser may guess at the word that the cut went through, or leave it out.
            agreed += heard[: len(kept)] == kept and len(heard) <= len(kept) + 2
    assert agreed >= READ_BACK - 2


def plain_words(text: str) -> list[str]:
    return re.sub(r"[^a-z0-9 ]", "", text.lower()).split()


@pytest.mark.parametrize("dialect", ["ga", "beta"])
@pytest.mark.parametrize("cancels", [False, True], ids=["goes on", "is cancelled"])
async def test_an_answer_cut_while_it_is_made_keeps_what_was_heard_and_nothing_later(
    speech: SpeechEngines, dialect: str, cancels: bool
) -> None:
    words, _ = await truth_of(PLAIN, speech.tts)
    reply = ScriptedReply(PLAIN, pause_after=len(PLAIN.partition(". ")[0].split()) + 3)
    async with talking(bundle(speech, reply), dialect) as talker:
        await talker.ask()
        answer = await talker.hear(stop=lambda answer: len(answer.audio) >= 48 * 2_000)
        if cancels:
            await talker.send("response.cancel")
            await talker.until("response.done")
        await talker.truncate(answer.item_id, 1_300)
        talker.brain.resume.set()
        if not cancels:
            assert (await talker.hear()).status == "completed"
        kept = await talker.kept(answer.item_id)
        assert sounding(words, kept) in (heard_by(words, 1_300), heard_by(words, 1_300) - 1)
        assert kept
        assert assistant_texts(await talker.prompt()) == [kept]


@pytest.mark.parametrize("audio_format", ["pcm16", "g711_ulaw"])
async def test_a_user_who_talks_over_the_answer_leaves_the_words_heard_to_the_brain(
    speech: SpeechEngines, audio_format: str
) -> None:
    words, _ = await truth_of(PLAIN, speech.tts)
    question = read_audio(audio_fixtures.path("demo_question_1"))
    reply = ScriptedReply(PLAIN, pause_after=20)
    async with talking(bundle(speech, reply), audio_format=audio_format) as talker:
        await talker.configure(type="server_vad", silence_duration_ms=300)
        await talker.ask()
        answer = await talker.hear(stop=lambda answer: len(answer.audio) > 8_000)
        await talker.speak(question)
        await talker.until("input_audio_buffer.speech_started")
        done = await talker.until("response.done")
        assert done["response"]["status_details"]["reason"] == "turn_detected"
        await talker.truncate(answer.item_id, 900)
        await talker.until("response.created")
        await talker.hear()
        prompt = [(message.role, message.text) for message in talker.brain.requests[-1].messages]
    (kept,) = assistant_texts(prompt)
    assert sounding(words, kept) in (heard_by(words, 900), heard_by(words, 900) - 1)
    assert "tokyo" in prompt[-1][1].lower()
    unheard = {word.text.strip() for word in words[sounding(words, kept) :]}
    assert unheard.isdisjoint(" ".join(text for _, text in prompt).split())
