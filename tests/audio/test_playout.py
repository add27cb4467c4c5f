"""The speaker's queue: positions, heard times, fades, underruns and bounds, without a card."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.audio.playout_kit import BLOCK, BLOCK_S, LATENCY_S, Card, pcm
from voice.audio.fades import FADE_SAMPLES
from voice.audio.levels import Meter
from voice.audio.playout import LONGEST_QUEUE_SAMPLES, Playout, likely_dac_time
from voice.audio.ports import RATE_HZ
from voice.protocol.playback import HeardPart


@pytest.fixture
def playout() -> Playout:
    return Playout()


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

    assert card.sound[: 2 * 600] == pcm(15, 1) + pcm(10, 2)
    assert not any(card.sound[2 * (600 + FADE_SAMPLES) :])


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


def test_flush_fades_out_and_reports_all_that_comes_out_of_the_speaker(
    playout: Playout, card: Card
) -> None:
    playout.push("a", 0, pcm(50))
    playout.push("a", 1, pcm(50))
    playout.push("b", 0, pcm(500))
    playout.push("c", 0, pcm(500))
    card.run(110)

    report = playout.flush()
    before = card.samples.size
    card.run(50)

    assert report == [
        HeardPart("a", 0, 50),
        HeardPart("a", 1, 50),
        HeardPart("b", 0, 15),
        HeardPart("c", 0, 0),
    ]
    fade = card.samples[before : before + FADE_SAMPLES]
    assert fade[0] == 1000
    assert (np.diff(fade) <= 0).all()
    assert fade[-1] <= 10
    assert not np.any(card.samples[before + FADE_SAMPLES :])
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
    playout.flush()
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


def test_an_underrun_is_counted_with_its_silence_and_bridged_by_a_longer_buffer(
    playout: Playout, card: Card
) -> None:
    playout.push("a", 0, pcm(20))
    card.run(50)
    playout.push("a", 0, pcm(20))
    held = card.sound
    card.run(20)
    playout.push("a", 0, pcm(20))
    card.run(60)
    playout.push("b", 0, pcm(20))

    assert not any(held[2 * (480 + FADE_SAMPLES) :])
    assert playout.stats.underruns == 1
    assert playout.stats.silence_ms == 50
    assert playout.stats.target_ms == 40
    assert playout.heard(card.now_s + 1.0)[0] == HeardPart("a", 0, 60)


def test_an_underrun_across_an_ended_run_is_counted_too(playout: Playout, card: Card) -> None:
    playout.push("a", 0, pcm(20))
    card.run(70)
    playout.end_run()
    card.run(30)
    playout.push("a", 0, pcm(60))
    card.run(10)

    assert playout.stats.underruns == 1
    assert playout.stats.silence_ms == 80


def test_what_sounds_again_just_in_time_is_no_underrun(playout: Playout, card: Card) -> None:
    for _ in range(10):
        playout.push("a", 0, pcm(20))
        card.run(20)

    assert playout.stats.underruns == 0
    assert card.sound == pcm(200)


def test_a_flush_is_no_underrun(playout: Playout, card: Card) -> None:
    playout.push("a", 0, pcm(20))
    card.run(10)
    playout.flush()
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

    assert len(playout.flush()) <= 4100


def test_half_a_sample_is_refused(playout: Playout) -> None:
    with pytest.raises(ValueError, match="whole 16-bit samples"):
        playout.push("a", 0, b"\0\0\0")


def test_an_answer_waits_for_the_buffer_and_no_longer(playout: Playout, card: Card) -> None:
    playout.push("a", 0, pcm(5))
    card.run(20)
    held = any(card.sound)
    card.run(10)

    assert not held
    assert card.sound[960 : 960 + 240] == pcm(5)


def test_a_burst_sounds_at_once(playout: Playout, card: Card) -> None:
    playout.push("a", 0, pcm(500))
    card.run(10)

    assert card.sound == pcm(10)


def test_reference_and_meter_are_told_what_sounds(card: Card) -> None:
    class Log:
        def __init__(self) -> None:
            self.blocks: list[tuple[float, bytes]] = []

        def push(self, dac_s: float, block: NDArray[np.int16]) -> None:
            self.blocks.append((dac_s, block.tobytes()))

    log, meter = Log(), Meter()
    playout = Playout(reference=log, meter=meter)  # type: ignore[arg-type]
    card.playout = playout
    playout.gain = 0.5
    playout.push("a", 0, pcm(20, 16_384))
    card.run(20)

    assert log.blocks == [
        (100.0 + LATENCY_S, pcm(10, 8_192)),
        (pytest.approx(100.01 + LATENCY_S), pcm(10, 8_192)),
    ]
    assert meter.dbfs == pytest.approx(-12.04, abs=0.01)


def test_what_a_lost_card_did_not_let_sound_waits_for_the_next_one(
    playout: Playout, card: Card
) -> None:
    playout.push("a", 0, np.arange(1, 4801, dtype=np.int16).tobytes())
    card.run(100)
    playout.lose(card.now_s - 0.005)
    lost = playout.heard(card.now_s + 9.0)
    card.sound, card.now_s = b"", 3.0
    card.run(200)

    assert lost == [HeardPart("a", 0, 55)]
    np.testing.assert_array_equal(card.samples[FADE_SAMPLES:3480], np.arange(1321, 4801)[120:])
    assert playout.heard(card.now_s) == [HeardPart("a", 0, 200)]


def test_a_flush_after_a_lost_card_claims_nothing_that_it_took_in_vain(
    playout: Playout, card: Card
) -> None:
    playout.push("a", 0, pcm(300))
    card.run(100)
    playout.lose(card.now_s)

    assert playout.flush() == [HeardPart("a", 0, 60)]


@pytest.mark.parametrize(
    ("dac_s", "expected"), [(10.03, 10.03), (10.0, 10.0), (0.0, 10.08), (9.9, 10.08), (99.0, 10.08)]
)
def test_a_drivers_nonsense_is_replaced_by_a_late_guess(dac_s: float, expected: float) -> None:
    assert likely_dac_time(dac_s, 10.0, 0.04) == pytest.approx(expected)


def test_pushing_and_flushing_while_the_card_takes_loses_and_repeats_nothing() -> None:
    playout = Playout()
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
            playout.flush()
    stop.set()
    thread.join(timeout=5)
    rest, _ = playout.take(pushed, 1e9, 1e9)

    heard = np.frombuffer(bytes(sound) + rest, np.int16)
    whole = np.bincount(heard[heard > 0])
    assert whole.max() <= 100 + 3 * FADE_SAMPLES
    assert heard.max() <= 299
