"""Sound to the wire and back, converted only where the formats differ."""

import numpy as np

from voice.client.wire_sound import WireSound
from voice.protocol.formats import PCM16, PCMA, PCMU, AudioFormat

TONE = (8_000 * np.sin(np.arange(2_400) * 2 * np.pi * 440 / 24_000)).astype("<i2").tobytes()
"""100 ms."""


def test_the_usual_format_passes_as_the_very_same_bytes() -> None:
    sound = WireSound()
    sound.set_formats(PCM16, PCM16)
    assert sound.to_wire(TONE) is TONE
    assert sound.to_speaker("i1", 0, TONE) is TONE


def test_a_microphone_frame_becomes_telephone_sound() -> None:
    sound = WireSound()
    sound.set_formats(PCMU, PCM16)
    size = sum(len(sound.to_wire(TONE)) for _ in range(10))
    assert 8_000 - 300 <= size <= 8_000


def test_telephone_sound_becomes_what_the_speaker_plays() -> None:
    sound = WireSound()
    sound.set_formats(PCM16, PCMA)
    played = b"".join(sound.to_speaker("i1", 0, b"\xd5" * 800) for _ in range(10))
    tail = sound.finish()
    assert tail is not None
    assert tail[:2] == ("i1", 0)
    assert abs(len(played + tail[2]) - 48 * 1_000) <= 2 * 48
    assert sound.finish() is None


def test_what_was_flushed_leaves_no_tail() -> None:
    sound = WireSound()
    sound.set_formats(PCM16, PCMA)
    sound.to_speaker("i1", 0, b"\xd5" * 800)
    sound.drop()
    assert sound.finish() is None


def test_the_usual_format_has_no_tail() -> None:
    sound = WireSound()
    sound.to_speaker("i1", 0, TONE)
    assert sound.finish() is None


def test_each_part_is_a_stream_of_its_own() -> None:
    sound = WireSound()
    sound.set_formats(PCM16, AudioFormat("audio/pcm", 16_000, 2))
    quiet = bytes(2 * 1_600)
    assert len(sound.to_speaker("i1", 0, quiet)) == len(sound.to_speaker("i2", 0, quiet))


def test_going_back_to_the_usual_format_stops_converting() -> None:
    sound = WireSound()
    sound.set_formats(PCMU, PCMU)
    sound.set_formats(PCM16, PCM16)
    assert sound.to_wire(TONE) is TONE
    assert sound.to_speaker("i1", 0, TONE) is TONE
