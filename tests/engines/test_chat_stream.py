from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from voice.engines.chat_stream import MAX_CALLS, ChatStream
from voice.engines.ports import BrainFinished, CallDelta, CallRequest, TextDelta


def chunk(content=None, *, calls=None, reason=None, usage=None, choices=True):
    delta = SimpleNamespace(content=content, tool_calls=calls, refusal=None)
    choice = SimpleNamespace(delta=delta, finish_reason=reason)
    return SimpleNamespace(choices=[choice] if choices else [], usage=usage)


def fragment(index=0, id=None, name=None, arguments=None):
    return SimpleNamespace(
        index=index, id=id, function=SimpleNamespace(name=name, arguments=arguments)
    )


def gather(*chunks):
    stream = ChatStream()
    deltas = [delta for c in chunks for delta in stream.read(c)]
    return deltas + stream.finish()


def calls_in(deltas):
    return [d.call for d in deltas if isinstance(d, CallDelta)]


def test_text_passes_at_once_and_counts_come_last():
    usage = SimpleNamespace(
        prompt_tokens=10,
        completion_tokens=4,
        prompt_tokens_details=SimpleNamespace(cached_tokens=6, audio_tokens=None),
        completion_tokens_details=SimpleNamespace(reasoning_tokens=3),
    )

    deltas = gather(
        chunk("Hel"), chunk("lo"), chunk("", reason="stop"), chunk(usage=usage, choices=False)
    )

    assert deltas == [
        TextDelta("Hel"),
        TextDelta("lo"),
        BrainFinished("stop", 10, 4, 6, {"reasoning_tokens": 3}),
    ]


def test_interleaved_fragments_become_whole_calls_in_order():
    deltas = gather(
        chunk(calls=[fragment(0, "a", "one", '{"x"')]),
        chunk(calls=[fragment(1, "b", "two", "")]),
        chunk(calls=[fragment(0, None, None, ":1}"), fragment(1, None, None, "{}")]),
        chunk(reason="tool_calls"),
    )

    assert calls_in(deltas) == [CallRequest("a", "one", '{"x":1}'), CallRequest("b", "two", "{}")]
    assert deltas[-1].reason == "tool_calls"


def test_a_gateway_that_numbers_every_call_zero_still_makes_two_calls():
    deltas = gather(
        chunk(calls=[fragment(0, "a", "one", "{}")]),
        chunk(calls=[fragment(0, "b", "two", '{"y"')]),
        chunk(calls=[fragment(0, None, None, ":2}")], reason="stop"),
    )

    assert calls_in(deltas) == [CallRequest("a", "one", "{}"), CallRequest("b", "two", '{"y":2}')]
    assert deltas[-1].reason == "tool_calls"


def test_missing_index_id_and_arguments_are_made_up():
    deltas = gather(
        chunk(calls=[fragment(None, None, "one", None)]),
        chunk(calls=[fragment(None, "b", "two", {"z": 1})], reason="tool_calls"),
    )

    first, second = calls_in(deltas)
    assert first.call_id.startswith("call_") and first.arguments == "{}"
    assert second == CallRequest("b", "two", '{"z": 1}')


def test_a_call_cut_by_the_token_limit_is_not_made():
    deltas = gather(chunk(calls=[fragment(0, "a", "one", '{"x": "y')]), chunk(reason="length"))

    assert calls_in(deltas) == []
    assert deltas[-1].reason == "length"


def test_calls_are_bounded():
    many = [fragment(i, f"c{i}", "f", "{}") for i in range(MAX_CALLS + 50)]

    assert len(calls_in(gather(chunk(calls=many, reason="tool_calls")))) == MAX_CALLS


def test_text_may_come_in_parts():
    assert gather(chunk([{"type": "text", "text": "Hi"}, {"type": "odd"}]))[0] == TextDelta("Hi")


def test_the_end_is_seen_by_its_reason_or_by_its_counts():
    cut, reasoned, counted = ChatStream(), ChatStream(), ChatStream()

    cut.read(chunk("half an ans"))
    reasoned.read(chunk(reason="eos"))
    counted.read(chunk(usage=SimpleNamespace(prompt_tokens=1), choices=False))

    assert not cut.has_ended
    assert reasoned.has_ended and reasoned.finish()[-1].reason == "stop"
    assert counted.has_ended


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.fixed_dictionaries(
                {},
                optional={
                    key: inner
                    for key in (
                        "choices", "usage", "delta", "content", "tool_calls", "index", "function",
                        "finish_reason", "arguments", "name", "id",
                    )
                },
            ).map(lambda fields: SimpleNamespace(**fields))
        ),
        max_leaves=20,
    )
)  # fmt: skip
def test_no_odd_chunk_breaks_the_gathering(odd):
    assert isinstance(gather(odd, chunk(reason="stop"))[-1], BrainFinished)
