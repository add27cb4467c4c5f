"""Any audio file in, WAV files out.

WAV files are read without help; every other kind goes through pydub, which needs the program
ffmpeg.
"""

from __future__ import annotations

import shutil
import stat
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from voice.audio.file_microphone import FileMicrophone
from voice.audio.file_speaker import FileSpeaker
from voice.audio.pcm import Pcm, Resampler, from_bytes, from_float
from voice.audio.ports import RATE_HZ
from voice.audio.wav import is_wav, read_wav_blocks, read_wav_format, write_stereo_wav, write_wav
from voice.errors import AudioFileError

__all__ = [
    "LONGEST_S",
    "FileMicrophone",
    "FileSpeaker",
    "read_audio",
    "write_stereo_wav",
    "write_wav",
]

LONGEST_S = 1800
"""Half an hour: as long a file as is read; more is a mistake, not somebody's turn."""

_INSTALL_FFMPEG = "install the program ffmpeg (Debian and Ubuntu: apt-get install ffmpeg)"


def read_audio(path: Path | str) -> Pcm:
    """Return any audio file as int16 samples, mono, 24 kHz.

    Blocks while it reads. Raises AudioFileError with one line that names the file and the cause:
    missing, no file, empty, no audio, damaged, without samples, longer than half an hour, or a
    kind that needs ffmpeg where there is none.
    """
    name = str(path)
    # An absolute path can be taken neither for an option nor for a protocol by ffmpeg.
    absolute = Path(path).expanduser().resolve()
    head = _head(absolute, name)
    pcm = _read_wav(absolute, name) if is_wav(head) else _read_with_ffmpeg(absolute, name, head)
    if pcm.size == 0:
        raise AudioFileError(f"{name} holds no audio: it has a header and no samples")
    return pcm


def _head(path: Path, name: str) -> bytes:
    """Return the first bytes of a file that is worth opening."""
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise AudioFileError(f"{name} is a directory; expected an audio file")
        if not stat.S_ISREG(status.st_mode):
            raise AudioFileError(f"{name} is no regular file; expected an audio file")
        if status.st_size == 0:
            raise AudioFileError(f"{name} is empty; expected an audio file")
        with path.open("rb") as file:
            return file.read(512)
    except FileNotFoundError as error:
        raise AudioFileError(f"there is no file {name}") from error
    except OSError as error:
        raise AudioFileError(f"cannot read {name}: {error.strerror or error}") from error


def _read_wav(path: Path, name: str) -> Pcm:
    try:
        with path.open("rb") as file:
            wav = read_wav_format(file, name)
            _check_length(wav.frames / wav.rate_hz, name)
            resampler = Resampler(wav.rate_hz, RATE_HZ, "high")
            parts = [resampler.push(from_float(b)) for b in read_wav_blocks(file, wav)]
    except OSError as error:
        raise AudioFileError(f"cannot read {name}: {error.strerror or error}") from error
    return np.concatenate([*parts, resampler.flush()])


def _read_with_ffmpeg(path: Path, name: str, head: bytes) -> Pcm:
    if _is_text(head):
        raise AudioFileError(f"{name} is text; expected an audio file")
    if shutil.which("ffmpeg") is None or shutil.which("ffprobe") is None:
        raise AudioFileError(
            f"{name} is not a WAV file; to read other kinds of audio, {_INSTALL_FFMPEG}"
        )
    with _pydub() as pydub:
        try:
            # One second more than is allowed tells a file that is too long from one that is not.
            segment = pydub.AudioSegment.from_file(str(path), duration=LONGEST_S + 1)
        except pydub.exceptions.PydubException as error:
            raise AudioFileError(f"{name} is not audio that ffmpeg can read") from error
        except (OSError, ValueError, KeyError, IndexError) as error:
            raise AudioFileError(f"ffmpeg failed on {name}: {type(error).__name__}") from error
        _check_length(segment.duration_seconds, name)
        # To 24 kHz by our own resampler: pydub's is a linear one.
        pcm = from_bytes(segment.set_channels(1).set_sample_width(2).raw_data)
        rate_hz = int(segment.frame_rate)
    resampler = Resampler(rate_hz, RATE_HZ, "high")
    return np.concatenate([resampler.push(pcm), resampler.flush()])


def _check_length(seconds: float, name: str) -> None:
    if seconds > LONGEST_S:
        raise AudioFileError(
            f"{name} is longer than {LONGEST_S // 60} minutes; cut it, for example with: "
            f"ffmpeg -i FILE -t {LONGEST_S} shorter.wav"
        )


def _is_text(head: bytes) -> bool:
    """Return whether the beginning of a file reads as plain text."""
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 3:
            return False
        text = head[: error.start].decode("utf-8")
    return all(character.isprintable() or character in "\t\r\n\f" for character in text)


@contextmanager
def _pydub() -> Iterator[Any]:
    """Import pydub, whose own import and regular expressions warn about things not ours to mend."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            import pydub
            import pydub.exceptions
        except ImportError as error:
            raise AudioFileError(
                "reading anything but WAV needs the package pydub; install it with: "
                "pip install pydub"
            ) from error
        yield pydub
