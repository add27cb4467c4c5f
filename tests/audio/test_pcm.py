import sys
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.audio.pcm import (
    SILENCE_DBFS,
    Resampler,
    decode_alaw,
    decode_ulaw,
    encode_alaw,
    encode_ulaw,
    faded,
    from_bytes,
    from_float,
    mono,
    peak_dbfs,
    resample,
    rms_dbfs,
    to_bytes,
    to_float,
)

EVERY_SAMPLE = np.arange(-32768, 32768).astype(np.int16)
EVERY_BYTE = bytes(range(256))


def sine(rate_hz, hz=440.0, seconds=0.5, peak=0.5):
    time = np.arange(int(rate_hz * seconds)) / rate_hz
    return from_float((np.sin(2 * np.pi * hz * time) * peak).astype(np.float32))


def test_bytes_are_little_endian_samples():
    pcm = from_bytes(b"\x01\x00\xff\xff\x00\x80")
    assert pcm.tolist() == [1, -1, -32768]
    assert to_bytes(pcm) == b"\x01\x00\xff\xff\x00\x80"


def test_half_a_sample_is_refused():
    with pytest.raises(ValueError, match="got 3 bytes"):
        from_bytes(b"abc")


def test_floats_and_samples_turn_into_each_other_exactly():
    assert np.array_equal(from_float(to_float(EVERY_SAMPLE)), EVERY_SAMPLE)


def test_floats_out_of_range_are_clipped_and_what_is_no_number_is_silence():
    odd = np.array([2.0, -2.0, np.nan, np.inf, -np.inf], np.float32)
    assert from_float(odd).tolist() == [32767, -32768, 0, 32767, -32768]


def test_levels_are_in_decibels_of_full_scale():
    full = sine(24_000, peak=1.0)
    assert rms_dbfs(full) == pytest.approx(-3.01, abs=0.02)
    assert peak_dbfs(full) == pytest.approx(0.0, abs=0.01)
    assert peak_dbfs(np.array([-32768], np.int16)) == 0.0
    assert rms_dbfs(full // 10) == pytest.approx(-23.01, abs=0.05)


@pytest.mark.parametrize("pcm", [np.zeros(0, np.int16), np.zeros(10, np.int16)])
def test_silence_has_the_lowest_level(pcm):
    assert rms_dbfs(pcm) == peak_dbfs(pcm) == SILENCE_DBFS


def test_ulaw_agrees_with_known_vectors():
    pcm = np.array([0, 4, -4, 100, -100, 1000, -1000, 32635, 32767, -32768], np.int16)
    assert encode_ulaw(pcm).hex() == "fffe7ef272ce4e808000"
    assert decode_ulaw(b"\xff\x7f\x80\x00\xce").tolist() == [0, 0, 32124, -32124, 988]


def test_alaw_agrees_with_known_vectors():
    pcm = np.array([0, 8, -8, 100, -100, 1000, -1000, 32767, -32768], np.int16)
    assert encode_alaw(pcm).hex() == "d5d555d353fa7aaa2a"
    assert decode_alaw(b"\xd5\x55\xaa\x2a\xfa").tolist() == [8, -8, 32256, -32256, 1008]


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="the standard library dropped audioop")
def test_g711_equals_the_standard_library_for_every_sample_and_every_byte():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import audioop
    wide = to_bytes(EVERY_SAMPLE)
    assert encode_ulaw(EVERY_SAMPLE) == audioop.lin2ulaw(wide, 2)
    assert encode_alaw(EVERY_SAMPLE) == audioop.lin2alaw(wide, 2)
    assert to_bytes(decode_ulaw(EVERY_BYTE)) == audioop.ulaw2lin(EVERY_BYTE, 2)
    assert to_bytes(decode_alaw(EVERY_BYTE)) == audioop.alaw2lin(EVERY_BYTE, 2)


def test_decoded_g711_encodes_to_itself():
    # mu-law has two zeros; the negative one comes back as the positive.
    assert encode_ulaw(decode_ulaw(EVERY_BYTE)) == EVERY_BYTE.replace(b"\x7f", b"\xff")
    assert encode_alaw(decode_alaw(EVERY_BYTE)) == EVERY_BYTE


@pytest.mark.parametrize(
    ("in_hz", "out_hz"), [(24_000, 16_000), (16_000, 24_000), (48_000, 24_000), (8_000, 24_000)]
)
def test_resampling_keeps_a_tone_and_the_length(in_hz, out_hz):
    out = resample(sine(in_hz), in_hz, out_hz)
    expected = sine(out_hz)
    assert out.size == pytest.approx(expected.size, abs=2)
    middle = slice(out_hz // 20, out_hz // 3)
    assert np.abs(out[middle].astype(int) - expected[middle]).max() < 40


@pytest.mark.parametrize("quality", ["low_delay", "high"])
def test_a_stream_in_chunks_equals_the_stream_at_once(quality):
    pcm = sine(24_000)
    chunked, whole = Resampler(24_000, 16_000, quality), Resampler(24_000, 16_000, quality)
    parts = [chunked.push(pcm[i : i + 480]) for i in range(0, pcm.size, 480)]
    once = np.concatenate([whole.push(pcm), whole.flush()])
    pieces = np.concatenate([*parts, chunked.flush()])
    assert pieces.size == once.size
    assert np.abs(pieces.astype(int) - once).max() <= 2


def test_the_low_delay_setting_holds_back_less_than_a_millisecond():
    resampler = Resampler(24_000, 16_000, "low_delay")
    out = sum(resampler.push(sine(24_000)[:480]).size for _ in range(10))
    assert out >= 10 * 320 - 16


def test_equal_rates_pass_through_untouched():
    resampler = Resampler(24_000, 24_000)
    pcm = sine(24_000)
    assert resampler.push(pcm) is pcm
    assert resampler.flush().size == 0


@pytest.mark.parametrize("rates", [(0, 24_000), (24_000, -1)])
def test_rates_that_make_no_sense_are_refused(rates):
    with pytest.raises(ValueError, match="positive rates"):
        Resampler(*rates)


def test_channels_are_averaged():
    assert mono(np.array([[2, 4], [-2, 2]], np.int16)).tolist() == [3.0, 0.0]
    assert mono(np.array([[5], [6]], np.int16)).tolist() == [5, 6]


def test_fades_rise_from_and_fall_to_silence():
    pcm = np.full(10, 1000, np.int16)
    assert faded(pcm, fade_in_samples=4, fade_out_samples=3).tolist() == [
        *(0, 250, 500, 750),
        *(1000, 1000, 1000, 1000, 500, 0),
    ]
    assert faded(pcm, fade_in_samples=100).size == 10
    assert pcm.tolist() == [1000] * 10


@given(st.binary(max_size=200))
def test_any_bytes_are_g711(data):
    assert decode_ulaw(data).size == decode_alaw(data).size == len(data)
