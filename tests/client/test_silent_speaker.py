"""A session without a speaker counts everything as heard."""

import asyncio

from voice.client.silent_speaker import SilentSpeaker
from voice.protocol.playback import HeardPart


async def test_what_is_played_has_drained_a_moment_later_once() -> None:
    speaker, drained = SilentSpeaker(), asyncio.Event()
    count = []
    speaker.start(lambda: (count.append(1), drained.set()))  # type: ignore[func-returns-value]
    speaker.play("i1", 0, bytes(48))
    speaker.play("i1", 0, bytes(48))
    assert not drained.is_set()
    await asyncio.wait_for(drained.wait(), 5)
    assert count == [1]


async def test_a_flush_before_that_reports_everything_as_heard_from_the_first_sample() -> None:
    speaker, drained = SilentSpeaker(), asyncio.Event()
    speaker.start(drained.set)
    speaker.play("i1", 0, bytes(4_800))
    await asyncio.wait_for(drained.wait(), 5)
    speaker.play("i1", 0, bytes(4_800))
    speaker.play("i2", 1, bytes(480))
    assert speaker.flush() == [HeardPart("i1", 0, 200), HeardPart("i2", 1, 10)]
    assert speaker.flush() == []
    await speaker.close()


async def test_what_is_played_during_a_pause_is_heard_after_it() -> None:
    speaker, drained = SilentSpeaker(), asyncio.Event()
    speaker.start(drained.set)
    speaker.play("i1", 0, bytes(4_800))
    speaker.pause()
    speaker.play("i1", 0, bytes(480))
    await asyncio.sleep(0)
    assert speaker.heard() == [HeardPart("i1", 0, 100)]
    assert not drained.is_set()
    speaker.resume()
    assert speaker.heard() == [HeardPart("i1", 0, 110)]
    await asyncio.wait_for(drained.wait(), 5)


async def test_a_flush_drops_what_was_played_during_a_pause() -> None:
    speaker = SilentSpeaker()
    speaker.start(lambda: None)
    speaker.pause()
    speaker.play("i1", 0, bytes(4_800))
    assert speaker.flush() == [HeardPart("i1", 0, 0)]
    speaker.play("i2", 0, bytes(480))
    assert speaker.flush() == [HeardPart("i2", 0, 10)]
