"""Pauses, holes and changes of the volume: where sound is cut it fades."""

from __future__ import annotations

import numpy as np
import pytest

from tests.audio.playout_kit import BLOCK, LATENCY_S, Card, pcm
from voice.audio.fades import FADE_SAMPLES
from voice.audio.playout import Playout
from voice.protocol.playback import HeardPart


@pytest.fixture
def playout() -> Playout:
    return Playout()


@pytest.fixture
def card(playout: Playout) -> Card:
    return Card(playout)


def test_a_pause_fades_out_and_a_resume_goes_on_from_the_very_next_sample(
    playout: Playout, card: Card
) -> None:
    playout.push("a", 0, np.arange(1, 4801, dtype=np.int16).tobytes())
    card.run(30)
    playout.pause()
    playout.pause()
    card.run(100)
    paused = playout.heard(card.now_s)
    playout.resume()
    playout.resume()
    card.run(50)

    sound = card.samples
    places = np.flatnonzero(sound)
    gap = int(np.diff(places).argmax())
    before, after = sound[: places[gap] + 1], sound[places[gap + 1] :]
    assert paused == [HeardPart("a", 0, 35)]
    assert before.size <= 720 + FADE_SAMPLES
    np.testing.assert_array_equal(before[:720], np.arange(1, 721))
    assert (before[720:] < np.arange(721, 721 + before.size - 720) + 1).all()
    np.testing.assert_array_equal(after[FADE_SAMPLES:], np.arange(841, 841 + after.size)[120:])
    assert playout.stats.underruns == 0
    assert playout.stats.silence_ms == 0


def test_a_pause_holds_what_is_queued_while_it_lasts_and_heard_stands_still(
    playout: Playout, card: Card
) -> None:
    playout.pause()
    playout.push("a", 0, pcm(100))
    card.run(200)
    silent = card.sound
    playout.resume()
    card.run(100)

    assert not any(silent)
    assert card.low == 1
    assert playout.heard(card.now_s) == [HeardPart("a", 0, 60)]


def test_a_flush_ends_a_pause_and_reports_what_sounded_before_it(
    playout: Playout, card: Card
) -> None:
    playout.push("a", 0, pcm(100))
    card.run(30)
    playout.pause()
    card.run(200)

    assert playout.flush() == [HeardPart("a", 0, 35)]
    assert not playout.is_paused
    playout.push("b", 0, pcm(20))
    before = len(card.sound)
    card.run(20)
    assert card.sound[before:] == pcm(20)


def test_a_pause_that_finds_the_queue_dry_does_not_click(playout: Playout, card: Card) -> None:
    playout.push("a", 0, pcm(30) + pcm(2))
    card.run(30)
    playout.pause()
    card.run(30)
    playout.push("a", 0, pcm(100))
    card.run(30)

    assert np.abs(np.diff(card.samples[1:].astype(int))).max() <= 10
    assert not np.any(card.samples[-720:])


def test_an_end_without_a_warning_is_let_down_to_zero(playout: Playout, card: Card) -> None:
    playout.push("a", 0, pcm(28, -12_000))
    card.run(50)

    assert card.sound[: len(pcm(28))] == pcm(28, -12_000)
    assert np.abs(np.diff(card.samples[1:].astype(int))).max() <= 101
    assert card.samples[-1] == 0


def test_sound_after_a_hole_fades_in(playout: Playout, card: Card) -> None:
    playout.push("a", 0, pcm(20, 12_000))
    card.run(60)
    playout.push("a", 0, pcm(200, 12_000))
    card.run(60)

    rise = card.samples[1440 : 1440 + FADE_SAMPLES]
    assert rise[0] == 100
    assert (np.diff(rise.astype(int)) == 100).all()
    assert card.samples[-1] == 12_000


def test_the_volume_scales_and_changes_without_a_click(playout: Playout, card: Card) -> None:
    playout.push("a", 0, pcm(100, 12_000))
    playout.gain = 0.25
    card.run(20)
    quiet = card.samples[-1]
    playout.gain = 1.0
    card.run(10)
    rise = card.samples[480:].astype(int)
    card.run(10)

    assert set(card.samples[:480]) == {3_000}
    assert quiet == 3_000
    assert 0 <= np.diff(rise).min() <= np.diff(rise).max() <= 40
    assert card.samples[-1] == 12_000


@pytest.mark.parametrize("left_ms", [0, 2])
def test_a_flush_that_finds_the_queue_dry_does_not_click(
    left_ms: int, playout: Playout, card: Card
) -> None:
    playout.push("a", 0, pcm(30 + left_ms, 12_000))
    card.run(30)
    report = playout.flush()
    card.run(30)

    assert report == [HeardPart("a", 0, 30 + left_ms)]
    assert np.abs(np.diff(card.samples.astype(int))).max() <= 101
    assert card.samples[-1] == 0


def test_what_follows_a_cut_at_once_sounds_behind_its_fade(playout: Playout, card: Card) -> None:
    playout.push("a", 0, pcm(500, 100))
    card.run(30)
    playout.flush()
    playout.push("b", 0, pcm(500, 7))
    card.run(10)
    fresh = card.samples[720 + FADE_SAMPLES :]

    assert set(fresh) == {7}
    assert fresh.size == BLOCK - FADE_SAMPLES
    assert playout.heard(card.now_s + LATENCY_S) == [HeardPart("b", 0, 5)]
