"""Sound devices that come and go, on a real (virtual) sound system: FAULTS A01 to A05.

Nothing is mocked between PortAudio and the card; the card runs in a process of its own, because
PortAudio reads the environment when it is loaded.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from tests.audio.jack_lab import pitch_hz, sounding, tone
from tests.audio.pulse_lab import LAB_RATE_HZ, Conversation, PulseLab, skip_without_pulse
from voice.audio.ports import RATE_HZ

pytestmark = pytest.mark.device


@pytest.fixture
async def lab() -> AsyncIterator[PulseLab]:
    """A sound system with the speaker ``loud`` and the microphone ``mic``."""
    skip_without_pulse()
    # Not pytest's folder: the name of a socket must be short.
    with tempfile.TemporaryDirectory(prefix="lab") as folder:
        pulse = PulseLab(Path(folder))
        try:
            pulse.plug_microphone("mic")
            await pulse.plug_speaker("loud")
            yield pulse
        finally:
            pulse.close()


@pytest.fixture
async def conversation(lab: PulseLab) -> AsyncIterator[Conversation]:
    async with Conversation(lab) as running:
        yield running


async def test_a_microphone_that_is_unplugged_is_missed_and_found_again(
    lab: PulseLab, conversation: Conversation
) -> None:
    conversation.play("answer", tone(2_500))

    lab.unplug("mic")
    gone_s = time.monotonic()
    lost = await conversation.report("news", kind="microphone", is_working=False)
    drained = await conversation.report("drained")
    lab.plug_microphone("mic")
    back_s = time.monotonic()
    found = await conversation.report("news", kind="microphone", is_working=True)
    hears_s, _ = await conversation.captures(1)

    assert "no microphone is left" in lost["detail"]
    assert lost["at_s"] - gone_s < 2.0  # asked once a second, and half a second to come back
    assert drained["at_s"] - gone_s > 1.5
    assert sounding(lab.recorders["loud"].heard()).size == pytest.approx(
        2.5 * LAB_RATE_HZ, rel=0.02
    )
    assert found["detail"] == "listening with 'mic'"
    assert hears_s - back_s < 3.5


async def test_another_microphone_that_takes_the_place_of_one_is_named(
    lab: PulseLab, conversation: Conversation
) -> None:
    lab.plug_microphone("second")
    lab.pactl("set-default-source", "mic")
    lab.hum("second", 600.0)

    lab.unplug("mic")
    gone_s = time.monotonic()
    news = await conversation.report("news", kind="microphone", is_working=True)
    _, sound = await conversation.captures(50)

    assert news["name"] == "second"
    assert "listening with 'second'" in news["detail"]
    assert news["at_s"] - gone_s < 4.0
    assert np.abs(sound).max() > 10_000


async def test_a_microphone_that_stands_still_is_opened_again_when_it_goes_on(
    lab: PulseLab, conversation: Conversation
) -> None:
    lab.pactl("suspend-source", "mic", "1")
    still_s = time.monotonic()
    lost = await conversation.report("news", kind="microphone", is_working=False)
    lab.pactl("suspend-source", "mic", "0")
    on_s = time.monotonic()
    hears_s, _ = await conversation.captures(1)

    assert "stands still" in lost["detail"]
    assert 0.5 <= lost["at_s"] - still_s < 1.5
    assert hears_s - on_s < 1.5


async def test_a_speaker_lost_in_mid_sentence_claims_no_more_than_was_heard(
    lab: PulseLab, conversation: Conversation
) -> None:
    conversation.play("sentence", tone(6_000))
    await conversation.until_heard("sentence", 1_000)

    lab.unplug("loud")
    lab.unplug("mic")
    await asyncio.sleep(1.0)  # whoever trusts a clock goes on counting
    heard_ms = await conversation.heard_ms("sentence")
    news = await conversation.report("news", kind="speaker", is_working=False)
    await conversation.report("drained")

    sounded_ms = sounding(lab.recorders["loud"].heard()).size * 1000 / LAB_RATE_HZ
    assert sounded_ms - 150 <= heard_ms <= sounded_ms + 10
    assert "was not heard" in news["detail"]

    await lab.plug_speaker("loud")
    await conversation.report("news", kind="speaker", is_working=True)
    conversation.play("next", tone(300))
    await conversation.report("drained")
    assert sounding(lab.recorders["loud"].heard()).size == pytest.approx(
        0.3 * LAB_RATE_HZ, rel=0.05
    )


async def test_a_speaker_that_is_back_soon_goes_on_where_it_was(
    lab: PulseLab, conversation: Conversation
) -> None:
    conversation.play("sentence", tone(2_000))
    await conversation.until_heard("sentence", 500)

    lab.unplug("loud")
    lab.unplug("mic")
    before = sounding(lab.recorders["loud"].heard()).size
    await lab.plug_speaker("loud")
    await conversation.report("drained")

    after = sounding(lab.recorders["loud"].heard()).size
    assert (before + after) / LAB_RATE_HZ == pytest.approx(2.0, abs=0.15)


async def test_a_headset_that_changes_its_rate_sounds_at_the_right_pitch(
    lab: PulseLab, conversation: Conversation
) -> None:
    lab.hum("mic", 440.0)
    await conversation.until_open(48_000, 48_000)
    _, before = await conversation.captures(50)

    lab.unplug("mic")
    lab.unplug("loud")
    lab.plug_microphone("mic", 16_000)
    await lab.plug_speaker("loud", 16_000)
    lab.hum("mic", 440.0)
    await conversation.until_open(16_000, 16_000)
    _, after = await conversation.captures(100)
    conversation.play("beep", tone(500, 700.0))
    await conversation.report("drained")

    said = sounding(lab.recorders["loud"].heard())
    assert pitch_hz(before[-RATE_HZ // 2 :], RATE_HZ) == pytest.approx(440.0, rel=0.01)
    assert pitch_hz(after[-RATE_HZ // 2 :], RATE_HZ) == pytest.approx(440.0, rel=0.01)
    assert pitch_hz(said, 16_000) == pytest.approx(700.0, rel=0.01)
    assert said.size == pytest.approx(16_000 // 2, rel=0.05)
