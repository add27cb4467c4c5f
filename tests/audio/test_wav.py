import io
import struct
import wave

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.audio.pcm import encode_alaw, encode_ulaw, to_float
from voice.audio.wav import (
    is_wav,
    read_wav_blocks,
    read_wav_format,
    streamed_wav_header,
    write_stereo_wav,
    write_wav,
)
from voice.errors import AudioFileError

TONE = (np.sin(np.arange(2000) * 0.05) * 20_000).astype(np.int16)


def riff(coding, channels, rate_hz, bits, data, *, data_bytes=None, extra=b"", before=b""):
    """Return a WAV file with any header."""
    layout = struct.pack("<HHIIHH", coding, channels, rate_hz, 0, 0, bits) + extra
    size = len(data) if data_bytes is None else data_bytes
    chunks = b"fmt " + struct.pack("<I", len(layout)) + layout
    chunks += before + b"data" + struct.pack("<I", size) + data
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def read(content):
    file = io.BytesIO(content)
    wav = read_wav_format(file, "some.wav")
    return np.concatenate([np.zeros(0, np.float32), *read_wav_blocks(file, wav)])


def packed_24(samples):
    return (samples.astype("<i4") << 8).view(np.uint8).reshape(-1, 4)[:, :3].tobytes()


@pytest.mark.parametrize(
    ("coding", "bits", "data", "tolerance"),
    [
        (1, 8, ((TONE >> 8) + 128).astype(np.uint8).tobytes(), 1 / 128),
        (1, 16, TONE.tobytes(), 0),
        (1, 24, packed_24(TONE), 0),
        (1, 32, (TONE.astype("<i4") << 16).tobytes(), 0),
        (3, 32, to_float(TONE).astype("<f4").tobytes(), 0),
        (3, 64, to_float(TONE).astype("<f8").tobytes(), 0),
        (6, 8, encode_alaw(TONE), 0.02),
        (7, 8, encode_ulaw(TONE), 0.02),
    ],
)
def test_every_coding_is_read(coding, bits, data, tolerance):
    samples = read(riff(coding, 1, 24_000, bits, data))
    assert samples.dtype == np.float32
    assert np.abs(samples - to_float(TONE)).max() <= tolerance


def test_the_extensible_header_names_the_coding_in_its_tail():
    extra = struct.pack("<HHIH", 22, 16, 0, 1) + bytes(14)
    samples = read(riff(0xFFFE, 1, 24_000, 16, TONE.tobytes(), extra=extra))
    assert np.array_equal(samples, to_float(TONE))


def test_channels_are_mixed_to_one():
    both = np.stack([TONE, np.zeros_like(TONE)], axis=1)
    assert np.allclose(read(riff(1, 2, 24_000, 16, both.tobytes())), to_float(TONE) / 2, atol=1e-6)


def test_unknown_chunks_before_the_samples_are_skipped():
    note = b"LIST" + struct.pack("<I", 5) + b"hello\0"
    assert read(riff(1, 1, 24_000, 16, TONE.tobytes(), before=note)).size == TONE.size


@pytest.mark.parametrize("claimed", [0, 0xFFFFFFFF, 0x7FFFFFFF])
def test_a_length_beyond_the_file_means_to_its_end(claimed):
    assert read(riff(1, 1, 24_000, 16, TONE.tobytes(), data_bytes=claimed)).size == TONE.size


def test_a_sample_cut_in_half_at_the_end_is_dropped():
    assert read(riff(1, 2, 24_000, 16, TONE.tobytes() + b"x")).size == TONE.size // 2


def test_floats_that_are_no_numbers_become_silence():
    odd = np.array([np.nan, np.inf, -9.0], "<f4").tobytes()
    assert read(riff(3, 1, 24_000, 32, odd)).tolist() == [0.0, 1.0, -1.0]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (riff(1, 0, 24_000, 16, b"ab"), "claims 0 channels"),
        (riff(1, 65_535, 24_000, 16, b"ab"), "claims 65535 channels"),
        (riff(1, 1, 0, 16, b"ab"), "claims 0 samples per second"),
        (riff(1, 1, 4_000_000_000, 16, b"ab"), "claims 4000000000 samples per second"),
        (riff(1, 1, 24_000, 12, b"ab"), "WAV coding 1 with 12 bits"),
        (riff(1, 1, 24_000, 0, b"ab"), "WAV coding 1 with 0 bits"),
        (riff(17, 1, 24_000, 4, b"ab"), "WAV coding 17 with 4 bits"),
        (b"RIFF\0\0\0\0WAVE", "holds no samples"),
        (b"RIFF\0\0\0\0WAVEdata\2\0\0\0ab", "its samples have no format"),
        (b"RIFF\0\0\0\0WAVEfmt \4\0\0\0abcd", "its format has 4 bytes"),
    ],
)
def test_headers_that_make_no_sense_are_refused_with_the_reason(content, message):
    with pytest.raises(AudioFileError, match=f"some.wav .*{message}"):
        read(content)


@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_refused(tail):
    content = b"RIFF\0\0\0\0WAVE" + tail
    assert is_wav(content)
    try:
        assert read(content).dtype == np.float32
    except AudioFileError as error:
        assert "some.wav" in str(error)


def test_a_written_file_is_one_that_others_can_read(tmp_path):
    path = tmp_path / "tone.wav"
    write_wav(path, TONE, 24_000)
    with wave.open(str(path)) as file:
        assert file.getparams()[:4] == (1, 2, 24_000, TONE.size)
        assert file.readframes(TONE.size) == TONE.tobytes()


def test_stereo_has_both_sides_and_the_length_of_the_longer(tmp_path):
    path = tmp_path / "both.wav"
    write_stereo_wav(path, TONE, TONE[:100], 24_000)
    with wave.open(str(path)) as file:
        frames = np.frombuffer(file.readframes(TONE.size), "<i2").reshape(-1, 2)
    assert np.array_equal(frames[:, 0], TONE)
    assert np.array_equal(frames[:100, 1], TONE[:100])
    assert not frames[100:, 1].any()


def test_a_file_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(AudioFileError, match="cannot write .*missing.*No such file"):
        write_wav(tmp_path / "missing" / "tone.wav", TONE, 24_000)


def test_a_streamed_wav_is_read_to_its_end_by_us_and_by_the_standard_library():
    content = streamed_wav_header(24_000) + TONE.astype("<i2").tobytes()

    assert np.array_equal(read(content), to_float(TONE))
    with wave.open(io.BytesIO(content)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 24_000)
        assert file.readframes(TONE.size * 2) == TONE.astype("<i2").tobytes()
