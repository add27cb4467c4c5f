"""The low-delay resampler: pitch, level, delay, aliases, and blocks that keep their length."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.audio.jack_lab import pitch_hz
from voice.audio.low_delay import LowDelayResampler
from voice.audio.pcm import Pcm

CARD_RATES = [8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 88_200, 96_000]


def sine(hertz: float, rate_hz: int, seconds: float = 1.0) -> Pcm:
    times = np.arange(int(rate_hz * seconds)) / rate_hz
    return np.asarray(np.rint(12_000 * np.sin(2 * np.pi * hertz * times)), np.int16)


def in_blocks(resampler: LowDelayResampler, pcm: Pcm, size: int) -> list[Pcm]:
    return [resampler.push(pcm[start : start + size]) for start in range(0, pcm.size, size)]


@pytest.mark.parametrize("rate_hz", CARD_RATES)
def test_a_tone_keeps_pitch_and_level_at_every_rate(rate_hz: int) -> None:
    resampler = LowDelayResampler(rate_hz, 24_000)

    out = np.concatenate(in_blocks(resampler, sine(1_000, rate_hz), rate_hz // 100))

    assert out.size == pytest.approx(24_000, abs=240)
    assert pitch_hz(out, 24_000) == pytest.approx(1_000, abs=1.5)
    assert np.abs(out[2_400:]).max() == pytest.approx(12_000, rel=0.01)


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 32_000, 44_100, 48_000, 96_000])
def test_every_block_of_10_ms_comes_out_as_one_from_the_first_on(rate_hz: int) -> None:
    to_us = LowDelayResampler(rate_hz, 24_000)
    from_us = LowDelayResampler(24_000, rate_hz)

    there = in_blocks(to_us, sine(300, rate_hz), rate_hz // 100)
    back = in_blocks(from_us, sine(300, 24_000), 240)

    assert {block.size for block in there} == {240}
    assert {block.size for block in back} == {rate_hz // 100}


@pytest.mark.parametrize("rate_hz", CARD_RATES)
def test_the_delay_is_what_it_says_and_at_most_1_5_ms(rate_hz: int) -> None:
    resampler = LowDelayResampler(rate_hz, 24_000)
    click = np.zeros(rate_hz // 10, np.int16)
    click[rate_hz // 20] = 20_000

    out = resampler.push(click)

    late_s = np.abs(out).argmax() / 24_000 - (rate_hz // 20) / rate_hz
    assert resampler.delay_s <= 0.0015
    assert late_s == pytest.approx(resampler.delay_s, abs=1 / 24_000)


@pytest.mark.parametrize("rate_hz", [44_100, 48_000, 96_000])
def test_what_our_rate_cannot_carry_is_taken_out(rate_hz: int) -> None:
    out = LowDelayResampler(rate_hz, 24_000).push(sine(15_000, rate_hz))

    assert np.abs(out[2_400:]).max() < 12_000 / 1_000


def test_equal_rates_pass_through_untouched() -> None:
    resampler = LowDelayResampler(24_000, 24_000)
    pcm = sine(440, 24_000)

    np.testing.assert_array_equal(resampler.push(pcm), pcm)
    assert resampler.delay_s == 0.0
    assert resampler.inputs_for(240) == resampler.outputs_of(240) == 240


def test_a_rate_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="positive rates"):
        LowDelayResampler(0, 24_000)


@settings(deadline=None, max_examples=60)
@given(
    rates=st.sampled_from([(r, 24_000) for r in CARD_RATES] + [(24_000, r) for r in CARD_RATES]),
    sizes=st.lists(st.integers(0, 700), max_size=20),
    wanted=st.integers(1, 1_000),
)
def test_any_cutting_gives_the_same_samples_and_the_counts_are_told_beforehand(
    rates: tuple[int, int], sizes: list[int], wanted: int
) -> None:
    whole, cut = LowDelayResampler(*rates), LowDelayResampler(*rates)
    pcm = np.asarray(np.random.default_rng(1).normal(0, 3_000, sum(sizes)), np.int16)
    pieces = []
    at = 0
    for size in sizes:
        told = cut.outputs_of(size)
        pieces.append(cut.push(pcm[at : at + size]))
        at += size
        assert pieces[-1].size == told

    together = np.concatenate([*pieces, np.zeros(0, np.int16)])
    np.testing.assert_array_equal(together, whole.push(pcm))
    needed = cut.inputs_for(wanted)
    assert cut.outputs_of(needed) >= wanted > cut.outputs_of(needed - 1)
