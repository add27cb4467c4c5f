"""An uploaded audio file to samples: WAV by our own parser, other kinds through ffmpeg."""

from __future__ import annotations

import asyncio
from typing import BinaryIO

import numpy as np

from voice.audio.ffmpeg import decode, demuxer_of, find_ffmpeg
from voice.audio.pcm import Pcm, Resampler, from_float
from voice.audio.wav import is_wav, read_wav_blocks, read_wav_format
from voice.errors import AudioFileError

_NAME = "the file"


async def read_upload(file: BinaryIO, *, rate_hz: int, longest_s: float) -> Pcm:
    """Return an uploaded file as int16 samples, mono; its name and its claimed type are ignored.

    ``file`` must be seekable; it is read in a thread and not closed. Raises AudioFileError with
    the cause: empty, no audio, damaged, without samples, longer than ``longest_s``, or a kind that
    needs ffmpeg where there is none.
    """
    head = await asyncio.to_thread(_head, file)
    if not head:
        raise AudioFileError("the file is empty; expected an audio file")
    if is_wav(head):
        pcm = await asyncio.to_thread(_read_wav, file, rate_hz, longest_s)
    else:
        pcm = await _read_compressed(file, head, rate_hz, longest_s)
    if pcm.size == 0:
        raise AudioFileError("the file holds no audio: it has a header and no samples")
    return pcm


def _head(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read(16)


def _read_wav(file: BinaryIO, rate_hz: int, longest_s: float) -> Pcm:
    wav = read_wav_format(file, _NAME)
    _check_length(wav.frames / wav.rate_hz, longest_s)
    resampler = Resampler(wav.rate_hz, rate_hz, "high")
    parts = [resampler.push(from_float(block)) for block in read_wav_blocks(file, wav)]
    return np.concatenate([*parts, resampler.flush()])


async def _read_compressed(file: BinaryIO, head: bytes, rate_hz: int, longest_s: float) -> Pcm:
    demuxer = demuxer_of(head)
    if demuxer is None:
        raise AudioFileError(
            "the file is not audio of a known kind; expected WAV, or where ffmpeg is installed "
            "MP3, M4A, MP4, AAC, OGG, FLAC or WebM"
        )
    if find_ffmpeg() is None:
        raise AudioFileError(
            "the file is not WAV; other kinds of audio need the program ffmpeg on the server "
            "(Debian and Ubuntu: apt-get install ffmpeg)"
        )
    file.seek(0)
    data = await asyncio.to_thread(file.read)
    try:
        # One second more than is allowed tells a file that is too long from one that is not.
        pcm = await decode(data, demuxer, rate_hz=rate_hz, longest_s=longest_s + 1)
    except AudioFileError as error:
        raise AudioFileError(f"{_NAME} cannot be read: {error}") from error
    _check_length(pcm.size / rate_hz, longest_s)
    return pcm


def _check_length(seconds: float, longest_s: float) -> None:
    if seconds > longest_s:
        raise AudioFileError(
            f"{_NAME} is longer than {longest_s / 60:g} minutes; cut it into parts, for example "
            f"with: ffmpeg -i FILE -f segment -segment_time {longest_s:g} part-%03d.wav"
        )
