"""Cuts that do not click."""

import numpy as np

from voice.audio.fades import FADE_SAMPLES, Fader, settled

LOUD = np.full(FADE_SAMPLES, 12_000, np.int16)


def test_what_is_not_cut_is_not_touched() -> None:
    assert Fader().rise(LOUD) is LOUD


def test_a_fall_ends_near_silence_and_a_rise_begins_there() -> None:
    fader = Fader()
    fall = fader.fall(LOUD)
    level = fader.level
    rise = fader.rise(np.concatenate([LOUD, LOUD]))

    assert level == 0
    assert fader.level == FADE_SAMPLES
    assert (fall[0], fall[-1]) == (12_000, 100)
    assert (rise[0], rise[FADE_SAMPLES - 1], rise[-1]) == (100, 12_000, 12_000)


def test_a_fade_that_turns_round_goes_on_from_its_level() -> None:
    fader = Fader()
    sound = np.concatenate([fader.fall(LOUD[:50]), fader.rise(LOUD), fader.fall(LOUD)])

    assert np.abs(np.diff(sound.astype(int))).max() <= 100


def test_a_sample_is_let_down_to_zero() -> None:
    for value in (-32_768, -5, 0, 32_767):
        fade = settled(value)
        assert fade.size == FADE_SAMPLES
        assert fade[0] == value
        assert abs(int(fade[-1])) <= 274
