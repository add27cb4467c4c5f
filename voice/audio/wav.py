"""Reads and writes RIFF WAVE files without any library, trusting nothing that their headers say."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from voice.audio.pcm import Floats, Pcm, decode_alaw, decode_ulaw, mono, to_bytes, to_float
from voice.errors import AudioFileError

_PCM, _FLOAT, _ALAW, _ULAW, _EXTENSIBLE = 1, 3, 6, 7, 0xFFFE
_LOWEST_HZ, _HIGHEST_HZ = 1_000, 768_000
_MOST_CHANNELS = 64
_BLOCK_FRAMES = 1 << 18
_MOST_CHUNKS = 10_000


@dataclass(frozen=True, slots=True)
class WavFormat:
    """What a WAV header says, checked; ``data_at`` and ``data_bytes`` say where the samples are."""

    coding: int
    channels: int
    rate_hz: int
    bits: int
    data_at: int
    data_bytes: int

    @property
    def frame_bytes(self) -> int:
        """Bytes of one sample of every channel."""
        return self.channels * self.bits // 8

    @property
    def frames(self) -> int:
        """Samples of each channel that are in the file."""
        return self.data_bytes // self.frame_bytes


def is_wav(head: bytes) -> bool:
    """Return whether a file that starts with ``head`` (12 bytes) claims to be a WAV file."""
    return head[:4] == b"RIFF" and head[8:12] == b"WAVE"


def read_wav_format(file: BinaryIO, name: str) -> WavFormat:
    """Read the header of an open WAV file.

    Lengths in the header that go beyond the file (streams never finished) mean "to the end of the
    file". Raises AudioFileError, with ``name`` in it, for a header that makes no sense.
    """
    size = file.seek(0, 2)
    at = 12
    fields: tuple[int, ...] | None = None
    for _ in range(_MOST_CHUNKS):
        file.seek(at)
        head = file.read(8)
        if len(head) < 8:
            break
        kind, length = struct.unpack("<4sI", head)
        body = at + 8
        if kind == b"fmt ":
            fields = _format_fields(file.read(min(length, 40)), name)
        elif kind == b"data":
            if fields is None:
                raise AudioFileError(f"{name} is a damaged WAV file: its samples have no format")
            there = max(0, size - body)
            return _checked(fields, body, min(length, there) if length else there, name)
        at = body + length + length % 2
    raise AudioFileError(f"{name} is a damaged WAV file: it holds no samples")


def _format_fields(body: bytes, name: str) -> tuple[int, ...]:
    if len(body) < 16:
        raise AudioFileError(f"{name} is a damaged WAV file: its format has {len(body)} bytes")
    coding, channels, rate_hz, _, _, bits = struct.unpack_from("<HHIIHH", body)
    if coding == _EXTENSIBLE and len(body) >= 26:
        (coding,) = struct.unpack_from("<H", body, 24)
    return coding, channels, rate_hz, bits


def _checked(fields: tuple[int, ...], data_at: int, data_bytes: int, name: str) -> WavFormat:
    coding, channels, rate_hz, bits = fields
    if not 1 <= channels <= _MOST_CHANNELS:
        raise AudioFileError(f"{name} claims {channels} channels; 1 to {_MOST_CHANNELS} make sense")
    if not _LOWEST_HZ <= rate_hz <= _HIGHEST_HZ:
        raise AudioFileError(
            f"{name} claims {rate_hz} samples per second; {_LOWEST_HZ} to {_HIGHEST_HZ} make sense"
        )
    known = {_PCM: (8, 16, 24, 32), _FLOAT: (32, 64), _ALAW: (8,), _ULAW: (8,)}
    if bits not in known.get(coding, ()):
        raise AudioFileError(
            f"{name} holds WAV coding {coding} with {bits} bits; PCM of 8 to 32 bits, float, A-law "
            "and mu-law can be read; convert it with: ffmpeg -i FILE -c:a pcm_s16le out.wav"
        )
    return WavFormat(coding, channels, rate_hz, bits, data_at, data_bytes)


def read_wav_blocks(file: BinaryIO, wav: WavFormat) -> Iterator[Floats]:
    """Yield the samples in blocks of about a quarter million, mixed to mono, float32 in [-1, 1]."""
    file.seek(wav.data_at)
    left = wav.frames
    while left > 0:
        data = file.read(min(left, _BLOCK_FRAMES) * wav.frame_bytes)
        count = len(data) // wav.frame_bytes
        if count == 0:
            return
        left -= count
        samples = _decoded(data[: count * wav.frame_bytes], wav)
        yield mono(samples.reshape(count, wav.channels)).astype(np.float32, copy=False)


def _decoded(data: bytes, wav: WavFormat) -> Floats:
    match wav.coding, wav.bits:
        case 1, 8:
            return (np.frombuffer(data, np.uint8).astype(np.float32) - 128.0) / 128.0
        case 1, 16:
            return to_float(np.frombuffer(data, "<i2"))
        case 1, 24:
            wide = np.zeros((len(data) // 3, 4), np.uint8)
            wide[:, 1:] = np.frombuffer(data, np.uint8).reshape(-1, 3)
            return _scaled(wide.view("<i4")[:, 0])
        case 1, 32:
            return _scaled(np.frombuffer(data, "<i4"))
        case 6, _:
            return to_float(decode_alaw(data))
        case 7, _:
            return to_float(decode_ulaw(data))
        case _:
            floats = np.frombuffer(data, "<f4" if wav.bits == 32 else "<f8")
            known = np.nan_to_num(floats, nan=0.0, posinf=1.0, neginf=-1.0)
            return np.asarray(np.clip(known, -1.0, 1.0), np.float32)


def _scaled(samples: NDArray[np.int32]) -> Floats:
    return (samples / 2147483648.0).astype(np.float32)


def write_wav(path: Path | str, pcm: Pcm, rate_hz: int) -> None:
    """Write a mono 16-bit WAV file. Raises AudioFileError when the file cannot be written."""
    _write(path, pcm.reshape(-1, 1), rate_hz)


def write_stereo_wav(path: Path | str, left: Pcm, right: Pcm, rate_hz: int) -> None:
    """Write a stereo 16-bit WAV file; the shorter side is filled up with silence.

    Raises AudioFileError when the file cannot be written.
    """
    frames = np.zeros((max(left.size, right.size), 2), np.int16)
    frames[: left.size, 0] = left
    frames[: right.size, 1] = right
    _write(path, frames, rate_hz)


def _write(path: Path | str, frames: NDArray[np.int16], rate_hz: int) -> None:
    channels = frames.shape[1]
    data = to_bytes(frames)
    layout = struct.pack("<HHIIHH", 1, channels, rate_hz, rate_hz * channels * 2, channels * 2, 16)
    header = b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVEfmt " + struct.pack("<I", 16)
    try:
        Path(path).write_bytes(header + layout + b"data" + struct.pack("<I", len(data)) + data)
    except OSError as error:
        raise AudioFileError(f"cannot write {path}: {error.strerror or error}") from error


def streamed_wav_header(rate_hz: int) -> bytes:
    """Return the header of a mono 16-bit WAV whose length is not known yet.

    Both lengths are the largest that players take for "until the stream ends".
    """
    layout = struct.pack("<HHIIHH", 1, 1, rate_hz, rate_hz * 2, 2, 16)
    head = b"RIFF" + struct.pack("<I", 0xFFFFFFFF) + b"WAVEfmt " + struct.pack("<I", 16)
    return head + layout + b"data" + struct.pack("<I", 0xFFFFFFFF)
