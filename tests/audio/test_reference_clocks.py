"""Our own voice comes with its echo, whatever happens to the clocks of the two streams."""

from __future__ import annotations

import numpy as np
import pytest

from tests.audio.portaudio_kit import BLOCK, FakePortAudio, MovedStream, OurClock, installed
from voice.audio.devices import BlockTime
from voice.audio.pcm import Pcm
from voice.audio.playout import earliest_dac_time
from voice.audio.ports import RATE_HZ
from voice.audio.reference import Reference, likely_adc_time

BLOCK_S = BLOCK / RATE_HZ
OUT_S = 0.03
IN_S = 0.02
MODULUS = 30_000
MOST_OFF_MS = 10.0


class Room:
    """A speaker and a microphone of one machine; sample n has the value n modulo 30,000, plus 1."""

    def __init__(self, library: FakePortAudio, ours: OurClock) -> None:
        self.ours = ours
        self._library = library
        self._reference = Reference()
        self.off_ms: list[float] = []
        """By how much the reference was late, negative for early, block by block."""
        self._played = 0
        self._sounds_s = 0.0
        self.open_speaker()
        self.open_microphone()

    def open_speaker(self, away_s: float = 1.8e9) -> None:
        self.speaker = MovedStream(self._library, self.ours, "output", ahead_s=OUT_S)
        self.speaker.away_s = away_s
        self.speaker.on_block = self._play

    def open_microphone(self, away_s: float = 1.8e9) -> None:
        self.microphone = MovedStream(self._library, self.ours, "input", ahead_s=-IN_S)
        self.microphone.away_s = away_s
        self.microphone.on_block = self._capture

    def _play(self, time: BlockTime) -> None:
        self._sounds_s = self.ours.now_s + OUT_S
        numbers = np.arange(self._played, self._played + BLOCK) % MODULUS + 1
        self._reference.push(earliest_dac_time(time.at_s, time.now_s), numbers.astype(np.int16))
        self._played += BLOCK

    def _capture(self, time: BlockTime) -> None:
        adc_s = likely_adc_time(time.at_s, time.now_s, BLOCK_S)
        far: Pcm = self._reference.read(adc_s, BLOCK)
        # What sounded as the block began, counted back from what the speaker took last.
        true = self._played - BLOCK + (self.ours.now_s - IN_S - self._sounds_s) * RATE_HZ
        off = (true - (int(far[0]) - 1) + MODULUS / 2) % MODULUS - MODULUS / 2
        self.off_ms.append(off * 1000 / RATE_HZ if far[0] else float("nan"))

    def run(self, seconds: float, *, with_microphone: bool = True) -> list[float]:
        """Let both run; return by how much the reference was late meanwhile."""
        self.off_ms.clear()
        for _ in range(round(seconds / BLOCK_S)):
            self.ours.now_s += BLOCK_S
            self.speaker.call_back()
            if with_microphone:
                self.microphone.call_back()
        return list(self.off_ms)


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> Room:
    return Room(*installed(monkeypatch))


def test_two_streams_that_run_together_are_aligned(room: Room) -> None:
    assert np.abs(room.run(10.0)[20:]).max() < 1.0


@pytest.mark.parametrize("away_s", [1.8e9, 3.0, -700.0])
def test_a_microphone_that_is_opened_later_is_aligned_whatever_its_clock_counts(
    room: Room, away_s: float
) -> None:
    room.run(5.0, with_microphone=False)
    room.open_microphone(away_s)

    assert np.abs(room.run(3.0)[20:]).max() < 1.0


@pytest.mark.parametrize("side", ["speaker", "microphone"])
def test_one_side_that_is_opened_again_is_aligned_within_two_seconds(room: Room, side: str) -> None:
    room.run(5.0)
    room.ours.now_s += 0.7
    room.open_speaker(12.0) if side == "speaker" else room.open_microphone(12.0)

    assert np.abs(room.run(5.0)[200:]).max() < MOST_OFF_MS


@pytest.mark.parametrize("set_s", [-3600.0, -0.4, 0.4, 3600.0])
def test_a_wall_clock_that_is_set_does_not_part_them_for_two_seconds(
    room: Room, set_s: float
) -> None:
    room.run(5.0)
    room.speaker.away_s += set_s
    room.microphone.away_s += set_s

    offs = room.run(6.0)

    assert np.abs(offs[200:]).max() < MOST_OFF_MS
    assert np.abs(offs).max() < 1000.0


@pytest.mark.parametrize("suspended_s", [0.0, 7200.0])
def test_a_process_that_was_stopped_goes_on_aligned(room: Room, suspended_s: float) -> None:
    # Suspended is the whole machine: the wall clock goes on, ours does not.
    room.run(5.0)
    room.ours.now_s += 3.0
    room.speaker.call_back(late_s=3.0)
    room.microphone.call_back(late_s=3.0)
    room.speaker.away_s += suspended_s
    room.microphone.away_s += suspended_s

    assert np.abs(room.run(6.0)[200:]).max() < MOST_OFF_MS


@pytest.mark.parametrize("silent", ["speaker", "microphone", "both"])
def test_where_a_driver_tells_no_time_the_echo_still_comes_after_its_cause(
    room: Room, silent: str
) -> None:
    room.speaker.tells_time = silent == "microphone"
    room.microphone.tells_time = silent == "speaker"

    offs = np.array(room.run(6.0)[200:])

    # The canceller waits for an echo, and cannot undo one that comes before its cause.
    least_ms = -1000 * ((OUT_S if silent != "microphone" else 0.0) + (IN_S - BLOCK_S))
    assert offs.max() < 1.0
    assert offs.min() > least_ms - 5.0  # it goes there by a sample a block
