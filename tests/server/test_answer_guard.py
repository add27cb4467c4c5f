"""An answer is held to its limits whatever the brain does."""

from hypothesis import given
from hypothesis import strategies as st

from voice.core.usage import count_tokens
from voice.engines.ports import BrainFinished, BrainRequest, CallDelta, CallRequest, TextDelta
from voice.server.answer_guard import AnswerGuard, TokenLimit


def call(number, arguments="{}"):
    return CallDelta(CallRequest(f"call_{number}", "look", arguments))


def guarded(*deltas, **fields):
    guard = AnswerGuard(BrainRequest(instructions="", messages=(), **fields))
    taken = []
    for delta in deltas:
        taken += guard.take(delta)
        if guard.is_over:
            break
    return taken


def test_text_is_cut_at_the_limit_and_the_answer_ends_as_too_long():
    deltas = [TextDelta("One two"), TextDelta(" three"), TextDelta(" four"), BrainFinished()]
    assert guarded(*deltas, max_output_tokens=3) == [
        TextDelta("One two"),
        TextDelta(" three"),
        TextDelta(" "),
        BrainFinished("length", output_tokens=3),
    ]


def test_an_answer_of_exactly_the_limit_is_whole():
    deltas = [TextDelta("One two"), BrainFinished()]
    assert guarded(*deltas, max_output_tokens=2) == deltas


def test_a_call_that_does_not_fit_is_not_made():
    deltas = [TextDelta("One two"), call(1, '{"a": 1, "b": 2}'), BrainFinished("tool_calls")]
    assert guarded(*deltas, max_output_tokens=4)[-1].reason == "length"
    assert guarded(*deltas, max_output_tokens=50) == deltas


def test_where_no_call_is_allowed_none_passes():
    deltas = [TextDelta("Hm."), call(1), BrainFinished("tool_calls")]
    assert guarded(*deltas, tool_choice="none") == [deltas[0], deltas[2]]


def test_without_parallel_calls_only_the_first_passes():
    deltas = [call(1), call(2), BrainFinished("tool_calls")]
    assert guarded(*deltas, parallel_tool_calls=False) == [deltas[0], deltas[2]]
    assert guarded(*deltas) == deltas


@given(st.lists(st.text(alphabet="ab c\n天气", max_size=12), max_size=20), st.integers(1, 12))
def test_however_it_is_chunked_the_same_beginning_fits(chunks, limit):
    chunked, whole, text = TokenLimit(limit), TokenLimit(limit), "".join(chunks)
    fits = ""
    for chunk in chunks:
        taken = chunked.take(chunk)
        fits += taken
        if taken != chunk:
            break
    assert fits == whole.take(text)
    assert text.startswith(fits)
    assert count_tokens(fits) <= limit
    assert fits == text or count_tokens(text) > limit
    assert chunked.used == count_tokens(fits)
