"""Whatever happens to the queue, it loses, doubles and claims nothing."""

from __future__ import annotations

from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.audio.playout_kit import BLOCK, LATENCY_S
from voice.audio.fades import FADE_SAMPLES, Fader
from voice.audio.pcm import Pcm
from voice.audio.playout import Playout
from voice.audio.ports import RATE_HZ
from voice.protocol.playback import HeardPart


class UnheardFader(Fader):
    """Goes through the levels of a fade and leaves the samples as they are."""

    def rise(self, pcm: Pcm) -> Pcm:
        super().rise(pcm)
        return pcm

    def fall(self, pcm: Pcm) -> Pcm:
        super().fall(pcm)
        return pcm


class Model:
    """A run of numbered samples: those that were pushed, and when each that came out sounds."""

    def __init__(self, run: int) -> None:
        self.item = f"run {run}"
        self.pushed = 0
        self.out: list[int] = []
        self.sounds_s: list[float] = []

    def push(self, playout: Playout, count: int) -> None:
        numbers = np.arange(self.pushed + 1, self.pushed + count + 1, dtype=np.int16)
        playout.push(self.item, 0, numbers.tobytes())
        self.pushed += count

    def take(self, playout: Playout, count: int, now_s: float) -> None:
        block, _ = playout.take(count, now_s, now_s + LATENCY_S)
        samples = np.frombuffer(block, np.int16)
        places = np.flatnonzero(samples)
        self.out += samples[places].tolist()
        self.sounds_s += (now_s + LATENCY_S + places / RATE_HZ).tolist()

    def lose(self, playout: Playout, now_s: float) -> None:
        """Let the card go, in the middle of a sample so that rounding decides nothing."""
        lost_s = now_s + 0.5 / RATE_HZ
        playout.lose(lost_s)
        kept = sum(begin_s + 1 / RATE_HZ <= lost_s for begin_s in self.sounds_s)
        del self.out[kept:], self.sounds_s[kept:]

    def check(self, heard: list[HeardPart], now_s: float) -> None:
        """What came out is a prefix of what was pushed, and no more is reported than sounded."""
        assert self.out == list(range(1, len(self.out) + 1))
        assert len(self.out) <= self.pushed
        sounded = sum(begin_s <= now_s for begin_s in self.sounds_s)
        assert [part.heard_ms for part in heard] <= [sounded * 1000 // RATE_HZ]


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("push"), st.integers(1, 600)),
            st.tuples(st.just("take"), st.integers(1, 600)),
            st.tuples(
                st.sampled_from(["pause", "resume", "flush", "long take", "lose"]), st.just(240)
            ),
        ),
        max_size=50,
    )
)
@settings(max_examples=200, deadline=None)
def test_whatever_happens_the_heard_samples_are_a_prefix_of_the_pushed(
    steps: list[tuple[str, int]],
) -> None:
    with (
        mock.patch("voice.audio.playout.Fader", UnheardFader),
        mock.patch("voice.audio.playout.settled", lambda value: np.zeros(FADE_SAMPLES, np.int16)),
    ):
        playout, now_s, model = Playout(), 100.0, Model(0)
        for number, (step, count) in enumerate([*steps, ("resume", 0), ("take", 40_000)]):
            match step:
                case "push":
                    model.push(playout, count)
                case "take" | "long take":
                    for _ in range(1 if step == "take" else 5):
                        model.take(playout, count, now_s)
                        now_s += count / RATE_HZ
                case "lose":
                    model.lose(playout, now_s)
                    now_s += 1 / RATE_HZ
                case "pause":
                    playout.pause()
                case "resume":
                    playout.resume()
                case "flush":
                    report = playout.flush()
                    model.take(playout, count, now_s)
                    assert [part.heard_ms for part in report] == (
                        [len(model.out) * 1000 // RATE_HZ] if model.pushed else []
                    )
                    model.check(report, now_s + 60.0)
                    now_s += count / RATE_HZ
                    model = Model(number)
            model.check(playout.heard(now_s), now_s)
        for _ in range(20):
            model.take(playout, BLOCK, now_s)
            now_s += BLOCK / RATE_HZ
        assert len(model.out) == model.pushed


@pytest.mark.parametrize("ppm", [-200, 200])
@pytest.mark.parametrize("pace", [1.0, 1.2])
def test_an_hour_of_answers_on_a_card_whose_clock_is_off(ppm: int, pace: float) -> None:
    # Case A06 of the fault list: answers of a minute in pieces of 40 ms, at the pace of speech.
    playout, piece = Playout(), bytes(2 * 4 * BLOCK)
    begun_s, holes_s = 0.0, []
    sent = 0
    for take in range(60 * 60 * 50):
        now_s = take * 0.02 / (1 + ppm / 1e6)
        while sent < 1500 and begun_s + sent * 0.04 / pace <= now_s:
            holes = playout.stats.underruns
            playout.push(f"item {begun_s}", 0, piece)
            sent += 1
            if playout.stats.underruns > holes:
                holes_s.append(now_s)
        playout.take(2 * BLOCK, now_s, now_s + LATENCY_S)
        is_over = sent == 1500 and playout.remaining_s(now_s) == 0.0
        if is_over:
            playout.end_run()
            begun_s, sent = now_s + 2.0, 0

    # At the very pace of speech the buffer has to learn that it is needed, once.
    assert len(holes_s) <= (2 if pace == 1.0 else 0)
    assert all(at_s < 60.0 for at_s in holes_s)
    assert playout.stats.target_ms <= 80
