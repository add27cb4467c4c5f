"""The sound card on a real (virtual) one: JACK's dummy driver, bit for bit.

PortAudio, sounddevice and the JACK server are the real ones; the test is a second JACK client that
hears what the speaker plays and plays what the microphone hears.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import AsyncIterator
from contextlib import aclosing

import numpy as np
import pytest

from tests.audio.jack_lab import (
    LATENCY_MS,
    PERIOD_MS,
    WAIT_S,
    Lab,
    Samples,
    eventually,
    on_a_steady_card,
    pitch_hz,
    sounding,
    tone,
)
from voice.audio.card_microphone import CardMicrophone
from voice.audio.card_speaker import CardSpeaker
from voice.audio.ports import RATE_HZ, DeviceNews
from voice.audio.sound_card import SoundCard
from voice.errors import DeviceError, LocalProtocolError
from voice.protocol.playback import HeardPart

pytestmark = pytest.mark.device

FADE_MS = 5
"""What ends without a fade gets one: the last sample is let down to zero."""


def loud(samples: Samples) -> Samples:
    """Return what lies between the first and the last sample that is more than a fade's end."""
    (places,) = np.nonzero(np.abs(samples) > 1)
    return samples[places[0] : places[-1] + 1]


class Drain:
    """Counts and awaits ``on_drained``."""

    def __init__(self) -> None:
        self.count = 0
        self._event = asyncio.Event()

    def __call__(self) -> None:
        asyncio.get_running_loop()  # raises anywhere but on the loop
        self.count += 1
        self._event.set()

    async def wait(self) -> None:
        await asyncio.wait_for(self._event.wait(), WAIT_S)
        self._event.clear()


@pytest.fixture
async def drain() -> Drain:
    return Drain()


@pytest.fixture
async def speaker(lab: Lab, drain: Drain) -> AsyncIterator[CardSpeaker]:
    """A started speaker that the lab listens to."""
    opened = SoundCard("system", "system").speaker
    opened.start(drain)
    await lab.wire_speaker()
    yield opened
    await opened.close()


@pytest.mark.device
@on_a_steady_card
async def test_what_is_played_comes_out_bit_by_bit(
    lab: Lab, speaker: CardSpeaker, drain: Drain
) -> None:
    sound = tone(400)

    for start in range(0, sound.size, 1000):
        speaker.play("item", 0, sound[start : start + 1000].tobytes())
    await drain.wait()

    heard = sounding(lab.heard())
    np.testing.assert_array_equal(heard[: sound.size], sound)
    assert np.abs(heard[sound.size :]).max(initial=0) <= 1  # the end fades, whatever it was


@pytest.mark.device
@on_a_steady_card
async def test_drained_is_told_once_on_the_loop_and_not_before_the_end(
    lab: Lab, speaker: CardSpeaker, drain: Drain
) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()

    speaker.play("item", 0, tone(300).tobytes())
    await drain.wait()
    took_ms = (loop.time() - began) * 1000
    sound_ms = sounding(lab.heard()).size * 1000 // RATE_HZ

    assert 300 <= sound_ms <= 300 + FADE_MS
    assert 300 + LATENCY_MS - PERIOD_MS <= took_ms < 300 + LATENCY_MS + 150
    assert speaker.heard() == []
    speaker.play("next", 0, tone(50).tobytes())
    await drain.wait()
    assert drain.count == 2


