"""Uploaded files to samples."""

import io
import struct
import wave

import numpy as np
import pytest

from voice.audio.ffmpeg import encode, find_ffmpeg
from voice.audio.upload import read_upload
from voice.errors import AudioFileError

NEEDS_FFMPEG = pytest.mark.skipif(find_ffmpeg() is None, reason="ffmpeg is not installed")
RATE_HZ = 24_000
TONE = (8_000 * np.sin(np.arange(RATE_HZ) * 2 * np.pi * 440 / RATE_HZ)).astype(np.int16)


def wav(pcm=TONE, rate_hz=RATE_HZ, channels=1):
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setnchannels(channels)
        written.setsampwidth(2)
        written.setframerate(rate_hz)
        written.writeframes(np.repeat(pcm, channels).astype("<i2").tobytes())
    return file.getvalue()


async def read(data, longest_s=60.0):
    return await read_upload(io.BytesIO(data), rate_hz=16_000, longest_s=longest_s)


@pytest.mark.parametrize("channels", [1, 2])
async def test_a_wav_becomes_mono_at_the_rate_asked_for(channels):
    heard = await read(wav(channels=channels))

    assert heard.dtype == np.int16
    assert heard.size == 16_000
    spectrum = np.abs(np.fft.rfft(heard.astype(float)))
    assert np.argmax(spectrum) == 440


@NEEDS_FFMPEG
async def test_a_compressed_file_is_read():
    async def source():
        yield TONE.tobytes()

    data = b"".join([part async for part in encode(source(), "mp3", rate_hz=RATE_HZ)])

    assert (await read(data)).size == pytest.approx(16_000, abs=2_000)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"hello", "known kind"),
        (b"#EXTM3U\nfile:///etc/passwd\n", "known kind"),
        (wav()[:30], "damaged"),
        (wav(TONE[:0]), "no audio"),
        (wav()[:44], "no audio"),
        (
            wav().replace(struct.pack("<I", RATE_HZ), struct.pack("<I", 4_000_000_000), 1),
            "make sense",
        ),
    ],
)
async def test_a_file_that_cannot_be_used_says_why(data, words):
    with pytest.raises(AudioFileError, match=words):
        await read(data)


async def test_a_wav_that_is_too_long_is_refused_before_it_is_decoded():
    with pytest.raises(AudioFileError, match="longer than"):
        await read(wav(), longest_s=0.5)


@NEEDS_FFMPEG
async def test_a_compressed_file_that_is_too_long_is_refused():
    async def source():
        yield np.tile(TONE, 4).tobytes()

    data = b"".join([part async for part in encode(source(), "flac", rate_hz=RATE_HZ)])

    with pytest.raises(AudioFileError, match="longer than"):
        await read(data, longest_s=2.0)


@NEEDS_FFMPEG
async def test_a_damaged_compressed_file_says_why():
    with pytest.raises(AudioFileError, match="damaged, or without sound"):
        await read(b"OggS" + bytes(500))


async def test_without_ffmpeg_only_wav_is_read(monkeypatch):
    monkeypatch.setenv("PATH", "")

    assert (await read(wav())).size == 16_000
    with pytest.raises(AudioFileError, match="apt-get install ffmpeg"):
        await read(b"ID3\x04" + bytes(100))
