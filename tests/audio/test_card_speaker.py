"""What a card that tells no times is believed of the blocks that it takes."""

from __future__ import annotations

from typing import cast

import numpy as np
import pytest

from voice.audio.card_speaker import CardSpeaker
from voice.audio.devices import BlockTime, Stream
from voice.audio.pcm import Pcm, to_bytes
from voice.audio.playout import Playout
from voice.audio.ports import RATE_HZ
from voice.audio.reference import Reference

BLOCK = 240
BLOCK_S = BLOCK / RATE_HZ
LATENCY_S = 0.04
BEGIN_S = 70.0


class TellsNothing:
    """A stream at our rate; its time is that of the last callback."""

    rate_hz = RATE_HZ
    latency_s = LATENCY_S
    xruns = 0
    last_s = BEGIN_S

    def now_s(self) -> float:
        return self.last_s

    def from_mono(self, samples: Pcm) -> bytes:
        return to_bytes(samples)


async def nothing() -> None:
    pass


@pytest.mark.parametrize("at_s", [0.0, -1.0e9, 1.0e9])
async def test_nonsense_is_late_for_what_was_heard_and_early_for_the_echo(at_s: float) -> None:
    reference, stream = Reference(), TellsNothing()
    speaker = CardSpeaker(Playout(reference=reference), begin=lambda: None, end=nothing)
    speaker.start(lambda: None)
    on_block = speaker.attach(cast(Stream, stream))
    speaker.play("item", 0, np.full(RATE_HZ, 9_000, np.int16).tobytes())

    for number in range(20):
        stream.last_s = BEGIN_S + number * BLOCK_S
        on_block(bytearray(2 * BLOCK), BLOCK, BlockTime(stream.last_s, at_s))
    far = reference.read(BEGIN_S - BLOCK_S, 3 * BLOCK)
    heard_ms = speaker.heard()[0].heard_ms
    await speaker.close()

    (loud,) = np.nonzero(np.abs(far) > 100)
    assert loud[0] == pytest.approx(BLOCK, abs=BLOCK // 4)  # a fade begins it
    assert heard_ms == pytest.approx(190 - 2 * 1000 * LATENCY_S, abs=10)
