"""What a response was made with, and what it used."""

import pytest

from tests.core.server_desk import Desk, create, done_of, started, text_turn
from voice.core import server_messages as msg

TOOL = {"type": "function", "name": "look", "parameters": {"type": "object"}}


@pytest.fixture
def desk():
    return Desk()


def test_overrides_reach_the_brain_and_the_voice(desk):
    text_turn(desk)
    (created,) = create(
        desk,
        instructions="Sing.",
        tools=[TOOL],
        tool_choice={"type": "function", "name": "look"},
        output_modalities=["text"],
        max_output_tokens=12,
        temperature=0.9,
        parallel_tool_calls=False,
    )
    body = created.to_wire()["response"]
    assert (body["output_modalities"], body["max_output_tokens"]) == (["text"], 12)
    start = started(desk)
    assert start.audio_format is None
    prompt = start.prompt
    assert (prompt.instructions, prompt.tools) == ("Sing.", (TOOL,))
    assert prompt.tool_choice["name"] == "look"
    assert (prompt.max_output_tokens, prompt.temperature) == (12, 0.9)
    assert prompt.parallel_tool_calls is False


def test_usage_counts_the_whole_context_and_the_brains_own_numbers(desk):
    desk.say_turn()
    response_id, _ = desk.answer(end=False)
    ended = msg.AnswerEnded(response_id, input_tokens=40, output_tokens=9, cached_tokens=16)
    usage = done_of(desk.give(ended))["usage"]
    assert usage["input_token_details"]["text_tokens"] == 40
    assert usage["input_token_details"]["audio_tokens"] > 0
    assert usage["input_token_details"]["cached_tokens_details"]["text_tokens"] == 16
    assert usage["output_token_details"] == {"text_tokens": 9, "audio_tokens": 8}
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]


def test_what_no_engine_counted_is_counted_from_the_text(desk):
    desk.update(instructions="Be kind.")
    text_turn(desk, "one two three")
    create(desk)
    response_id = started(desk).response_id
    desk.give(msg.SpeechBegun(response_id, "Four five."))
    usage = done_of(desk.client("response.cancel"))["usage"]
    assert usage["input_token_details"]["text_tokens"] == 5
    assert usage["output_token_details"]["text_tokens"] == 2


def test_audio_of_the_conversation_is_not_counted_beside_it(desk):
    desk.say_turn()
    desk.answer()
    create(desk, conversation="none", input=[])
    response_id = started(desk).response_id
    usage = done_of(desk.give(msg.AnswerEnded(response_id)))["usage"]
    assert usage["input_token_details"]["audio_tokens"] == 0


def test_usage_is_null_at_first_and_zero_after_a_failure(desk):
    text_turn(desk)
    (created,) = create(desk)
    assert created.to_wire()["response"]["usage"] is None
    failed = msg.AnswerFailed(started(desk).response_id, "engine_error", "The brain is gone.")
    assert done_of(desk.give(failed))["usage"]["total_tokens"] == 0
