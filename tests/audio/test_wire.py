"""Wire audio to samples and back."""

import numpy as np
import pytest

from voice.audio.wire import WireDecoder, WireEncoder, decode_wire
from voice.protocol.formats import PCM16, PCMA, PCMU


def tone(rate_hz, duration_ms=500):
    angle = 2 * np.pi * 440 * np.arange(rate_hz * duration_ms // 1_000) / rate_hz
    return (8_000 * np.sin(angle)).astype(np.int16)


def loudest_hz(samples, rate_hz):
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return np.argmax(spectrum) * rate_hz / len(samples)


def test_pcm16_at_its_own_rate_is_untouched():
    samples = tone(24_000)
    assert WireEncoder(24_000, PCM16).encode(samples) == samples.tobytes()
    assert np.array_equal(WireDecoder(PCM16, 24_000).decode(samples.tobytes()), samples)


@pytest.mark.parametrize("audio_format", [PCMU, PCMA])
def test_g711_carries_a_tone_there_and_back(audio_format):
    encoder = WireEncoder(24_000, audio_format)
    wire = encoder.encode(tone(24_000)) + encoder.flush()
    assert len(wire) == pytest.approx(8 * 500, abs=8)
    back = decode_wire(wire, audio_format, 16_000)
    assert loudest_hz(back, 16_000) == pytest.approx(440, abs=4)
    assert np.abs(back).max() == pytest.approx(8_000, rel=0.1)


def test_chunks_give_the_same_stream_as_one_piece():
    wire = tone(24_000).tobytes()
    whole = WireDecoder(PCM16, 16_000).decode(wire)
    decoder = WireDecoder(PCM16, 16_000)
    parts = [decoder.decode(wire[at : at + 960]) for at in range(0, len(wire), 960)]
    joined = np.concatenate(parts)
    assert len(joined) == len(whole)
    assert np.abs(joined.astype(int) - whole).max() <= 2


def test_no_audio_is_no_samples():
    assert len(decode_wire(b"", PCM16, 16_000)) == 0
    assert WireEncoder(24_000, PCM16).flush() == b""
