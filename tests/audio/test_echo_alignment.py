"""What the microphone is told of our own voice comes with the echo of it, whatever the card did."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import AsyncGenerator
from contextlib import aclosing

import numpy as np
import pytest

from tests.audio.jack_lab import PERIOD_MS, WAIT_S, Lab, Samples
from voice.audio.pcm import from_bytes
from voice.audio.ports import BLOCK_MS, RATE_HZ, Captured
from voice.audio.sound_card import SoundCard

pytestmark = pytest.mark.device

ECHO_MS = 40
ROUNDS = 6
"""Answers of half a second; the first may still be out of step."""

NEAR_MS = 5
HALF_A_SECOND = 500 // BLOCK_MS


async def test_a_card_that_stood_still_while_it_was_opened_does_not_lose_the_echo(
    lab: Lab,
) -> None:
    card = SoundCard("system", "system")
    card.speaker.start(lambda: None)
    await lab.wire_speaker()

    lab.server.send_signal(signal.SIGSTOP)
    threading.Event().wait(0.3)
    lab.server.send_signal(signal.SIGCONT)
    async with asyncio.timeout(WAIT_S), aclosing(card.microphone.captured()) as blocks:
        await anext(blocks)
        await lab.wire_microphone()
        lab.echo(ECHO_MS, -10.0)
        lags_ms = [await echo_lag_ms(card, blocks, number) for number in range(ROUNDS)]

    await card.close()
    # The card's own buffers are counted in by one period or two.
    assert lags_ms[-1] == pytest.approx(ECHO_MS - PERIOD_MS, abs=NEAR_MS), lags_ms
    assert lags_ms[-2] == pytest.approx(lags_ms[-1], abs=NEAR_MS), lags_ms


async def echo_lag_ms(
    card: SoundCard, blocks: AsyncGenerator[Captured, None], number: int
) -> float:
    """Play noise; return how much later its echo is captured than it is told to have sounded."""
    dice = np.random.default_rng(number)
    noise = dice.normal(0.0, 3_000.0, RATE_HZ // 2).astype(np.int16)
    card.speaker.play(f"item {number}", 0, noise.tobytes())
    captured = [await anext(blocks) for _ in range(2 * HALF_A_SECOND)]
    near, far = (
        np.concatenate([from_bytes(getattr(block, side)) for block in captured])
        for side in ("near", "far")
    )
    return lag_of(near, far) * 1000 / RATE_HZ


def lag_of(late: Samples, early: Samples) -> int:
    """Return by how many samples one signal is behind the other, where they are most alike."""
    assert np.any(early), "nothing is known of our voice while its echo is captured"
    size = 2 * late.size
    spectrum = np.fft.rfft(late, size) * np.conj(np.fft.rfft(early, size))
    best = int(np.argmax(np.abs(np.fft.irfft(spectrum, size))))
    return best - size if best > late.size else best
