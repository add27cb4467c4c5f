"""The table: what words and sound make of the wait for the end of a turn."""

import pytest

from voice.core.turn_evidence import SOONEST_MS, TurnEvidence
from voice.core.turns import TurnRules

MEDIUM = (224, 500, 1_200)
FINISHED, UNSURE, UNFINISHED = 0.95, 0.6, 0.1


@pytest.mark.parametrize(
    ("words", "sound", "wait_ms"),
    [
        (0.9, None, 224),
        (0.9, FINISHED, 224),
        (0.9, UNSURE, 224),
        (0.9, UNFINISHED, 500),
        (0.5, None, 500),
        (0.5, FINISHED, 429),
        (0.5, UNSURE, 500),
        (0.5, UNFINISHED, 1_200),
        (0.1, None, 1_200),
        (0.1, FINISHED, 1_029),
        (0.1, UNSURE, 1_200),
        (0.1, UNFINISHED, 1_200),
        (None, None, 500),
        (None, FINISHED, 429),
        (None, UNSURE, 500),
        (None, UNFINISHED, 1_200),
    ],
)
def test_the_sound_shifts_what_the_words_say(words, sound, wait_ms):
    assert TurnEvidence(words, sound).wait_ms(MEDIUM) == wait_ms


@pytest.mark.parametrize("eagerness", ["high", "medium", "low"])
@pytest.mark.parametrize("words", [0.9, 0.5, 0.1, None])
def test_the_sound_never_waits_beyond_incomplete_words_nor_below_the_soonest(eagerness, words):
    rules = TurnRules.semantic_vad(eagerness)
    alone = rules.wait_ms(TurnEvidence(words))
    for sound in (FINISHED, UNSURE, UNFINISHED):
        wait_ms = rules.wait_ms(TurnEvidence(words, sound))
        assert min(alone, SOONEST_MS) <= wait_ms <= rules.wait_incomplete_ms


def test_an_unhurried_listener_ends_a_turn_sooner_that_is_complete_and_sounds_so():
    rules = TurnRules.semantic_vad("low")
    assert rules.wait_ms(TurnEvidence(0.9, FINISHED)) < rules.wait_ms(TurnEvidence(0.9))


def test_a_fixed_silence_knows_neither_words_nor_sound():
    rules = TurnRules.server_vad(threshold=0.5, prefix_padding_ms=0, silence_duration_ms=400)
    for sound in (None, FINISHED, UNFINISHED):
        assert rules.wait_ms(TurnEvidence(0.9, sound)) == 400


@pytest.mark.parametrize(
    ("words", "sound", "phrase"),
    [
        (None, None, ""),
        (0.9, None, " after complete words"),
        (0.5, UNSURE, " after words"),
        (0.9, FINISHED, " after complete words that sounded finished"),
        (0.1, FINISHED, " after incomplete words that sounded finished"),
        (0.9, UNFINISHED, " after complete words that sounded unfinished"),
        (None, UNFINISHED, " after a voice that sounded unfinished"),
    ],
)
def test_the_phrase_names_what_was_known(words, sound, phrase):
    assert TurnEvidence(words, sound).phrase() == phrase
