import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.engines.anthropic_stream import AnthropicStream
from voice.engines.ports import BrainFinished, CallDelta, CallRequest, TextDelta


def gather(*events):
    stream = AnthropicStream()
    deltas = [delta for event in events for delta in stream.read(event)]
    return [*deltas, *stream.finish()]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("refusal", "content_filter"),
        ("something_new", "stop"),
    ],
)
def test_reasons_are_mapped(said, meant):
    (finished,) = gather({"type": "message_delta", "delta": {"stop_reason": said}})
    assert finished.reason == meant


def test_a_whole_message_is_understood():
    use = {"type": "tool_use", "id": "t", "name": "look", "input": {"at": 1}}
    message = {
        "type": "message",
        "content": [{"type": "text", "text": "Hi"}, use],
        "stop_reason": "tool_use",
        "usage": {
            "input_tokens": 3,
            "output_tokens": 52,
            "cache_creation_input_tokens": 10,
            "cache_read_input_tokens": 4,
        },
    }
    assert gather(message) == [
        TextDelta("Hi"),
        CallDelta(CallRequest("t", "look", '{"at": 1}')),
        BrainFinished("tool_calls", 17, 52, 4, {"cache_creation_tokens": 10}),
    ]


def test_a_call_that_the_limit_cut_is_left_out():
    use = {"type": "tool_use", "id": "t", "name": "look", "input": {}}
    piece = {"type": "input_json_delta", "partial_json": '{"a'}
    deltas = gather(
        {"type": "content_block_start", "index": 0, "content_block": use},
        {"type": "content_block_delta", "index": 0, "delta": piece},
        {"type": "message_delta", "delta": {"stop_reason": "max_tokens"}},
    )
    assert deltas == [BrainFinished("length")]


def test_thoughts_are_not_spoken():
    thought = {"type": "thinking_delta", "thinking": "hm"}
    event = {"type": "content_block_delta", "index": 0, "delta": thought}
    assert gather(event) == [BrainFinished("stop")]


NAMES = st.sampled_from(["type", "index", "delta", "content_block", "usage", "text", "message"])
ODD = st.recursive(
    st.none() | st.integers() | st.text(max_size=8) | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=8,
)
KINDS = st.sampled_from(
    ["message_start", "content_block_start", "content_block_delta", "message_delta", "message"]
)


@given(
    st.lists(
        st.builds(
            lambda kind, rest: {**rest, "type": kind},
            KINDS,
            st.dictionaries(NAMES, ODD, max_size=4),
        ),
        max_size=6,
    )
)
def test_no_event_however_odd_breaks_the_reading(events):
    assert isinstance(gather(*events)[-1], BrainFinished)
