"""Pictures of sound: their shape, and known sounds where they belong."""

import numpy as np
import pytest

from voice.engines.log_mel import BANDS, RATE_HZ, LogMel, band_centres_hz

PICTURE = LogMel()


def sine(frequency_hz, *, seconds=1.0, amplitude=0.1):
    times_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return (amplitude * np.sin(2 * np.pi * frequency_hz * times_s)).astype(np.float32)


def test_a_frame_every_ten_milliseconds_has_eighty_bands():
    picture = PICTURE(sine(440.0, seconds=8.0))
    assert picture.shape == (BANDS, 800)
    assert picture.dtype == np.float32


@pytest.mark.parametrize(
    ("frequency_hz", "band"), [(447.0, 11), (1_000.0, 26), (2_500.0, 50), (6_000.0, 72)]
)
def test_a_sine_is_brightest_in_the_band_of_its_frequency(frequency_hz, band):
    assert set(PICTURE(sine(frequency_hz))[:, 5:-5].argmax(axis=0)) == {band}
    around = band_centres_hz()[[band - 1, band + 1]]
    assert around[0] < frequency_hz < around[1]


def test_the_bands_are_even_below_a_kilohertz_and_grow_above():
    steps_hz = np.diff(band_centres_hz())
    low = steps_hz[band_centres_hz()[1:] < 1_000]
    assert np.allclose(low, low[0])
    ratios = band_centres_hz()[1:] / band_centres_hz()[:-1]
    assert np.allclose(ratios[-20:], ratios[-1])
    assert band_centres_hz()[0] == pytest.approx(37.24, abs=0.01)
    assert band_centres_hz()[-1] == pytest.approx(7_698.59, abs=0.01)


def test_digital_silence_is_one_even_floor():
    picture = PICTURE(np.zeros(RATE_HZ, np.float32))
    assert np.allclose(picture, (np.log10(1e-10) + 4.0) / 4.0)


def test_loudness_makes_no_difference_and_the_range_is_eighty_decibels():
    loud = PICTURE(sine(440.0, amplitude=0.5))
    assert np.allclose(loud, PICTURE(sine(440.0, amplitude=0.05)), atol=1e-3)
    assert loud.max() - loud.min() == pytest.approx(2.0, abs=1e-5)


def test_sound_too_short_for_a_frame_is_refused():
    with pytest.raises(ValueError, match="more than 200 samples, got 200"):
        PICTURE(np.zeros(200, np.float32))
