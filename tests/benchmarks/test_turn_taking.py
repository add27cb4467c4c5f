"""The default rules on every spoken clip, with real engines, in the audio's own time."""

import statistics

from benchmarks.turn_curve import draw
from benchmarks.turn_taking import (
    LONGEST_MEDIAN_MS,
    MOST_CUT_OFF,
    Listener,
    load,
    measure,
    point,
)
from voice.core.turns import TurnRules
from voice.engines.smart_turn import SmartTurn

RECOGNISER_MS = 90


async def test_few_turns_are_cut_off_and_the_median_wait_is_short():
    listener = Listener(took_ms=RECOGNISER_MS)
    try:
        clips = await load(None, listener)
        outcomes = await measure(clips, TurnRules(), listener)
        eager = TurnRules.server_vad(threshold=0.5, prefix_padding_ms=300, silence_duration_ms=150)
        hasty = await measure(clips, eager, listener)
    finally:
        listener.close()
    assert len(outcomes) >= 50
    found = point("words", "silence and words", outcomes)
    assert found.cut_off <= MOST_CUT_OFF, [one.clip for one in outcomes if one.is_cut_off]
    assert found.wait_ms <= LONGEST_MEDIAN_MS
    assert found.wait_ms == statistics.median(o.wait_ms for o in outcomes if not o.is_cut_off)
    # Or nothing here could be cut off at all.
    assert point("hasty", "silence alone", hasty).cut_off > found.cut_off


async def test_a_voice_that_sounds_unfinished_makes_the_turn_wait():
    doubtful = SmartTurn(lambda pcm: 0.1, "doubtful")
    listener = Listener(took_ms=RECOGNISER_MS, turn_sound=doubtful)
    try:
        clips = (await load(None, listener))[:2]
        [*alone] = await measure(clips, TurnRules(), listener)
        [*beside] = await measure(clips, TurnRules(), listener, with_voice=True)
    finally:
        listener.close()
    added_ms = [after.wait_ms - before.wait_ms for before, after in zip(alone, beside, strict=True)]
    assert added_ms == [288, 288]
    assert listener.voice_costs_ms() == [RECOGNISER_MS, RECOGNISER_MS]


def test_the_picture_names_every_rule_and_every_group_that_has_one():
    rules = [("silence 200 ms", "silence alone"), ("words, low", "silence and words")]
    points = [point(label, group, [_outcome()]) for label, group in rules]
    picture = draw(points, 1)
    assert ">200<" in picture
    assert ">low<" in picture
    assert "voice" not in picture
    voice = point("words and voice, high", "silence, words and voice", [_outcome()])
    assert ">high<" in draw([*points, voice], 1)
    assert ">silence, words and voice<" in draw([*points, voice], 1)


def _outcome():
    from benchmarks.turn_taking import Outcome

    return Outcome("clip", "recorded", False, 300)