@pytest.mark.device
@on_a_steady_card
async def test_flush_is_silent_within_a_block_and_tells_what_was_heard(
    lab: Lab, speaker: CardSpeaker, drain: Drain
) -> None:
    speaker.play("first", 0, tone(200).tobytes())
    speaker.play("second", 0, tone(2000).tobytes())
    await eventually(lambda: sounding(lab.heard()).size > RATE_HZ // 2)

    report = speaker.flush()
    at_flush = lab.heard()
    await eventually(lambda: lab.heard().size > at_flush.size + RATE_HZ // 4)

    sounded_ms = sounding(lab.heard()).size * 1000 / RATE_HZ
    rest = lab.heard()[at_flush.size :]
    assert report[0] == HeardPart("first", 0, 200)
    assert report[1].item_id == "second"
    # What the card has taken sounds, and a fade of which not all is counted.
    assert sounded_ms - 2 * FADE_MS <= 200 + report[1].heard_ms <= sounded_ms + 1
    assert not np.any(rest[RATE_HZ * (2 * PERIOD_MS + FADE_MS) // 1000 :])
    assert drain.count == 0


@pytest.mark.device
@on_a_steady_card
async def test_after_a_flush_the_speaker_plays_on(
    lab: Lab, speaker: CardSpeaker, drain: Drain
) -> None:
    speaker.play("cut", 0, tone(1000, 300.0).tobytes())
    speaker.flush()
    again = tone(200, 700.0)

    speaker.play("new", 0, again.tobytes())
    await eventually(lambda: speaker.heard()[0].heard_ms > 50)
    halfway = speaker.heard()
    await drain.wait()

    assert [part.item_id for part in halfway] == ["new"]
    np.testing.assert_array_equal(loud(lab.heard())[-again.size + 1 :], again[:-1])
    assert drain.count == 1


@pytest.mark.device
@on_a_steady_card
async def test_an_underrun_is_silence_and_is_counted(
    lab: Lab, speaker: CardSpeaker, drain: Drain
) -> None:
    speaker.play("item", 0, tone(100).tobytes())
    await drain.wait()
    speaker.play("item", 0, tone(100).tobytes())
    await eventually(lambda: speaker.heard()[0].heard_ms > 150)
    await drain.wait()

    sound = sounding(lab.heard())
    assert np.count_nonzero(np.abs(sound) > 1) == pytest.approx(2 * tone(100).size, rel=0.02)
    assert sound.size > 2 * tone(100).size
    assert speaker.stats.underruns == 1
    assert speaker.stats.silence_ms == pytest.approx(
        (sound.size - 2 * tone(100).size) * 1000 / RATE_HZ, abs=2 * PERIOD_MS
    )


@pytest.mark.device
@pytest.mark.parametrize(("volume", "gain"), [(50, 0.25), (0, 0.0)])
async def test_the_volume_scales_what_comes_out(
    volume: int, gain: float, lab: Lab, speaker: CardSpeaker, drain: Drain
) -> None:
    speaker.set_volume(volume)

    speaker.play("item", 0, tone(200).tobytes())
    await drain.wait()

    assert speaker.volume == volume
    assert np.abs(lab.heard()).max() == pytest.approx(12_000 * gain, abs=2)


async def recorded(microphone: CardMicrophone, lab: Lab, sound: Samples) -> list[bytes]:
    """Return the frames of one and a half second, in which ``sound`` is said."""
    frames: list[bytes] = []
    async with asyncio.timeout(WAIT_S), aclosing(microphone.frames()) as stream:
        async for frame in stream:
            if not frames:
                await lab.wire_microphone()
                lab.say(sound)
            frames.append(frame)
            if len(frames) == 150:
                break
    await microphone.close()
    return frames


@pytest.mark.device
@on_a_steady_card
async def test_the_microphone_hears_every_sample_in_frames_of_10_ms(lab: Lab) -> None:
    sound = tone(500)
    microphone = SoundCard("system", "system").microphone
    frames = await recorded(microphone, lab, sound)

    assert {len(frame) for frame in frames} == {2 * RATE_HZ // 100}
    heard = np.frombuffer(b"".join(frames), np.int16)
    begin = int(np.nonzero(heard)[0][0])
    # PortAudio scales JACK's floats by 32767 and cuts: not quite what it does the other way.
    np.testing.assert_allclose(heard[begin : begin + sound.size], sound, atol=2)
    assert not np.any(heard[begin + sound.size :])
    assert microphone.stats.lost_blocks == 0


@pytest.mark.device
async def test_closing_the_microphone_ends_its_frames(lab: Lab) -> None:
    microphone = SoundCard("system", "system").microphone
    frames = microphone.frames()

    await asyncio.wait_for(anext(frames), WAIT_S)
    await microphone.close()
    await microphone.close()

    async with asyncio.timeout(1.0):
        assert [frame async for frame in frames] == []


@pytest.mark.device
@pytest.mark.parametrize("lab", [48_000], indirect=True)
@on_a_steady_card
async def test_a_card_of_another_rate_is_served_by_resampling(lab: Lab, drain: Drain) -> None:
    speaker = SoundCard("system", "system").speaker
    speaker.start(drain)
    await lab.wire_speaker()

    speaker.play("item", 0, tone(500).tobytes())
    await eventually(lambda: any(part.heard_ms > 100 for part in speaker.heard()))
    await drain.wait()
    await speaker.close()

    sound = sounding(lab.heard())
    assert 24_000 - 24 <= sound.size <= 24_000 + 48 * FADE_MS
    assert pitch_hz(sound, 48_000) == pytest.approx(440.0, abs=3)

    microphone = SoundCard("system", "system").microphone
    frames = await recorded(microphone, lab, tone(500, 600.0, 48_000))

    heard = np.frombuffer(b"".join(frames), np.int16)
    (loud,) = np.nonzero(np.abs(heard) > 100)  # the resampler dithers silence by a bit or two
    heard = heard[loud[0] : loud[-1] + 1]
    assert {len(frame) for frame in frames} == {2 * RATE_HZ // 100}
    assert heard.size == pytest.approx(RATE_HZ // 2, rel=0.02)
    assert pitch_hz(heard, RATE_HZ) == pytest.approx(600.0, abs=3)


@pytest.mark.device
async def test_a_card_that_stands_still_is_told_and_goes_on(lab: Lab, drain: Drain) -> None:
    told: list[DeviceNews] = []
    card = SoundCard("system", "system", on_news=told.append)
    card.speaker.start(drain)
    frames = card.microphone.frames()
    await asyncio.wait_for(anext(frames), WAIT_S)
    loop = asyncio.get_running_loop()

    lab.server.send_signal(signal.SIGSTOP)
    began = loop.time()
    await eventually(lambda: len(told) >= 2)
    took_s = loop.time() - began
    lab.server.send_signal(signal.SIGCONT)
    await eventually(lambda: sum(news.is_working for news in told) >= 2)
    async with asyncio.timeout(WAIT_S):
        await anext(frames)
    await frames.aclose()
    await card.close()

    assert {(news.kind, news.name) for news in told} == {
        ("microphone", "system"),
        ("speaker", "system"),
    }
    assert "stands still" in told[0].detail
    assert 0.5 <= took_s < 3.0


@pytest.mark.device
async def test_a_loop_that_is_held_up_does_not_blame_the_card(lab: Lab) -> None:
    told: list[DeviceNews] = []
    card = SoundCard("system", "system", on_news=told.append)
    frames = card.microphone.frames()
    await asyncio.wait_for(anext(frames), WAIT_S)

    threading.Event().wait(3.0)
    async with asyncio.timeout(WAIT_S):
        caught_up = [await anext(frames) for _ in range(250)]

    await frames.aclose()
    await card.close()
    assert told == []
    assert len(caught_up) == 250
    assert 50 <= card.microphone.stats.lost_blocks <= 200


@pytest.mark.device
async def test_a_speaker_or_microphone_is_used_once(speaker: CardSpeaker) -> None:
    microphone = SoundCard("system", "system").microphone
    frames = microphone.frames()
    await asyncio.wait_for(anext(frames), WAIT_S)

    with pytest.raises(LocalProtocolError):
        await anext(microphone.frames())
    with pytest.raises(LocalProtocolError):
        speaker.start(lambda: None)

    await microphone.close()
    await frames.aclose()


@pytest.mark.device
async def test_a_closed_speaker_answers_and_stays_silent(
    lab: Lab, speaker: CardSpeaker, drain: Drain
) -> None:
    speaker.play("item", 0, tone(1000).tobytes())
    await eventually(lambda: sounding(lab.heard()).size > 0)

    await speaker.close()
    await speaker.close()

    assert speaker.flush()[0].heard_ms < 1000
    assert drain.count == 0


@pytest.mark.device
async def test_a_device_that_is_not_there_is_named_with_those_that_are(lab: Lab) -> None:
    speaker = SoundCard("system", "Gramophone").speaker

    with pytest.raises(DeviceError, match=r"no speaker is called 'Gramophone'.*'system'"):
        speaker.start(lambda: None)
    await speaker.close()


async def test_a_speaker_that_was_not_started_has_nothing_to_tell() -> None:
    speaker = SoundCard().speaker

    with pytest.raises(LocalProtocolError):
        speaker.play("item", 0, b"\0\0")
    assert speaker.flush() == []
    assert speaker.heard() == []
    await speaker.close()


@pytest.mark.parametrize("volume", [-1, 101])
def test_a_volume_out_of_range_is_refused(volume: int) -> None:
    with pytest.raises(ValueError, match="from 0 to 100"):
        SoundCard(volume=volume)
