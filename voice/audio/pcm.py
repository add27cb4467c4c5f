"""PCM arithmetic: representations, levels, G.711, resampling, mixing and fades.

Unless said otherwise samples are int16, shape (samples,), mono, and full scale is 32768.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Pcm: TypeAlias = NDArray[np.int16]
Floats: TypeAlias = NDArray[np.float32]

SILENCE_DBFS = -100.0
"""The level that stands for digital silence and everything below it."""

ResampleQuality = Literal["low_delay", "high"]
"""``low_delay`` holds back nothing and aliases a little (for detectors); ``high`` holds back 16 to
28 ms and is transparent (for ears and recognisers)."""

_SOXR_QUALITY = {"low_delay": "QQ", "high": "HQ"}


def from_bytes(data: bytes | bytearray | memoryview) -> Pcm:
    """View PCM16 little-endian bytes as samples, without a copy and read-only where ``data`` is.

    Raises ValueError when the bytes do not fill whole samples.
    """
    if len(data) % 2:
        raise ValueError(f"expected whole 16-bit samples, got {len(data)} bytes")
    return np.frombuffer(data, "<i2").astype(np.int16, copy=False)


def to_bytes(pcm: Pcm) -> bytes:
    """Return samples as PCM16 little-endian bytes."""
    return pcm.astype("<i2", copy=False).tobytes()


def to_float(pcm: Pcm) -> Floats:
    """Return samples as float32 in [-1, 1)."""
    return pcm.astype(np.float32) / np.float32(32768.0)


def from_float(samples: Floats) -> Pcm:
    """Return float samples as int16, rounded and clipped; what is no number becomes silence."""
    known = np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0)
    scaled = np.clip(np.rint(known * np.float32(32768.0)), -32768.0, 32767.0)
    return np.asarray(scaled, np.int16)


def rms_dbfs(pcm: Pcm) -> float:
    """Return the root-mean-square level; a full-scale sine has -3 dBFS, silence has -100."""
    if pcm.size == 0:
        return SILENCE_DBFS
    wide = pcm.astype(np.float64)
    return _dbfs(math.sqrt(float(np.dot(wide, wide)) / pcm.size))


def peak_dbfs(pcm: Pcm) -> float:
    """Return the level of the largest sample; silence has -100."""
    if pcm.size == 0:
        return SILENCE_DBFS
    return _dbfs(float(max(int(pcm.max()), -int(pcm.min()))))


def _dbfs(amplitude: float) -> float:
    if amplitude <= 0.0:
        return SILENCE_DBFS
    return max(SILENCE_DBFS, 20.0 * math.log10(amplitude / 32768.0))


def encode_ulaw(pcm: Pcm) -> bytes:
    """Return G.711 mu-law bytes, one a sample."""
    return _ulaw_encoding()[pcm.view(np.uint16)].tobytes()


def decode_ulaw(data: bytes) -> Pcm:
    """Return the samples of G.711 mu-law bytes."""
    return _ulaw_decoding()[np.frombuffer(data, np.uint8)]


def encode_alaw(pcm: Pcm) -> bytes:
    """Return G.711 A-law bytes, one a sample."""
    return _alaw_encoding()[pcm.view(np.uint16)].tobytes()


def decode_alaw(data: bytes) -> Pcm:
    """Return the samples of G.711 A-law bytes."""
    return _alaw_decoding()[np.frombuffer(data, np.uint8)]


def resample(pcm: Pcm, in_hz: int, out_hz: int) -> Pcm:
    """Return all of ``pcm`` at another rate, transparently."""
    resampler = Resampler(in_hz, out_hz, "high")
    return np.concatenate([resampler.push(pcm), resampler.flush()])


class Resampler:
    """Changes the rate of one stream, chunk by chunk; equal rates pass through untouched.

    One stream each, and after ``flush`` it is used up. 0.5 ms of CPU per second of audio.
    """

    def __init__(self, in_hz: int, out_hz: int, quality: ResampleQuality = "high") -> None:
        """Prepare the filter. Raises ValueError for a rate that is not positive."""
        if in_hz <= 0 or out_hz <= 0:
            raise ValueError(f"expected positive rates, got {in_hz} Hz and {out_hz} Hz")
        self._stream: Any = None
        if in_hz != out_hz:
            import soxr

            self._stream = soxr.ResampleStream(
                in_hz, out_hz, 1, dtype="int16", quality=_SOXR_QUALITY[quality]
            )

    def push(self, pcm: Pcm) -> Pcm:
        """Return what can be told so far; the filter may hold back some."""
        if self._stream is None:
            return pcm
        return np.asarray(self._stream.resample_chunk(pcm), np.int16)

    def flush(self) -> Pcm:
        """Return what the filter still held; the stream is over."""
        empty = np.zeros(0, np.int16)
        if self._stream is None:
            return empty
        return np.asarray(self._stream.resample_chunk(empty, last=True), np.int16)


def mono(frames: NDArray[Any]) -> NDArray[Any]:
    """Return the mean of the channels of ``frames``, shape (samples, channels), as float32."""
    if frames.shape[1] == 1:
        return frames[:, 0]
    return np.asarray(frames.mean(axis=1, dtype=np.float32))


def faded(pcm: Pcm, *, fade_in_samples: int = 0, fade_out_samples: int = 0) -> Pcm:
    """Return a copy that rises from and falls to silence linearly, so that cuts do not click."""
    gain = np.ones(pcm.size, np.float32)
    rise = min(fade_in_samples, pcm.size)
    fall = min(fade_out_samples, pcm.size)
    gain[:rise] *= np.linspace(0.0, 1.0, rise, endpoint=False, dtype=np.float32)
    gain[pcm.size - fall :] *= np.linspace(1.0, 0.0, fall, dtype=np.float32)
    return np.asarray(np.rint(pcm * gain), np.int16)


# G.711 by table. The tables follow ITU-T G.711: mu-law on 14 bits with a bias of 33 and a clip at
# 8191, A-law on 13 bits; int16 samples are shifted down to those widths.


@cache
def _ulaw_encoding() -> NDArray[np.uint8]:
    samples = _every_sample() >> 2
    magnitude = np.minimum(np.abs(samples) + 33, 0x1FFF)
    segment = np.searchsorted((1 << np.arange(6, 14)) - 1, magnitude)
    code = (segment << 4) | ((magnitude >> (segment + 1)) & 0x0F)
    return _frozen((code ^ np.where(samples < 0, 0x7F, 0xFF)).astype(np.uint8))


@cache
def _ulaw_decoding() -> Pcm:
    code = ~np.arange(256) & 0xFF
    magnitude = ((((code & 0x0F) << 3) + 0x84) << ((code & 0x70) >> 4)) - 0x84
    return _frozen(np.where(code & 0x80, -magnitude, magnitude).astype(np.int16))


@cache
def _alaw_encoding() -> NDArray[np.uint8]:
    samples = _every_sample() >> 3
    magnitude = np.where(samples < 0, ~samples, samples)
    segment = np.searchsorted((1 << np.arange(5, 13)) - 1, magnitude)
    code = (segment << 4) | ((magnitude >> np.maximum(segment, 1)) & 0x0F)
    return _frozen((code ^ np.where(samples < 0, 0x55, 0xD5)).astype(np.uint8))


@cache
def _alaw_decoding() -> Pcm:
    code = np.arange(256) ^ 0x55
    segment = (code & 0x70) >> 4
    base = ((code & 0x0F) << 4) + np.where(segment == 0, 0x008, 0x108)
    magnitude = base << np.maximum(segment - 1, 0)
    return _frozen(np.where(code & 0x80, magnitude, -magnitude).astype(np.int16))


def _every_sample() -> NDArray[np.int64]:
    """Return the int16 values in the order of their bit patterns."""
    return np.arange(65536, dtype=np.uint16).view(np.int16).astype(np.int64)


def _frozen(table: NDArray[Any]) -> NDArray[Any]:
    table.flags.writeable = False
    return table
