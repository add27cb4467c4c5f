"""The speaker's queue: positions, heard times, underruns and bounds, without a sound card."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from voice.audio.playout import LONGEST_QUEUE_SAMPLES, Playout, PlayoutStats, likely_dac_time
from voice.audio.ports import RATE_HZ
from voice.protocol.playback import HeardPart

BLOCK = 240
BLOCK_S = BLOCK / RATE_HZ
LATENCY_S = 0.04


def pcm(milliseconds: int, value: int = 1000) -> bytes:
    """Return constant samples."""
    return np.full(RATE_HZ * milliseconds // 1000, value, np.int16).tobytes()


class Card:
    """A sound card whose clock the test moves."""

    def __init__(self, playout: Playout, rate_hz: int = RATE_HZ) -> None:
        self.playout = playout
        self.rate_hz = rate_hz
        self.now_s = 100.0
        self.sound = b""
        self.low = 0

    def run(self, milliseconds: int) -> None:
        """Let the card take blocks of 10 ms for a while."""
        for _ in range(milliseconds // 10):
            block, runs_low = self.playout.take(
                self.rate_hz // 100, self.now_s, self.now_s + LATENCY_S
            )
            self.sound += block
            self.low += runs_low
            self.now_s += 0.01


@pytest.fixture
def playout() -> Playout:
    return Playout(RATE_HZ)


@pytest.fixture
def card(playout: Playout) -> Card:
    return Card(playout)


def test_silence_is_taken_while_nothing_is_queued(card: Card) -> None:
    card.run(30)

    assert card.sound == bytes(3 * 2 * BLOCK)
    assert card.low == 0


def test_parts_are_taken_in_order_bit_by_bit(playout: Playout, card: Card) -> None:
    playout.push("a", 0, pcm(15, 1))
    playout.push("b", 0, pcm(10, 2))
    card.run(40)

    assert card.sound == pcm(15, 1) + pcm(10, 2) + bytes(2 * BLOCK * 3 // 2)


def test_only_samples_whose_dac_time_has_passed_are_heard(playout: Playout, card: Card) -> None:
    playout.push("a", 0, pcm(100))

    card.run(40)
    taken_but_not_sounded = playout.heard(card.now_s)
    card.run(30)

    assert taken_but_not_sounded == [HeardPart("a", 0, 0)]
    assert playout.heard(card.now_s) == [HeardPart("a", 0, 30)]
    assert playout.heard(card.now_s + 0.0047) == [HeardPart("a", 0, 34)]


def test_heard_never_runs_ahead_of_what_was_taken(playout: Playout, card: Card) -> None:
    playout.push("a", 0, pcm(100))
    card.run(20)

    assert playout.heard(card.now_s + 60.0) == [HeardPart("a", 0, 20)]


def test_flush_is_silent_from_the_next_block_and_reports_each_part(
    playout: Playout, card: Card
) -> None:
    playout.push("a", 0, pcm(50))
    playout.push("a", 1, pcm(50))
    playout.push("b", 0, pcm(500))
    card.run(110)

    report = playout.flush(card.now_s)
    before = len(card.sound)
    card.run(50)

    assert report == [HeardPart("a", 0, 50), HeardPart("a", 1, 20), HeardPart("b", 0, 0)]
    assert not any(card.sound[before:])
    assert playout.heard(card.now_s) == []
    assert card.low == 0


def test_a_part_that_comes_again_between_others_is_counted_once(
    playout: Playout, card: Card
) -> None:
    for item in ("a", "b", "a"):
        playout.push(item, 0, pcm(20))
    card.run(100)

    assert playout.heard(card.now_s) == [HeardPart("a", 0, 40), HeardPart("b", 0, 20)]


def test_running_low_is_said_once_and_the_end_can_be_waited_for(
    playout: Playout, card: Card
) -> None:
    playout.push("a", 0, pcm(100))
    waiting = playout.remaining_s(card.now_s)
    card.run(40)
    enough = card.low
    card.run(10)
    low = card.low
    card.run(50)
    remaining = playout.remaining_s(card.now_s)

    assert waiting == pytest.approx(0.1)
    assert (enough, low) == (0, 1)
    assert playout.waiting_s() == 0.0
    assert remaining == pytest.approx(LATENCY_S, abs=0.001)
    assert playout.remaining_s(card.now_s + LATENCY_S + 0.0001) == 0.0
    card.run(50)
    assert card.low == 1


def test_no_run_has_nothing_remaining(playout: Playout, card: Card) -> None:
    assert playout.remaining_s(card.now_s) is None
    playout.push("a", 0, pcm(30))
    playout.flush(card.now_s)
    assert playout.remaining_s(card.now_s) is None


def test_a_part_that_goes_on_after_running_empty_counts_from_its_first_sample(
    playout: Playout, card: Card
) -> None:
    playout.push("a", 0, pcm(50))
    card.run(100)
    playout.end_run()
    between = playout.heard(card.now_s)
    playout.push("a", 0, pcm(50))
    card.run(60)

    assert between == []
    assert playout.heard(card.now_s) == [HeardPart("a", 0, 70)]


def test_an_underrun_is_counted_with_its_silence(playout: Playout, card: Card) -> None:
    playout.push("a", 0, pcm(20))
    card.run(50)
    playout.push("a", 0, pcm(20))
    card.run(30)
    playout.push("b", 0, pcm(20))

    assert playout.stats == PlayoutStats(underruns=1, silence_ms=30)
    assert playout.heard(card.now_s + 1.0)[0] == HeardPart("a", 0, 40)


def test_an_underrun_across_an_ended_run_is_counted_too(playout: Playout, card: Card) -> None:
    playout.push("a", 0, pcm(20))
    card.run(70)
    playout.end_run()
    card.run(30)
    playout.push("a", 0, pcm(20))

    assert playout.stats == PlayoutStats(underruns=1, silence_ms=80)


def test_a_flush_is_no_underrun(playout: Playout, card: Card) -> None:
    playout.push("a", 0, pcm(20))
    card.run(10)
    playout.flush(card.now_s)
    card.run(20)
    playout.push("a", 0, pcm(20))

    assert playout.stats.underruns == 0


def test_what_exceeds_the_longest_queue_is_dropped_and_counted(
    playout: Playout, card: Card
) -> None:
    second = pcm(1000)
    for _ in range(LONGEST_QUEUE_SAMPLES // RATE_HZ + 2):
        playout.push("a", 0, second)
    playout.push("b", 0, second)
    card.run(1000)
    playout.push("c", 0, second)

    assert playout.stats.dropped_ms == 3000
    assert [part.item_id for part in playout.heard(card.now_s)] == ["a", "c"]


def test_a_flood_of_tiny_parts_is_bounded(playout: Playout, card: Card) -> None:
    for number in range(6000):
        playout.push(f"item{number}", 0, b"\1\0")

    assert len(playout.flush(card.now_s)) <= 4100


def test_half_a_sample_is_refused(playout: Playout) -> None:
    with pytest.raises(ValueError, match="whole 16-bit samples"):
        playout.push("a", 0, b"\0\0\0")


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 44_100, 48_000])
def test_another_rate_is_resampled_and_wholly_heard(rate_hz: int) -> None:
    playout = Playout(rate_hz)
    card = Card(playout, rate_hz)
    time = np.arange(RATE_HZ) / RATE_HZ
    tone = np.rint(8000 * np.sin(2 * np.pi * 440 * time)).astype(np.int16).tobytes()

    for start in range(0, len(tone), 3840):
        playout.push("a", 0, tone[start : start + 3840])
    card.run(500)
    halfway = playout.heard(card.now_s)
    card.run(470)
    finished = playout.finish()
    card.run(130)
    again = playout.finish()

    sound = np.frombuffer(card.sound, np.int16)[:rate_hz].astype(float)
    spectrum = np.abs(np.fft.rfft(sound))
    assert halfway == [HeardPart("a", 0, 460)]
    assert finished
    assert not again
    assert int(spectrum.argmax()) == 440
    assert np.sqrt(np.mean(sound**2)) == pytest.approx(8000 / np.sqrt(2), rel=0.01)
    assert playout.heard(card.now_s) == [HeardPart("a", 0, 1000)]
    assert playout.remaining_s(card.now_s) == 0.0


def test_positions_do_not_drift_over_many_tails() -> None:
    playout = Playout(44_100)
    card = Card(playout, 44_100)
    for _ in range(50):
        playout.push("a", 0, pcm(20)[:-2])
        playout.finish()
        card.run(30)

    samples = 50 * (RATE_HZ * 20 // 1000 - 1)
    assert playout.heard(card.now_s + 1) == [HeardPart("a", 0, samples * 1000 // RATE_HZ)]


def test_finishing_at_the_cards_own_rate_adds_nothing(playout: Playout) -> None:
    playout.push("a", 0, pcm(20))

    assert not playout.finish()


@pytest.mark.parametrize(
    ("dac_s", "expected"), [(10.03, 10.03), (10.0, 10.0), (0.0, 10.08), (9.9, 10.08), (99.0, 10.08)]
)
def test_a_drivers_nonsense_is_replaced_by_a_late_guess(dac_s: float, expected: float) -> None:
    assert likely_dac_time(dac_s, 10.0, 0.04) == pytest.approx(expected)


def test_pushing_and_flushing_while_the_card_takes_loses_and_repeats_nothing() -> None:
    playout = Playout(RATE_HZ)
    stop = threading.Event()
    sound = bytearray()

    def take_blocks() -> None:
        now_s = 0.0
        while not stop.is_set():
            block, _ = playout.take(BLOCK, now_s, now_s)
            sound.extend(block)
            now_s += BLOCK_S

    thread = threading.Thread(target=take_blocks)
    thread.start()
    pushed = 0
    for number in range(1, 300):
        playout.push("a", number, np.full(100, number, np.int16).tobytes())
        pushed += 100
        if number % 50 == 0:
            playout.flush(1e9)
    stop.set()
    thread.join(timeout=5)
    rest, _ = playout.take(pushed, 1e9, 1e9)

    heard = np.frombuffer(bytes(sound) + rest, np.int16)
    heard = heard[heard != 0]
    assert heard.size <= pushed
    assert (np.diff(heard) >= 0).all()
    assert np.bincount(heard).max() <= 100
