from pathlib import Path

import numpy as np
import orjson
import pytest

from voice.audio.recording import Take
from voice.core.cost import CostUpdated, Tokens
from voice.ui.report import (
    answer_of,
    conversation_json,
    cost_text,
    parsed_arguments,
    timeline_text,
)
from voice.ui.turns import Timing, ToolUse, Turn


def take(start_s: float, ms: int) -> Take:
    return Take(start_s, np.ones(ms * 24, np.int16))


def test_json_has_exactly_the_promised_keys() -> None:
    turn = Turn(0.0, user_text="What time is it in Tokyo?", spoken={"item_1": "It is nine."})
    turn.tools.append(ToolUse("get_time", '{"place": "Tokyo"}', "nine"))
    turn.timing = Timing(280, 281, 300, 390, 900)
    body = orjson.loads(conversation_json([turn], [take(1.0, 600)], Path("reply.wav")))
    assert body == {
        "turns": [
            {
                "user_text": "What time is it in Tokyo?",
                "assistant_text": "It is nine.",
                "tools": [
                    {"name": "get_time", "arguments": {"place": "Tokyo"}, "output": "nine"},
                ],
                "latency_ms": {
                    "end_of_speech_to_transcript": 281,
                    "to_first_token": 300,
                    "to_first_audio": 390,
                },
                "interrupted": False,
                "audio_ms": 600,
                "usage": None,
                "cost": None,
            }
        ],
        "reply_wav": "reply.wav",
        "usage": None,
        "cost": None,
    }


def account(price: float | None = 0.0125) -> CostUpdated:
    used, sums = Tokens(text_in=3, audio_out=5), Tokens(text_in=30, audio_out=50)
    money = (None, None, None) if price is None else (price, 0.05, 1.25)
    return CostUpdated("r1", "", used, used, sums, price, *money, currency="EUR")


def test_json_tells_tokens_and_money() -> None:
    turn = Turn(0.0)
    turn.pay(account())
    turn.pay(account())
    body = orjson.loads(conversation_json([turn], [], None, account()))
    assert body["cost"] == {"currency": "EUR", "session": 0.05, "day": 1.25}
    assert body["usage"]["audio_out"] == 50
    assert body["turns"][0]["cost"] == 0.025
    assert body["turns"][0]["usage"]["audio_out"] == 10


def test_without_prices_json_tells_tokens_alone() -> None:
    turn = Turn(0.0)
    turn.pay(account(None))
    body = orjson.loads(conversation_json([turn], [], None, account(None)))
    assert (body["cost"], body["turns"][0]["cost"]) == (None, None)
    assert body["turns"][0]["usage"]["text_in"] == 3


def test_the_line_of_money_is_left_out_without_prices() -> None:
    assert cost_text(account()) == "0.0125 EUR · session 0.0500 · today 1.25"
    assert cost_text(account(None)) == ""


def test_what_did_not_happen_is_null() -> None:
    body = orjson.loads(conversation_json([Turn(0.0)], [], None))
    assert body["reply_wav"] is None
    assert set(body["turns"][0]["latency_ms"].values()) == {None}
    assert body["turns"][0]["audio_ms"] == 0


def test_audio_belongs_to_the_turn_during_which_it_began() -> None:
    first, second = Turn(10.0), Turn(20.0)
    takes = [take(9.0, 1), take(11.0, 100), take(12.0, 50), take(20.0, 300)]
    assert len(answer_of(first, second, takes)) == 150 * 24
    assert len(answer_of(second, None, takes)) == 300 * 24


def test_text_that_is_no_unicode_is_still_json() -> None:
    turn = Turn(0.0, user_text="broken \udcff byte")
    assert orjson.loads(conversation_json([turn], [], Path("a\udcff.wav")))["turns"]


@pytest.mark.parametrize(
    ("text", "value"),
    [('{"a": 1}', {"a": 1}), ("", {}), ("  ", {}), ("{broken", "{broken")],
)
def test_arguments_are_an_object_where_they_are_json(text: str, value: object) -> None:
    assert parsed_arguments(text) == value


def test_timeline_of_a_spoken_turn_counts_from_the_end_of_speech() -> None:
    line = timeline_text(Timing(280, 281, 300, 390, 900))
    assert line == (
        "end of speech 0 · turn end 280 · transcript 281 · first token 300 · first audio 390"
        " · last audio 900 ms"
    )


def test_timeline_of_a_typed_turn_counts_from_the_typing() -> None:
    line = timeline_text(Timing(0, None, 20, 100, 900), typed=True)
    assert line == "text sent 0 · first token 20 · first audio 100 · last audio 900 ms"


def test_timeline_without_any_mark_is_empty() -> None:
    assert timeline_text(Timing()) == ""
