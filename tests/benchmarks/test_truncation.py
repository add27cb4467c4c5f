"""What a speaker reports after it was cut, against what came out of a virtual card."""

import asyncio

import numpy as np
import pytest

from benchmarks.truncation import count_heard, faults, measure, numbered, table
from benchmarks.virtual_card import NoVirtualCard, VirtualCard
from voice.audio.fades import FADE_SAMPLES, Fader, settled

pytestmark = pytest.mark.device


def silence(count):
    return np.zeros(count, np.int16)


def test_numbered_samples_are_counted_through_fades_and_pauses():
    fader = Fader()
    fall = fader.fall(numbered(20_000, FADE_SAMPLES))
    rise = fader.rise(numbered(20_000 + FADE_SAMPLES, 3_000))
    sound = np.concatenate([silence(99), numbered(0, 20_000), fall, silence(500), rise])

    assert count_heard(sound) == (23_000 + FADE_SAMPLES, 0)


def test_what_lets_a_hole_down_is_no_speech():
    hole = np.concatenate([settled(int(numbered(999, 1)[0])), silence(77)])

    assert count_heard(np.concatenate([numbered(0, 1_000), hole, numbered(1_000, 500)])) == (
        1_500,
        0,
    )


@pytest.mark.parametrize("begin", [990, 1_010])
def test_a_join_that_loses_or_doubles_samples_is_found(begin):
    sound = np.concatenate([numbered(0, 1_000), silence(50), numbered(begin, 500)])

    assert count_heard(sound)[1] == 1


@pytest.mark.device
def test_a_dozen_interruptions_are_reported_as_they_were_heard():
    try:
        with VirtualCard() as card:
            cuts = asyncio.run(measure(12, 5, card))
    except NoVirtualCard as error:
        pytest.skip(str(error))

    if sum(cut.xruns for cut in cuts if cut.kind != "stalled") > 3:
        pytest.skip("the virtual card lost many periods: the machine is too busy")
    assert not faults(cuts), table(cuts)
    assert len(cuts) == 12
