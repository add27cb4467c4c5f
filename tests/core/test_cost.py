import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.core.cost import CapNotice, Caps, CostMeter, Prices, Tokens, tokens_of
from voice.core.cost import transcription_price as price_of_transcription

PRICES = Prices(
    text_in=4.0, audio_in=32.0, image_in=5.0, text_out=16.0, audio_out=64.0,
    text_in_cached=0.4, audio_in_cached=0.4, transcription_minute=0.006,
)  # fmt: skip

USAGE = {
    "total_tokens": 1_500,
    "input_tokens": 1_200,
    "output_tokens": 300,
    "input_token_details": {
        "text_tokens": 500,
        "audio_tokens": 700,
        "image_tokens": 0,
        "cached_tokens": 400,
        "cached_tokens_details": {"text_tokens": 150, "audio_tokens": 250, "image_tokens": 0},
    },
    "output_token_details": {"text_tokens": 60, "audio_tokens": 240},
}


def test_cached_tokens_are_a_subset_and_priced_apart():
    tokens = tokens_of(USAGE)
    assert tokens == Tokens(
        text_in=350, audio_in=450, text_out=60, audio_out=240,
        text_in_cached=150, audio_in_cached=250,
    )  # fmt: skip
    by_hand = 350 * 4 + 450 * 32 + 60 * 16 + 240 * 64 + 400 * 0.4
    assert tokens.price(PRICES) == pytest.approx(by_hand / 1e6)


def test_a_cached_price_that_is_not_given_is_the_full_one():
    assert Tokens(image_in_cached=1_000_000).price(PRICES) == 5.0


def test_cached_tokens_without_their_kinds_are_text():
    usage = {"input_tokens": 100, "input_token_details": {"cached_tokens": 30}}
    assert tokens_of(usage) == Tokens(text_in=70, text_in_cached=30)


def test_usage_without_detail_is_text():
    assert tokens_of({"input_tokens": 10, "output_tokens": 5}) == Tokens(text_in=10, text_out=5)


@pytest.mark.parametrize(
    "usage", [{}, {"input_token_details": None}, {"input_tokens": "many", "output_tokens": True}]
)
def test_odd_usage_costs_nothing(usage):
    assert tokens_of(usage) == Tokens()


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "input_tokens": st.integers(-5, 10**6),
            "output_tokens": st.integers(0, 10**6),
            "input_token_details": st.dictionaries(
                st.sampled_from(["text_tokens", "audio_tokens", "image_tokens", "cached_tokens"]),
                st.integers(-10, 10**6),
            ),
        },
    )
)
def test_no_count_is_ever_negative_and_cached_never_exceeds_its_kind(usage):
    tokens = tokens_of(usage)
    assert min(tokens.text_in, tokens.audio_in, tokens.image_in, tokens.text_in_cached) >= 0
    given_in = usage.get("input_token_details", {}).get("text_tokens", 0)
    total = max(given_in, usage.get("input_tokens", 0), 0)
    assert tokens.text_in + tokens.text_in_cached <= total


def test_a_transcription_is_paid_by_the_minute_or_by_its_tokens():
    assert price_of_transcription({"type": "duration", "seconds": 30}, PRICES) == 0.003
    tokens = {"type": "tokens", "input_tokens": 1_000, "output_tokens": 0}
    assert price_of_transcription(tokens, PRICES) == pytest.approx(0.004)


def spend(meter, money):
    return meter.add(Tokens(), money)


def test_a_cap_warns_once_and_is_reached_once():
    meter = CostMeter(Caps(session=1.0))
    assert spend(meter, 0.5) == []
    (near,) = spend(meter, 0.35)
    assert (near.of, near.is_reached) == ("session", False)
    assert spend(meter, 0.05) == []
    (reached,) = spend(meter, 0.2)
    assert reached.is_reached
    assert spend(meter, 0.2) == []
    assert meter.reached == CapNotice("session", True, pytest.approx(1.3), 1.0)


def test_a_jump_over_both_marks_tells_the_end_only():
    (notice,) = spend(CostMeter(Caps(session=1.0)), 5.0)
    assert notice.is_reached


def test_the_day_counts_what_was_spent_before():
    meter = CostMeter(Caps(day=2.0), spent_today=1.5)
    (near,) = spend(meter, 0.2)
    assert (near.of, near.spent) == ("day", pytest.approx(1.7))
    assert meter.session == pytest.approx(0.2)


def test_a_new_day_counts_anew():
    meter = CostMeter(Caps(day=2.0), spent_today=3.0)
    assert meter.reached is not None
    meter.begin_day()
    assert meter.reached is None
    (near,) = spend(meter, 1.7)
    assert not near.is_reached


def test_without_caps_nothing_is_told():
    meter = CostMeter(Caps())
    assert spend(meter, 1e6) == []
    assert meter.reached is None
    assert meter.session == 1e6


def test_what_others_spend_today_counts_for_the_day_alone():
    meter = CostMeter(Caps(session=1.0, day=2.0))
    (near,) = meter.add(Tokens(), 0.1, spent_today=1.9)
    assert (near.of, near.spent) == ("day", 1.9)
    meter.others_spent(2.5)
    assert meter.reached == CapNotice("day", True, 2.5, 2.0)
    assert meter.session == pytest.approx(0.1)


def test_prices_of_nothing_are_free():
    assert Prices().is_free
    assert not PRICES.is_free
