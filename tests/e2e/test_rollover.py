"""A session is renewed while somebody talks, with the real ears and voice, and nobody notices."""

from collections.abc import Iterator

import pytest

from benchmarks.rollover import ANSWER, QUESTIONS, clip, rollovers
from voice.engines.ports import Engines
from voice.engines.scripted import ScriptedBrain
from voice.engines.speech import load_speech

LONGEST_GAP_MS = 100


@pytest.fixture(scope="module")
def engines() -> Iterator[Engines]:
    speech = load_speech(seed=7)
    yield Engines(speech.vad, speech.turn_end, speech.stt, ScriptedBrain(), speech.tts)
    speech.close()


async def test_nobody_notices_a_renewal_between_two_turns(engines: Engines) -> None:
    questions = [clip(name) for name in QUESTIONS[:2]]

    found = await rollovers(engines, questions, session_s=5, renewals=1)

    assert {renewal.restored for renewal in found.renewed} == {"full"}
    assert found.trouble == []
    assert found.gap_ms <= LONGEST_GAP_MS
    assert found.dropped_ms == 0
    said = [("user", text) for text in found.heard]
    assert [entry for entry in found.prompt if entry[0] == "user"] == said
    assert [text for role, text in found.prompt if role == "assistant"] == [ANSWER] * (
        len(said) - 1
    )


async def test_a_sentence_that_outlasts_the_session_is_heard_whole(engines: Engines) -> None:
    found = await rollovers(engines, [clip("austen_1")], session_s=5, renewals=1)

    assert [renewal.restored for renewal in found.renewed] == ["full"]
    assert found.trouble == []
    assert found.gap_ms <= LONGEST_GAP_MS
    assert found.dropped_ms == 0
    words = " ".join(found.heard).lower()
    assert "dashwood" in words
    assert words.count("leisure to consider how much") == 1
    said = [("user", text) for text in found.heard]
    assert [entry for entry in found.prompt if entry[0] == "user"] == said
