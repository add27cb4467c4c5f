"""What the speaker lets sound, found by the time at which the microphone hears it."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import numpy as np
import pytest

from voice.audio.pcm import Pcm
from voice.audio.ports import RATE_HZ
from voice.audio.reference import Reference, likely_adc_time

BLOCK = 240
DAC_LATENCY_S = 0.04
ADC_LATENCY_S = 0.03
MODULUS = 30_000
"""Sample number n has the value n mod this, plus 1: no silence is among them."""


def numbered(begin: int, count: int) -> Pcm:
    return ((np.arange(begin, begin + count) % MODULUS) + 1).astype(np.int16)


@dataclass
class Room:
    """Two sound cards whose clocks are off, and what their drivers say about the time."""

    speaker_ppm: float = 0.0
    microphone_ppm: float = 0.0
    jitter_s: float = 0.0
    block: int = BLOCK
    reference: Reference = field(default_factory=Reference)
    played: int = 0
    captured: int = 0
    dice: random.Random = field(default_factory=lambda: random.Random(3))

    def off_by(self) -> tuple[float, Pcm]:
        """Run both for a block, and return by how many samples what was read is too late."""
        captured_s = self.captured / RATE_HZ * (1 + self.microphone_ppm / 1e6)
        ahead_s = DAC_LATENCY_S + ADC_LATENCY_S + self.block / RATE_HZ
        while self._played_s() <= captured_s + ahead_s:
            dac_s = self._played_s() + self._jitter_s()
            self.reference.push(dac_s, numbered(self.played, self.block))
            self.played += self.block
        far = self.reference.read(captured_s + self._jitter_s(), self.block)
        self.captured += self.block
        true = captured_s * RATE_HZ / (1 + self.speaker_ppm / 1e6)
        off = (int(far[0]) - 1 - true + MODULUS / 2) % MODULUS - MODULUS / 2
        return off, far

    def _played_s(self) -> float:
        return self.played / RATE_HZ * (1 + self.speaker_ppm / 1e6)

    def _jitter_s(self) -> float:
        return self.dice.uniform(-self.jitter_s, self.jitter_s)


def test_what_sounded_is_found_to_the_sample() -> None:
    reference = Reference()
    for number in range(20):
        reference.push(100.0 + number * 0.01, numbered(number * BLOCK, BLOCK))

    far = reference.read(100.0 + 1000 / RATE_HZ, BLOCK)

    np.testing.assert_array_equal(far, numbered(1000, BLOCK))
    np.testing.assert_array_equal(
        reference.read(100.0 + 1240 / RATE_HZ, BLOCK), numbered(1240, BLOCK)
    )


def test_nothing_sounds_before_the_first_block_and_after_the_last() -> None:
    reference = Reference()
    never = reference.read(99.0, BLOCK)
    reference.push(100.0, numbered(0, BLOCK))

    early = reference.read(100.0 - 100 / RATE_HZ, BLOCK)
    late = reference.read(100.0 + 140 / RATE_HZ, BLOCK)

    assert not np.any(never)
    np.testing.assert_array_equal(early, np.concatenate([np.zeros(100), numbered(0, 140)]))
    np.testing.assert_array_equal(late, np.concatenate([numbered(140, 100), np.zeros(140)]))


def test_three_seconds_are_kept() -> None:
    reference = Reference()
    for number in range(1000):
        reference.push(100.0 + number * 0.01, numbered(number * BLOCK, BLOCK))

    assert np.all(reference.read(107.0 + 1 / RATE_HZ, BLOCK))
    assert not np.any(reference.read(106.9, BLOCK))


def test_without_drift_jitter_hardly_moves_it() -> None:
    room = Room(jitter_s=0.01)
    offs = [room.off_by()[0] for _ in range(6000)]

    # At first each stamp counts for much, and the reader may go to and fro by some milliseconds.
    settled = np.array(offs[1000:])
    assert np.abs(settled).max() < RATE_HZ * 0.0025
    assert np.abs(np.diff(settled)).max() <= 1.001
    assert np.abs(offs).max() < RATE_HZ * 0.02


@pytest.mark.parametrize("ppm", [-500.0, 500.0])
def test_clocks_that_drift_apart_are_followed_sample_by_sample(ppm: float) -> None:
    room = Room(speaker_ppm=ppm)
    offs = [room.off_by()[0] for _ in range(6000)]

    assert np.abs(offs[200:]).max() <= 3
    assert room.reference.jumps == 0
    assert room.reference.steps == pytest.approx(6000 * 0.12, abs=30)


def test_blocks_that_were_lost_are_jumped_over() -> None:
    room = Room()
    for _ in range(300):
        room.off_by()
    room.captured += 7 * BLOCK
    offs = [room.off_by()[0] for _ in range(30)]

    assert np.abs(offs[10:]).max() <= 1
    assert room.reference.jumps == 1


@pytest.mark.parametrize("ppm", [200.0, -500.0])
def test_an_hour_of_drift_moves_the_delay_by_less_than_a_millisecond_and_cuts_nothing(
    ppm: float,
) -> None:
    # Case A06 of the fault list, in blocks of 40 ms: an hour in a few seconds.
    room = Room(speaker_ppm=ppm / 2, microphone_ppm=-ppm / 2, jitter_s=0.002, block=4 * BLOCK)
    begins, ends, offs, whole = [], [], [], 0
    blocks = 60 * 60 * RATE_HZ // room.block
    for _ in range(blocks):
        off, far = room.off_by()
        offs.append(off)
        begins.append(int(far[0]))
        ends.append(int(far[-1]))
        whole += (ends[-1] - begins[-1]) % MODULUS == room.block - 1 and bool(far.all())

    seams = np.subtract(begins[2:], ends[1:-1]) % MODULUS
    assert np.abs(offs[2000:]).max() < RATE_HZ // 1000
    assert np.abs(offs).max() < 20 * RATE_HZ // 1000
    assert whole >= blocks - 1  # the first may begin before the speaker did
    assert set(seams) <= {0, 1, 2}
    assert room.reference.jumps == 0


@pytest.mark.parametrize(
    ("adc_s", "expected"), [(9.97, 9.97), (10.0, 10.0), (0.0, 9.96), (10.1, 9.96), (7.0, 9.96)]
)
def test_a_drivers_nonsense_is_replaced_by_a_guess(adc_s: float, expected: float) -> None:
    assert likely_adc_time(adc_s, 10.0, 0.04) == pytest.approx(expected)
