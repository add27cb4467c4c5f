"""Wire audio to samples and back: PCM16 and G.711, at any engine's or device's rate."""

from __future__ import annotations

from voice.audio import pcm as arithmetic
from voice.audio.pcm import Pcm, ResampleQuality, Resampler
from voice.protocol.formats import PCMA, PCMU, AudioFormat


def _to_samples(audio: bytes, audio_format: AudioFormat) -> Pcm:
    if audio_format.type == PCMU.type:
        return arithmetic.decode_ulaw(audio)
    if audio_format.type == PCMA.type:
        return arithmetic.decode_alaw(audio)
    return arithmetic.from_bytes(audio)


def _to_wire(samples: Pcm, audio_format: AudioFormat) -> bytes:
    if audio_format.type == PCMU.type:
        return arithmetic.encode_ulaw(samples)
    if audio_format.type == PCMA.type:
        return arithmetic.encode_alaw(samples)
    return arithmetic.to_bytes(samples)


class WireDecoder:
    """One stream of wire audio to int16 samples, shape (samples,), mono, at ``rate_hz``."""

    def __init__(
        self, audio_format: AudioFormat, rate_hz: int, quality: ResampleQuality = "low_delay"
    ) -> None:
        """Start a stream; the low-delay resampler holds nothing back."""
        self._format = audio_format
        self._resampler = _resampler(audio_format.rate_hz, rate_hz, quality)

    def decode(self, audio: bytes) -> Pcm:
        """Return the samples that these whole wire samples complete."""
        samples = _to_samples(audio, self._format)
        return samples if self._resampler is None else self._resampler.push(samples)

    def flush(self) -> Pcm:
        """Return what the resampler held back; the decoder is used up."""
        empty = _to_samples(b"", self._format)
        return empty if self._resampler is None else self._resampler.flush()


class WireEncoder:
    """One stream of int16 samples at ``rate_hz`` to wire audio."""

    def __init__(self, rate_hz: int, audio_format: AudioFormat) -> None:
        """Start a stream; ``flush`` gives what the resampler held back."""
        self._format = audio_format
        self._resampler = _resampler(rate_hz, audio_format.rate_hz, "high")

    def encode(self, samples: Pcm) -> bytes:
        """Return the wire audio that these samples complete."""
        if self._resampler is not None:
            samples = self._resampler.push(samples)
        return _to_wire(samples, self._format)

    def flush(self) -> bytes:
        """Return the rest; the encoder is used up."""
        if self._resampler is None:
            return b""
        return _to_wire(self._resampler.flush(), self._format)


def decode_wire(audio: bytes, audio_format: AudioFormat, rate_hz: int) -> Pcm:
    """Return whole wire audio as samples at ``rate_hz``, resampled well."""
    samples = _to_samples(audio, audio_format)
    if audio_format.rate_hz == rate_hz or not len(samples):
        return samples
    return arithmetic.resample(samples, audio_format.rate_hz, rate_hz)


def _resampler(in_hz: int, out_hz: int, quality: ResampleQuality) -> Resampler | None:
    return None if in_hz == out_hz else Resampler(in_hz, out_hz, quality)
