import asyncio

import numpy as np
import pytest

from tests.audio.loop_clock_kit import MovedLoopClock, settled
from voice.audio.file_speaker import FileSpeaker
from voice.audio.ports import Speaker
from voice.audio.recording import laid_out
from voice.errors import DeviceError
from voice.protocol.playback import HeardPart

MS = 24
"""Samples of a millisecond."""


def pcm(ms, value=1000):
    return np.full(ms * MS, value, "<i2").tobytes()


@pytest.fixture
def clock():
    return MovedLoopClock()


@pytest.fixture
def drained():
    return []


@pytest.fixture
def speaker(clock, drained):
    port: Speaker = FileSpeaker(clock=clock)
    port.start(lambda: drained.append(clock.time()))
    return port


async def test_only_samples_whose_time_has_passed_are_heard(speaker, clock):
    speaker.play("a", 0, pcm(100))
    assert speaker.heard() == (HeardPart("a", 0, 0),)
    await clock.advance(0.0409)
    assert speaker.heard() == (HeardPart("a", 0, 40),)


async def test_parts_follow_one_another_without_a_gap(speaker, clock, drained):
    speaker.play("a", 0, pcm(50))
    speaker.play("a", 0, pcm(50))
    speaker.play("b", 1, pcm(100))
    await clock.advance(0.1501)
    assert speaker.heard() == (HeardPart("a", 0, 100), HeardPart("b", 1, 50))
    assert drained == []


async def test_drained_is_told_once_when_the_last_sample_was_heard(speaker, clock, drained):
    speaker.play("a", 0, pcm(50))
    await clock.advance(0.02)
    speaker.play("a", 0, pcm(50))
    await clock.advance(1.0)
    assert drained == [pytest.approx(100.1)]
    assert speaker.heard() == ()


async def test_drained_is_told_again_after_more_was_played(speaker, clock, drained):
    for _ in range(2):
        speaker.play("a", 0, pcm(50))
        await clock.advance(0.5)
    assert drained == [pytest.approx(100.05), pytest.approx(100.55)]


async def test_flush_tells_what_was_heard_and_drops_the_rest(speaker, clock, drained):
    speaker.play("a", 0, pcm(100))
    speaker.play("b", 0, pcm(100))
    await clock.advance(0.0301)

    assert speaker.flush() == (HeardPart("a", 0, 30), HeardPart("b", 0, 0))

    await clock.advance(1.0)
    assert speaker.flush() == ()
    assert drained == []


async def test_what_is_played_after_a_flush_sounds_at_once(speaker, clock, drained):
    speaker.play("a", 0, pcm(1000))
    await clock.advance(0.1)
    speaker.flush()
    speaker.play("b", 0, pcm(50))
    await clock.advance(0.0501)
    assert drained == [pytest.approx(100.15)]


async def test_the_tape_holds_what_was_heard_and_when(speaker, clock):
    speaker.play("a", 0, pcm(100, 1))
    await clock.advance(0.05)
    speaker.flush()
    await clock.advance(0.05)
    speaker.play("b", 0, pcm(100, 2))
    speaker.play("b", 0, pcm(100, 3))
    await clock.advance(0.15)

    track = laid_out(speaker.takes(), 100.0)

    silence = np.zeros(50 * MS)
    parts = [np.ones(50 * MS), silence, np.full(100 * MS, 2), np.full(50 * MS, 3)]
    expected = np.concatenate(parts)
    # A time in seconds does not fall on a sample: each of the four edges may be one sample off.
    assert abs(track.size - expected.size) <= 1
    size = min(track.size, expected.size)
    assert np.count_nonzero(track[:size] != expected[:size]) <= 4


async def test_a_closed_speaker_is_silent(speaker, clock, drained):
    speaker.play("a", 0, pcm(100))
    await clock.advance(0.05)
    await speaker.close()
    await speaker.close()
    speaker.play("a", 0, pcm(100))
    await clock.advance(1.0)
    assert drained == []
    assert speaker.heard() == ()


async def test_at_fast_pace_everything_is_heard_in_the_next_round(drained):
    speaker = FileSpeaker(pace="fast")
    speaker.start(lambda: drained.append("drained"))
    speaker.play("a", 0, pcm(5000))
    speaker.play("b", 0, pcm(5000))
    assert drained == []
    async with asyncio.timeout(5):
        while not drained:  # noqa: ASYNC110
            await asyncio.sleep(0)
    assert drained == ["drained"]
    assert sum(take.pcm.size for take in speaker.takes()) == 10_000 * MS


async def test_at_fast_pace_a_flush_in_the_same_round_hears_nothing(drained):
    speaker = FileSpeaker(pace="fast")
    speaker.start(lambda: drained.append("drained"))
    speaker.play("a", 0, pcm(500))
    assert speaker.flush() == (HeardPart("a", 0, 0),)
    await settled()
    assert drained == []


async def test_by_the_running_loop_it_plays_in_real_time():
    loop = asyncio.get_running_loop()
    ended = loop.create_future()
    speaker = FileSpeaker()
    speaker.start(lambda: ended.set_result(loop.time()))
    began = loop.time()
    speaker.play("a", 0, pcm(60))
    async with asyncio.timeout(5):
        assert await ended - began >= 0.059


async def test_speech_without_an_end_is_given_up(speaker):
    minute = pcm(60_000)
    for _ in range(61):
        speaker.play("a", 0, minute)
    with pytest.raises(DeviceError, match="more than an hour"):
        speaker.play("a", 0, minute)
    speaker.flush()


async def test_a_part_that_goes_on_after_an_underrun_counts_from_its_first_sample(speaker, clock):
    speaker.play("a", 0, pcm(100))
    await clock.advance(0.5)
    speaker.play("a", 0, pcm(100))
    await clock.advance(0.0401)
    assert speaker.flush() == (HeardPart("a", 0, 140),)


async def test_a_pause_keeps_the_position_and_nothing_drains_meanwhile(speaker, clock, drained):
    speaker.play("a", 0, pcm(100, 1))
    await clock.advance(0.0401)
    speaker.pause()
    speaker.pause()
    speaker.play("a", 0, pcm(50, 2))
    await clock.advance(3.0)
    assert speaker.heard() == (HeardPart("a", 0, 40),)
    assert drained == []
    speaker.resume()
    speaker.resume()
    await clock.advance(0.2)
    assert len(drained) == 1
    takes = speaker.takes()
    assert np.concatenate([take.pcm for take in takes]).tobytes() == pcm(100, 1) + pcm(50, 2)
    assert takes[-1].start_s >= 3.04


async def test_a_flush_ends_a_pause(speaker, clock):
    speaker.play("a", 0, pcm(100))
    await clock.advance(0.0401)
    speaker.pause()
    await clock.advance(1.0)
    assert speaker.flush() == (HeardPart("a", 0, 40),)
    speaker.play("b", 0, pcm(100))
    await clock.advance(0.0301)
    assert speaker.heard() == (HeardPart("b", 0, 30),)


async def test_at_fast_pace_a_pause_waits_too(drained):
    speaker = FileSpeaker(pace="fast")
    speaker.start(lambda: drained.append("drained"))
    speaker.pause()
    speaker.play("a", 0, pcm(500))
    await settled()
    assert drained == []
    speaker.resume()
    async with asyncio.timeout(5):
        while not drained:  # noqa: ASYNC110
            await asyncio.sleep(0)
    assert sum(take.pcm.size for take in speaker.takes()) == 500 * MS
