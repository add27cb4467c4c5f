import pytest

from voice.core.cost import CostUpdated, Tokens
from voice.core.updates import DeviceUpdate, Phase
from voice.ui.live.model import LiveModel
from voice.ui.live.rows import (
    Mark,
    bar_of,
    cause_text,
    cost_line,
    facts_of,
    level_text,
    marks_of,
    meter_bar,
    phase_text,
)
from voice.ui.turns import Timing


def test_steps_of_a_turn_follow_one_another() -> None:
    timing = Timing(200, 300, 500, 800, 2_000)
    assert marks_of(timing) == [
        Mark("turn end", 0, 200),
        Mark("transcript", 200, 300),
        Mark("first token", 300, 500),
        Mark("first audio", 500, 800),
    ]


def test_typed_turn_has_no_turn_end() -> None:
    assert marks_of(Timing(0, None, 100, 200), typed=True) == [
        Mark("first token", 0, 100),
        Mark("first audio", 100, 200),
    ]


def test_transcript_that_comes_after_the_answer_moves_no_step_back() -> None:
    assert marks_of(Timing(100, 900, 300, 500))[-1] == Mark("first audio", 500, 500)


def test_nothing_is_shown_before_the_first_turn() -> None:
    assert marks_of(None) == []


@pytest.mark.parametrize(
    ("mark", "expected"),
    [
        (Mark("a", 0, 1_000), "━━━━━━━━━━"),
        (Mark("a", 500, 1_000), "     ━━━━━"),
        (Mark("a", 0, 1), "━         "),
        (Mark("a", 1_000, 1_000), "         ━"),
    ],
)
def test_bar_is_never_empty_and_never_too_wide(mark: Mark, expected: str) -> None:
    assert bar_of(mark, 1_000, 10) == expected


@pytest.mark.parametrize(
    ("dbfs", "expected"),
    [(-90.0, "····"), (-60.0, "····"), (-30.0, "━━··"), (-22.5, "━━╸·"), (6.0, "━━━━")],
)
def test_meter_reaches_from_room_noise_to_full_scale(dbfs: float, expected: str) -> None:
    assert meter_bar(dbfs, 4) == expected


def test_level_is_said_in_figures() -> None:
    assert (level_text(-90.0), level_text(-22.6)) == ("silent", "-23 dB")


def test_phase_says_muted_and_paused() -> None:
    model = LiveModel("x", now_s=0.0)
    model.is_muted = True
    assert (phase_text(model), cause_text(model)) == (
        "muted",
        "the microphone is closed; m opens it",
    )
    model.phase, model.is_paused = Phase.SPEAKING, True
    assert phase_text(model) == "paused"


def cost(price: float | None) -> CostUpdated:
    tokens = Tokens(text_in=1_000, audio_out=234)
    return CostUpdated("r", "", tokens, tokens, tokens, price, price, price, price, "USD")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, "nothing yet"),
        (cost(None), "1,234 tokens, price unknown"),
        (cost(0.0), "free, 1,234 tokens"),
        (cost(0.25), "0.2500 USD, today 0.25"),
    ],
)
def test_cost_in_money_where_prices_are_known(given: CostUpdated | None, expected: str) -> None:
    assert cost_line(given) == expected


def test_facts_that_matter_most_come_first_and_unknown_ones_are_left_out() -> None:
    model = LiveModel("home", now_s=0.0)
    model.take(DeviceUpdate("microphone", "USB", True), 1.0)

    assert facts_of(model, 1.0, recording="off") == [
        ("Connection", "home"),
        ("Cost", "nothing yet"),
        ("Recording", "off"),
        ("Microphone", "USB"),
    ]
