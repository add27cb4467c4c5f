"""The recording speaker's arithmetic, and the scripted microphone."""

from voice.protocol.playback import HeardPart
from voice.testing.clock import MovedClock
from voice.testing.sound import BYTES_PER_MS, RecordingSpeaker, ScriptedMicrophone


def pcm(ms: int, value: int = 1) -> bytes:
    return bytes([value]) * (ms * BYTES_PER_MS)


def playing() -> tuple[MovedClock, RecordingSpeaker, list[int]]:
    clock = MovedClock()
    speaker, drained = RecordingSpeaker(clock), []
    speaker.start(lambda: drained.append(clock()))
    return clock, speaker, drained


def test_a_millisecond_of_the_clock_is_a_millisecond_of_sound() -> None:
    clock, speaker, _ = playing()
    speaker.play("i1", 0, pcm(100))
    clock.advance(40)
    assert speaker.flush() == [HeardPart("i1", 0, 40)]
    clock.advance(1_000)
    assert speaker.heard_pcm() == pcm(40)


def test_silence_before_the_first_sound_counts_for_nothing() -> None:
    clock, speaker, _ = playing()
    clock.advance(5_000)
    speaker.play("i1", 0, pcm(100))
    assert speaker.flush() == [HeardPart("i1", 0, 0)]


def test_it_says_when_it_has_drained() -> None:
    clock, speaker, drained = playing()
    speaker.play("i1", 0, pcm(100))
    clock.advance(50)
    speaker.play("i2", 0, pcm(100))
    clock.advance(1_000)
    assert drained == [200]
    assert speaker.flush() == []


def test_an_odd_number_of_samples_has_drained_at_the_next_millisecond() -> None:
    clock, speaker, drained = playing()
    speaker.play("i1", 0, pcm(10) + b"\0\0")
    clock.advance(20)
    assert drained == [11]
    assert speaker.heard_ms("i1", 0) == 10


def test_a_part_that_ran_dry_goes_on_counting_from_its_first_sample() -> None:
    clock, speaker, drained = playing()
    speaker.play("i1", 0, pcm(100))
    clock.advance(500)
    speaker.play("i1", 0, pcm(100))
    clock.advance(30)
    assert drained == [100]
    assert speaker.flush() == [HeardPart("i1", 0, 130)]


def test_parts_are_reported_in_the_order_in_which_they_were_queued() -> None:
    clock, speaker, _ = playing()
    speaker.play("i2", 0, pcm(10))
    speaker.play("i1", 1, pcm(10))
    clock.advance(15)
    assert speaker.heard() == [HeardPart("i2", 0, 10), HeardPart("i1", 1, 5)]
    assert speaker.queued_ms == 5


def test_what_sounded_can_be_looked_at_item_by_item() -> None:
    clock, speaker, _ = playing()
    speaker.play("i1", 0, pcm(10, 1))
    speaker.play("i2", 0, pcm(10, 2))
    clock.advance(15)
    assert speaker.heard_pcm("i2") == pcm(5, 2)
    assert [sound.at_ms for sound in speaker.sounds] == [0, 10]


async def test_a_microphone_says_what_was_pushed_and_ends() -> None:
    microphone = ScriptedMicrophone()
    microphone.push(b"\1\2")
    microphone.push_silence(40)
    microphone.end()
    frames = [frame async for frame in microphone.frames()]
    assert frames == [b"\1\2", bytes(960), bytes(960)]


async def test_a_closed_microphone_has_no_more_frames() -> None:
    microphone = ScriptedMicrophone()
    await microphone.close()
    await microphone.close()
    assert [frame async for frame in microphone.frames()] == []


def test_a_pause_keeps_the_position_whatever_the_clock_does() -> None:
    clock, speaker, _ = playing()
    speaker.play("i1", 0, pcm(30))
    clock.advance(10)
    speaker.pause()
    clock.advance(1000)
    assert speaker.heard() == [HeardPart("i1", 0, 10)]
    speaker.resume()
    clock.advance(20)
    assert speaker.heard_pcm("i1") == pcm(30)
    assert [sound.at_ms for sound in speaker.sounds] == [0, 1010]
    assert speaker.pauses == 1
