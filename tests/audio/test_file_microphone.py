import asyncio

import numpy as np
import pytest

from tests.audio.loop_clock_kit import MovedLoopClock, settled
from voice.audio.file_microphone import FileMicrophone
from voice.audio.pcm import from_bytes
from voice.audio.ports import Microphone

MS = 24


def speech(ms, value=7):
    return np.full(ms * MS, value, np.int16)


class Listener:
    """Collects frames in a task of its own."""

    def __init__(self, microphone):
        self.frames = []
        self._task = asyncio.ensure_future(self._listen(microphone))

    async def _listen(self, microphone):
        async for frame in microphone.frames():
            self.frames.append(from_bytes(frame))

    @property
    def sound(self):
        return np.concatenate([np.zeros(0, np.int16), *self.frames])

    async def ended(self):
        async with asyncio.timeout(5):
            await self._task


@pytest.fixture
def clock():
    return MovedLoopClock()


async def test_frames_come_at_the_pace_of_the_clock(clock):
    port: Microphone = FileMicrophone(speech(50), clock=clock)
    listener = Listener(port)
    await clock.advance(0.019)
    assert listener.frames == []
    await clock.advance(0.041)
    assert [frame.size for frame in listener.frames] == [480, 480, 480]
    assert np.array_equal(listener.sound[: 50 * MS], speech(50))
    await port.close()
    await listener.ended()


async def test_silence_comes_before_between_and_after_utterances(clock):
    microphone = FileMicrophone(clock=clock)
    listener = Listener(microphone)
    await clock.advance(0.1)
    microphone.say(speech(40, 1))
    microphone.say(speech(30, 2))
    await clock.advance(0.2)

    values = [int(frame[0]) for frame in listener.frames]
    assert values == [0] * 5 + [1, 1, 2, 2] + [0] * 6
    assert int(listener.frames[8][-1]) == 0
    await microphone.close()
    await listener.ended()


async def test_an_utterance_tells_when_its_last_sample_was_sent(clock):
    microphone = FileMicrophone(clock=clock)
    listener = Listener(microphone)
    sent = microphone.say(speech(90))
    await clock.advance(0.099)
    assert not sent.done()
    await clock.advance(0.5)
    assert await sent == pytest.approx(100.1)
    await microphone.close()
    await listener.ended()


async def test_takes_hold_each_utterance_and_when_it_began(clock):
    microphone = FileMicrophone(speech(40, 1), clock=clock)
    listener = Listener(microphone)
    await clock.advance(0.1)
    microphone.say(speech(60, 2))
    await clock.advance(0.1)

    takes = [(round(take.start_s, 3), take.pcm.size) for take in microphone.takes()]
    assert takes == [(100.0, 40 * MS), (100.1, 60 * MS)]
    await microphone.close()
    await listener.ended()


async def test_closing_ends_the_frames_at_once_and_gives_up_what_waits(clock):
    microphone = FileMicrophone(clock=clock)
    listener = Listener(microphone)
    sent = microphone.say(speech(1000))
    await clock.advance(0.1)

    await microphone.close()
    await microphone.close()

    await listener.ended()
    assert sent.cancelled()
    assert microphone.say(speech(10)).cancelled()


async def test_after_a_long_stall_the_past_is_not_sent_in_a_burst(clock):
    microphone = FileMicrophone(clock=clock)
    listener = Listener(microphone)
    await clock.advance(0.02)
    clock._now_s += 60.0
    await clock.advance(0.1)
    assert len(listener.frames) <= 8
    await microphone.close()
    await listener.ended()


async def test_at_fast_pace_an_utterance_and_its_tail_come_at_once_and_then_nothing():
    microphone = FileMicrophone(speech(30), pace="fast", tail_silence_ms=100)
    listener = Listener(microphone)
    async with asyncio.timeout(5):
        while len(listener.frames) < 7:  # noqa: ASYNC110
            await asyncio.sleep(0)
    await settled()
    assert len(listener.frames) == 7
    assert np.count_nonzero(listener.sound) == 30 * MS

    sent = microphone.say(speech(20))
    async with asyncio.timeout(5):
        await sent
    await microphone.close()
    await listener.ended()


@pytest.mark.parametrize("frame_ms", [0, 9, 101])
def test_frames_that_the_port_does_not_allow_are_refused(frame_ms):
    with pytest.raises(ValueError, match="10 to 100 ms"):
        FileMicrophone(frame_ms=frame_ms)


async def test_an_utterance_without_samples_is_refused():
    with pytest.raises(ValueError, match="got no samples"):
        FileMicrophone().say(np.zeros(0, np.int16))


async def test_utterances_do_not_wait_without_a_bound():
    microphone = FileMicrophone()
    waiting = [microphone.say(speech(10)) for _ in range(1000)]
    with pytest.raises(ValueError, match="1000 utterances wait already"):
        microphone.say(speech(10))
    await microphone.close()
    assert all(sent.cancelled() for sent in waiting)
