"""ffmpeg behind its fence. What ffmpeg itself does is tested where it is installed."""

import asyncio
import subprocess

import numpy as np
import pytest

from voice.audio import ffmpeg
from voice.audio.ffmpeg import ENCODERS, decode, demuxer_of, encode, find_ffmpeg
from voice.errors import AudioFileError

NEEDS_FFMPEG = pytest.mark.skipif(find_ffmpeg() is None, reason="ffmpeg is not installed")
RATE_HZ = 24_000
TONE = (8_000 * np.sin(np.arange(RATE_HZ) * 2 * np.pi * 440 / RATE_HZ)).astype(np.int16)


async def chunks(pcm, size=4_800):
    for start in range(0, pcm.size, size):
        yield pcm[start : start + size].tobytes()


async def encoded(audio_format, pcm=TONE):
    return b"".join([data async for data in encode(chunks(pcm), audio_format, rate_hz=RATE_HZ)])


@pytest.mark.parametrize(
    ("head", "demuxer"),
    [
        (b"ID3\x04", "mp3"),
        (b"\xff\xfb\x90\x00", "mp3"),
        (b"\xff\xf1\x58\x40", "aac"),
        (b"OggS\x00", "ogg"),
        (b"fLaC", "flac"),
        (b"\x1aE\xdf\xa3", "matroska"),
        (b"\x00\x00\x00\x1cftypM4A ", "mov"),
        (b"#EXTM3U\n/etc/passwd", None),
        (b"ffconcat version 1.0", None),
        (b"<smil>", None),
        (b"\xff", None),
        (b"", None),
    ],
)
def test_a_demuxer_is_chosen_by_the_first_bytes_alone(head, demuxer):
    assert demuxer_of(head) == demuxer


@NEEDS_FFMPEG
@pytest.mark.parametrize("audio_format", ENCODERS)
async def test_what_is_encoded_decodes_to_the_same_tone(audio_format):
    data = await encoded(audio_format)

    demuxer = demuxer_of(data[:16])
    assert demuxer is not None
    heard = await decode(data, demuxer, rate_hz=RATE_HZ, longest_s=10)

    assert heard.size == pytest.approx(TONE.size, abs=RATE_HZ // 8)
    spectrum = np.abs(np.fft.rfft(heard.astype(float)))
    assert np.argmax(spectrum) * RATE_HZ / heard.size == pytest.approx(440, abs=3)


@NEEDS_FFMPEG
async def test_an_mp4_with_its_table_at_the_end_is_read(tmp_path):
    noise = np.random.default_rng(1).integers(-9_000, 9_000, 20 * RATE_HZ).astype("<i2")
    path = tmp_path / "late.m4a"
    arguments = ["-f", "s16le", "-ar", str(RATE_HZ), "-ac", "1", "-i", "pipe:0", "-b:a", "128k"]
    program = find_ffmpeg()
    assert program is not None
    command = [program, "-loglevel", "error", *arguments, str(path)]
    await asyncio.to_thread(subprocess.run, command, input=noise.tobytes(), check=True)
    data = path.read_bytes()
    assert data.index(b"moov") > data.index(b"mdat")

    heard = await decode(data, "mov", rate_hz=16_000, longest_s=60)

    assert heard.size == pytest.approx(20 * 16_000, abs=2_000)


@NEEDS_FFMPEG
async def test_only_as_much_as_is_allowed_is_decoded():
    data = await encoded("flac", np.tile(TONE, 5))

    assert (await decode(data, "flac", rate_hz=16_000, longest_s=2)).size == 32_000


@NEEDS_FFMPEG
@pytest.mark.parametrize("demuxer", ["mp3", "aac", "ogg", "flac", "matroska", "mov"])
@pytest.mark.parametrize(
    "data",
    [b"", b"\x00" * 1_000, b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", bytes(range(256)) * 50],
)
async def test_what_is_no_audio_is_refused(demuxer, data):
    with pytest.raises(AudioFileError):
        await decode(data, demuxer, rate_hz=16_000, longest_s=10)


@NEEDS_FFMPEG
async def test_a_playlist_that_says_it_is_mp3_opens_nothing(tmp_path):
    secret = tmp_path / "secret.wav"
    secret.write_bytes(b"RIFF" + bytes(100))
    playlist = b"ID3\x04\x00\x00\x00\x00\x00\x00#EXTM3U\n" + f"file://{secret}\n".encode()

    with pytest.raises(AudioFileError):
        await decode(playlist, "mp3", rate_hz=16_000, longest_s=10)


@NEEDS_FFMPEG
async def test_decoding_that_takes_too_long_is_stopped(monkeypatch):
    data = await encoded("flac")
    monkeypatch.setattr(ffmpeg, "DECODE_LIMIT_S", 0.0)

    with pytest.raises(AudioFileError, match="longer than"):
        await decode(data, "flac", rate_hz=16_000, longest_s=10)


@NEEDS_FFMPEG
async def test_memory_is_limited(monkeypatch):
    monkeypatch.setattr(ffmpeg, "MEMORY_BYTES", 1 << 20)

    with pytest.raises(AudioFileError):
        await encoded("mp3", np.tile(TONE, 30))


@NEEDS_FFMPEG
async def test_closing_an_encoder_ends_its_process_and_its_source():
    is_closed = asyncio.Event()

    async def endless():
        try:
            while True:
                yield TONE.tobytes()
        finally:
            is_closed.set()

    source = endless()
    stream = encode(source, "mp3", rate_hz=RATE_HZ)
    assert await anext(stream)
    await stream.aclose()
    await source.aclose()

    assert is_closed.is_set()


@NEEDS_FFMPEG
async def test_a_failure_of_the_source_comes_through():
    async def broken():
        yield TONE.tobytes()
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        async for _ in encode(broken(), "mp3", rate_hz=RATE_HZ):
            pass


@pytest.mark.parametrize("path", ["", "."])
async def test_without_ffmpeg_one_line_says_so(monkeypatch, tmp_path, path):
    (tmp_path / "ffmpeg").write_text("#!/bin/sh\n")
    (tmp_path / "ffmpeg").chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", path)

    assert find_ffmpeg() is None
    with pytest.raises(AudioFileError, match="ffmpeg"):
        await decode(b"", "mp3", rate_hz=16_000, longest_s=10)
