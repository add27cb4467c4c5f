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


def test_the_picture_names_every_rule():
    rules = [("silence 200 ms", "silence alone"), ("words, low", "silence and words")]
    points = [point(label, group, [_outcome()]) for label, group in rules]
    picture = draw(points, 1)
    assert ">200<" in picture
    assert ">low<" in picture


def _outcome():
    from benchmarks.turn_taking import Outcome

    return Outcome("clip", "recorded", False, 300)
