import os
import shutil
import struct
import subprocess

import numpy as np
import pytest

import audio_fixtures
from voice.audio import files
from voice.audio.files import read_audio, write_wav
from voice.errors import AudioFileError

HAS_FFMPEG = shutil.which("ffmpeg") is not None and shutil.which("ffprobe") is not None
needs_ffmpeg = pytest.mark.skipif(not HAS_FFMPEG, reason="ffmpeg is not installed")
MP3_HEAD = b"\xff\xfb\x90\x64" + bytes(400)


def tone(rate_hz, seconds=1.0):
    return (np.sin(np.arange(int(rate_hz * seconds)) * 2 * np.pi * 440 / rate_hz) * 9000).astype(
        np.int16
    )


def refusal(path):
    with pytest.raises(AudioFileError) as caught:
        read_audio(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 22_050, 24_000, 44_100, 48_000])
def test_wav_files_of_any_rate_come_out_at_24_khz(tmp_path, rate_hz):
    write_wav(tmp_path / "tone.wav", tone(rate_hz), rate_hz)
    pcm = read_audio(tmp_path / "tone.wav")
    assert pcm.dtype == np.int16
    assert pcm.size == pytest.approx(24_000, abs=4)
    assert np.abs(pcm[2000:20_000].astype(int) - tone(24_000)[2000:20_000]).max() < 40


def test_wav_files_need_no_ffmpeg(monkeypatch):
    monkeypatch.setenv("PATH", "")
    clip = audio_fixtures.load_manifest()["jfk"]
    assert read_audio(audio_fixtures.path("jfk")).size == clip["duration_ms"] * 24


def test_a_long_file_is_read_in_blocks_without_seams(tmp_path):
    pcm = tone(24_000, 25.0)
    write_wav(tmp_path / "long.wav", pcm, 24_000)
    assert np.array_equal(read_audio(tmp_path / "long.wav"), pcm)


def test_a_missing_file_is_named(tmp_path):
    assert refusal(tmp_path / "no.wav") == f"there is no file {tmp_path / 'no.wav'}"


def test_a_directory_is_refused(tmp_path):
    assert "is a directory" in refusal(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_refused_and_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / "pipe.wav")
    assert "is no regular file" in refusal(tmp_path / "pipe.wav")


def test_an_empty_file_is_refused(tmp_path):
    (tmp_path / "empty.wav").touch()
    assert "is empty" in refusal(tmp_path / "empty.wav")


def test_a_wav_file_without_samples_is_refused(tmp_path):
    write_wav(tmp_path / "none.wav", np.zeros(0, np.int16), 24_000)
    assert "holds no audio" in refusal(tmp_path / "none.wav")


def test_text_is_refused(tmp_path):
    (tmp_path / "notes.mp3").write_text("buy milk, café\n" * 100, encoding="utf-8")
    assert "notes.mp3 is text" in refusal(tmp_path / "notes.mp3")


def test_a_file_over_half_an_hour_is_refused_before_it_is_read(tmp_path):
    write_wav(tmp_path / "long.wav", np.zeros(100, np.int16), 24_000)
    content = bytearray((tmp_path / "long.wav").read_bytes())
    content[40:44] = struct.pack("<I", 0xFFFFFFFF)
    (tmp_path / "long.wav").write_bytes(content)
    os.truncate(tmp_path / "long.wav", 44 + 1801 * 48_000)
    assert "longer than 30 minutes" in refusal(tmp_path / "long.wav")


def test_without_ffmpeg_other_kinds_name_the_package_to_install(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    (tmp_path / "song.mp3").write_bytes(MP3_HEAD)
    message = refusal(tmp_path / "song.mp3")
    assert "is not a WAV file" in message
    assert "apt-get install ffmpeg" in message


def test_an_unreadable_file_is_refused_with_the_systems_reason(tmp_path, monkeypatch):
    def refuse(self):
        raise PermissionError(13, "Permission denied")

    (tmp_path / "secret.wav").write_bytes(b"x")
    monkeypatch.setattr(files.Path, "stat", refuse)
    assert "Permission denied" in refusal("secret.wav")


@needs_ffmpeg
@pytest.mark.parametrize("kind", ["mp3", "ogg", "flac", "m4a"])
def test_compressed_files_are_read(tmp_path, kind):
    source = tmp_path / "tone.wav"
    write_wav(source, tone(44_100, 2.0), 44_100)
    target = tmp_path / f"-tone.{kind}"
    command = ["ffmpeg", "-loglevel", "error", "-i", str(source), str(target)]
    subprocess.run(command, check=True, timeout=15)

    pcm = read_audio(target)

    assert pcm.size == pytest.approx(48_000, rel=0.1)
    assert np.sqrt(np.mean(pcm.astype(float) ** 2)) == pytest.approx(9000 / 2**0.5, rel=0.15)


@needs_ffmpeg
def test_a_name_like_an_option_is_a_file_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "-version").write_bytes(MP3_HEAD)
    assert "-version is not audio" in refusal("-version")


@needs_ffmpeg
def test_bytes_that_are_no_audio_are_refused(tmp_path):
    junk = np.random.default_rng(0).integers(0, 256, 5000, dtype=np.uint8).tobytes()
    (tmp_path / "junk.ogg").write_bytes(junk)
    assert "is not audio that ffmpeg can read" in refusal(tmp_path / "junk.ogg")
