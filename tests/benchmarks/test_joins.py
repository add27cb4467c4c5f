"""Recordings of pauses, holes and faults against what was sent."""

import numpy as np
import pytest

from benchmarks.joins import examine
from voice.audio.fades import FADE_SAMPLES, Fader, settled


def speech(count, seed=1):
    return np.random.default_rng(seed).integers(-9_000, 9_000, count).astype(np.int16)


def silence(count):
    return np.zeros(count, np.int16)


def paused(sent, at, *, go_on_at=None):
    fader = Fader()
    fall = fader.fall(sent[at : at + FADE_SAMPLES])
    begin = at + FADE_SAMPLES if go_on_at is None else go_on_at
    rise = fader.rise(sent[begin:])
    return np.concatenate([silence(300), sent[:at], fall, silence(5_000), rise, silence(900)])


def test_a_pause_between_fades_is_left_out():
    sent = speech(24_000)

    joins = examine(sent, paused(sent, 10_000))

    assert joins.is_whole
    assert joins.stretches == 2


def test_silence_that_was_sent_is_no_pause():
    sent = np.concatenate([speech(9_000), silence(4_000), speech(9_000, seed=2)])

    assert examine(sent, paused(sent, 12_000)).is_whole


def test_a_hole_whose_last_sample_is_let_down_loses_nothing():
    sent = speech(20_000)
    rise = Fader()
    rise.level = 0
    heard = [sent[:8_000], settled(int(sent[7_999])), silence(2_000), rise.rise(sent[8_000:])]

    assert examine(sent, np.concatenate(heard)).is_whole


@pytest.mark.parametrize(("by", "fault"), [(900, "lost"), (-900, "doubled")])
def test_samples_that_are_lost_or_doubled_at_a_pause_are_counted(by, fault):
    sent = speech(24_000)

    joins = examine(sent, paused(sent, 10_000, go_on_at=10_000 + FADE_SAMPLES + by))

    assert getattr(joins, fault) > 700
    assert not joins.is_whole


def test_an_end_that_never_sounded_is_lost():
    sent = speech(24_000)

    assert examine(sent, sent[:20_000]).lost > 3_900
    assert examine(sent, silence(9_000)).lost > 23_000


def test_sound_that_nobody_sent_is_strange():
    sent = speech(24_000)
    heard = np.concatenate([sent, silence(3_000), speech(4_000, seed=3)])

    assert examine(sent, heard).strange == 4_000


def test_a_wrong_sample_in_the_middle_is_strange():
    sent = speech(24_000)
    heard = sent.copy()
    heard[700] += 5

    assert examine(sent, heard).strange == 1
