"""The account of a session, told by its updates."""

from datetime import date

import pytest

from voice.client.bookkeeper import Bookkeeper, Budget
from voice.client.day_book import DayBook
from voice.core.cost import Caps, CostUpdated, Prices, Tokens
from voice.core.updates import (
    AssistantTranscript,
    EndpointChanged,
    ResponseFinished,
    SessionReady,
    UserSpeechStarted,
    UserTranscript,
    WarningIssued,
)
from voice.protocol.dialects import Dialect
from voice.protocol.session_config import SessionConfig

PRICES = Prices(text_in=4.0, audio_in=32.0, audio_out=64.0, transcription_minute=0.6)
USAGE = {
    "input_tokens": 1_000,
    "output_tokens": 500,
    "input_token_details": {"text_tokens": 0, "audio_tokens": 1_000},
    "output_token_details": {"audio_tokens": 500},
}
PRICE = 0.064


def finished(response_id="r1", status="completed", usage=USAGE):
    return ResponseFinished(response_id, status, None, usage)


@pytest.mark.parametrize("status", ["completed", "cancelled", "incomplete", "failed"])
def test_every_response_is_paid_however_it_ended(status):
    [cost] = Bookkeeper(Budget([PRICES])).take(finished(status=status))
    assert cost.price == cost.turn == cost.session == cost.day == pytest.approx(PRICE)
    assert cost.tokens == Tokens(audio_in=1_000, audio_out=500)
    assert (cost.response_id, cost.item_id, cost.currency) == ("r1", "", "USD")


def test_what_is_doubted_of_the_caps_is_told_once():
    keeper = Bookkeeper(Budget([None], Caps(day=2.0), doubts=["no cap holds it"]))
    ready = SessionReady(SessionConfig(), Dialect.GA)
    assert keeper.take(ready) == [WarningIssued("cap_in_doubt", "no cap holds it")]
    assert keeper.take(ready) == []


def test_a_response_without_usage_is_not_told():
    assert Bookkeeper(Budget([PRICES])).take(finished(usage={})) == []


def test_without_prices_only_tokens_are_told():
    [cost] = Bookkeeper(Budget()).take(finished())
    assert (cost.price, cost.turn, cost.session, cost.day) == (None,) * 4
    assert cost.session_tokens.audio_out == 500


def test_turns_are_added_apart_and_late_ends_belong_to_their_own():
    keeper = Bookkeeper(Budget([PRICES]))
    keeper.take(UserSpeechStarted("u1"))
    keeper.take(AssistantTranscript("r1", "a1", "So", is_final=False))
    keeper.take(UserSpeechStarted("u2"))
    [late] = keeper.take(finished("r1", "cancelled"))
    [words] = keeper.take(UserTranscript("u1", "Hi", True, {"type": "duration", "seconds": 6}))
    [second] = keeper.take(finished("r2"))
    assert late.turn == pytest.approx(PRICE)
    assert (words.item_id, words.price) == ("u1", pytest.approx(0.06))
    assert words.turn == pytest.approx(PRICE + 0.06)
    assert second.turn == pytest.approx(PRICE)
    assert second.session == pytest.approx(2 * PRICE + 0.06)
    assert second.turn_tokens == Tokens(audio_in=1_000, audio_out=500)


def test_a_typed_turn_begins_anew():
    keeper = Bookkeeper(Budget([PRICES]))
    keeper.take(finished("r1"))
    keeper.turn_began()
    [cost] = keeper.take(finished("r2"))
    assert cost.turn == pytest.approx(PRICE)


def test_each_place_has_prices_of_its_own():
    keeper = Bookkeeper(Budget([PRICES, None, Prices(audio_out=2.0)]))
    keeper.take(EndpointChanged("own", 1, "gone"))
    [free] = keeper.take(finished("r1"))
    keeper.take(EndpointChanged("cheap", 2, "gone"))
    [cheap] = keeper.take(finished("r2"))
    assert free.price is None
    assert cheap.price == pytest.approx(0.001)


def test_caps_warn_and_then_bar_what_costs_something():
    keeper = Bookkeeper(Budget([PRICES, None, Prices(), PRICES], Caps(session=0.15)))
    assert len(keeper.take(finished("r1"))) == 1
    assert keeper.barred == frozenset()
    _, near = keeper.take(finished("r2"))
    assert isinstance(near, WarningIssued)
    assert (near.code, keeper.barred) == ("session_cap_near", frozenset())
    _, reached = keeper.take(finished("r3"))
    assert reached.code == "session_cap_reached"
    assert keeper.barred == {0, 3}
    assert keeper.reason == (
        "this session's cap is reached: 0.19 of 0.15 USD spent; "
        "start another session, or raise cost.session_cap"
    )


def test_the_days_cap_counts_other_sessions_and_is_lifted_at_midnight(tmp_path):
    days = [date(2030, 5, 17)]

    def opened():
        return DayBook(tmp_path, "USD", today=lambda: days[-1])

    keeper = Bookkeeper(Budget([PRICES], Caps(day=1.0), book=opened()))
    assert keeper.barred == frozenset()
    opened().add(1.5)
    assert keeper.barred == {0}
    assert "wait until midnight" in keeper.reason
    days.append(date(2030, 5, 18))
    assert keeper.barred == frozenset()
    assert keeper.reason == ""
    [cost] = keeper.take(finished())
    assert cost.day == pytest.approx(PRICE)


def test_a_cap_reached_before_the_session_bars_at_once(tmp_path):
    book = DayBook(tmp_path, "USD")
    book.add(2.0)
    keeper = Bookkeeper(Budget([PRICES, None], Caps(day=1.0), book=book))
    assert keeper.barred == {0}


def test_a_report_is_a_plain_value():
    [cost] = Bookkeeper(Budget([PRICES])).take(finished())
    assert isinstance(cost, CostUpdated)
    assert cost == Bookkeeper(Budget([PRICES])).take(finished())[0]
