import asyncio
import logging
from contextlib import aclosing

import pytest

from tests.engines.scripted_http import ScriptedHttp
from voice.engines.chat_brain import ChatBrain
from voice.engines.ports import (
    Brain,
    BrainFinished,
    BrainMessage,
    BrainRequest,
    BrainTool,
    CallDelta,
    CallRequest,
    TextDelta,
)
from voice.errors import EngineError

KEY = "sk-canary-0123456789"
TOOL = BrainTool("get_time", "Tell the time.", {"type": "object", "properties": {}})
REQUEST = BrainRequest("Be brief.", (BrainMessage("user", "hello"),), tools=(TOOL,))
SECRET = "the-secret-of-the-body"


def text_event(text, reason=None):
    return {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": reason}]}


def call_event(index, reason=None, **call):
    fragment = {"index": index, **call}
    delta = {"tool_calls": [fragment]}
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}


@pytest.fixture
async def server():
    async with ScriptedHttp() as running:
        yield running


@pytest.fixture
async def brain(server):
    loaded = await ChatBrain.load(base_url=server.base_url, model="test-model", api_key=KEY)
    yield loaded
    await loaded.close()


async def collect(brain: Brain, request=REQUEST):
    return [delta async for delta in brain.respond(request)]


async def failure(brain) -> str:
    with pytest.raises(EngineError) as caught:
        await collect(brain)
    message = str(caught.value)
    assert "\n" not in message
    assert KEY not in message and SECRET not in message
    assert caught.value.__cause__ is None
    return message


async def test_text_streams_with_usage_and_the_request_is_right(server, brain):
    server.stream(
        text_event("It is"),
        text_event(" ten.", "stop"),
        {
            "choices": [],
            "usage": {
                "prompt_tokens": 12,
                "completion_tokens": 5,
                "total_tokens": 17,
                "prompt_tokens_details": {"cached_tokens": 8},
            },
        },
    )

    deltas = await collect(brain)

    assert deltas == [
        TextDelta("It is"),
        TextDelta(" ten."),
        BrainFinished("stop", 12, 5, 8),
    ]
    (body,) = server.requests
    assert body["model"] == "test-model" == brain.name
    assert body["stream"] is True
    assert body["stream_options"] == {"include_usage": True}
    assert body["messages"][-1] == {"role": "user", "content": "hello"}
    assert server.headers[0].startswith("POST /v1/chat/completions ")
    assert f"Bearer {KEY}" in server.headers[0]


async def test_the_first_word_is_here_while_the_rest_is_still_to_come(server, brain):
    server.stream(text_event("First"), server.HOLD, text_event(" last", "stop"))

    async with aclosing(brain.respond(REQUEST)) as answer:
        first = await asyncio.wait_for(anext(answer), 5)
        server.release.set()
        rest = [delta async for delta in answer]

    assert first == TextDelta("First")
    assert rest[0] == TextDelta(" last")


async def test_two_tool_calls_in_fragments_become_two_whole_calls(server, brain):
    server.stream(
        call_event(0, id="c1", type="function", function={"name": "get_time", "arguments": ""}),
        call_event(0, function={"arguments": '{"place":'}),
        call_event(1, id="c2", type="function", function={"name": "get_time", "arguments": "{}"}),
        call_event(0, function={"arguments": '"Oslo"}'}),
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]},
    )

    deltas = await collect(brain)

    assert deltas[:2] == [
        CallDelta(CallRequest("c1", "get_time", '{"place":"Oslo"}')),
        CallDelta(CallRequest("c2", "get_time", "{}")),
    ]
    assert deltas[2].reason == "tool_calls"


async def test_a_rate_limit_is_waited_out(server, brain):
    server.refuse(429, {"error": {"message": SECRET}}, retry_after_ms="20")
    server.stream(text_event("Now.", "stop"))

    deltas = await collect(brain)

    assert deltas[0] == TextDelta("Now.")
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (401, {"error": {"message": f"bad key {KEY}"}}, "VOICE_BRAIN__API_KEY"),
        (429, {"error": {"message": SECRET, "code": "insufficient_quota"}}, "top up"),
        (403, {"error": {"message": SECRET, "code": "insufficient_user_quota"}}, "top up"),
        (400, {"error": {"code": "context_length_exceeded"}}, "brain.context_tokens"),
        (403, {"error": {"message": SECRET, "code": "model_not_allowed"}}, "model_not_allowed"),
        (404, {"error": {"message": SECRET}}, "knows no model 'test-model'"),
        (402, {"error": {"message": SECRET}}, "top up"),
        (400, {"error": {"message": SECRET, "code": f"has {KEY} in"}}, "refused the request"),
        (400, f"<html>{SECRET}</html>".encode(), "refused the request"),
    ],
)
async def test_a_refusal_is_one_line_that_names_the_mend(server, brain, status, body, expected):
    server.refuse(status, body)

    assert expected in await failure(brain)
    assert len(server.requests) == 1


async def test_a_spent_quota_is_told_from_a_rate_limit(server):
    brain = await ChatBrain.load(base_url=server.base_url, model="m", api_key=KEY, max_retries=0)
    server.refuse(429, {"error": {"message": SECRET, "code": "insufficient_quota"}})
    server.refuse(429, {"error": {"message": SECRET, "type": "requests"}})
    server.refuse(503, {"error": {"message": SECRET}})

    assert "quota" in await failure(brain)
    assert "wait a moment" in await failure(brain)
    assert "503" in await failure(brain)
    await brain.close()


async def test_an_unreachable_endpoint_is_named_without_its_password():
    async with ScriptedHttp() as gone:
        url = gone.base_url.replace("http://", "http://user:hunter2@")
    brain = await ChatBrain.load(base_url=url, model="m", api_key=KEY, max_retries=0)

    message = await failure(brain)

    assert "cannot be reached" in message and "127.0.0.1" in message
    assert "hunter2" not in message
    await brain.close()


async def test_a_silent_endpoint_is_given_up(server):
    brain = await ChatBrain.load(
        base_url=server.base_url, model="m", api_key=KEY, start_timeout_s=0.1, max_retries=0
    )
    server.answers.append((server.HOLD, {}, []))

    assert "did not answer in time" in await failure(brain)
    await brain.close()


async def test_a_stream_that_falls_silent_is_given_up(server):
    brain = await ChatBrain.load(
        base_url=server.base_url, model="m", stall_timeout_s=0.1, max_retries=0
    )
    server.stream(text_event("x"), server.HOLD)

    assert "did not answer in time" in await failure(brain)
    await brain.close()


async def test_the_first_word_may_take_longer_than_the_pauses_after_it(server):
    brain = await ChatBrain.load(
        base_url=server.base_url, model="m", stall_timeout_s=0.05, start_timeout_s=10
    )
    server.stream(text_event(""), server.HOLD, text_event("At last.", "stop"))

    answer = asyncio.create_task(collect(brain))
    await asyncio.wait_for(server.asked.wait(), 5)
    done, _ = await asyncio.wait([answer], timeout=0.3)
    server.release.set()

    assert not done
    assert (await asyncio.wait_for(answer, 5))[0] == TextDelta("At last.")
    assert len(server.requests) == 1
    await brain.close()


@pytest.mark.parametrize("stream", [True, False])
async def test_a_web_page_is_named_and_not_asked_again(server, stream):
    brain = await ChatBrain.load(base_url=server.base_url, model="m", stream=stream)
    page = f"<!doctype html><h1>Welcome</h1>{SECRET}".encode()
    server.answers.append((200, {"content-type": "text/html; charset=utf-8"}, [page]))

    message = await failure(brain)

    assert "a web page" in message and "/v1" in message
    assert len(server.requests) == 1
    await brain.close()


async def test_what_fails_before_its_first_word_is_asked_again(server, brain):
    server.refuse(503, {"error": {"message": SECRET}}, retry_after_ms="20")
    server.stream(ScriptedHttp.CUT, done=False)
    server.stream(text_event("Now.", "stop"))

    assert (await collect(brain))[0] == TextDelta("Now.")
    assert len(server.requests) == 3


async def test_a_rest_that_outlasts_the_limit_is_not_waited_for(server, brain):
    server.refuse(429, {"error": {"message": SECRET}}, retry_after="60")

    assert "wait a moment" in await failure(brain)
    assert len(server.requests) == 1


async def test_a_whole_answer_is_understood_where_none_is_streamed(server):
    brain = await ChatBrain.load(base_url=server.base_url, model="m", stream=False)
    message = {"role": "assistant", "content": "Hi", "tool_calls": None}
    server.refuse(200, {"choices": [{"index": 0, "message": message, "finish_reason": "length"}]})

    assert await collect(brain) == [TextDelta("Hi"), BrainFinished("length")]
    assert "stream" not in server.requests[0]
    await brain.close()


async def test_a_developers_instructions_and_the_smaller_limit_are_sent(server):
    brain = await ChatBrain.load(
        base_url=server.base_url,
        model="m",
        instructions_role="developer",
        extra_body={"max_completion_tokens": 30, "reasoning_effort": "low"},
    )
    server.stream(text_event("Hi", "stop"))

    await collect(brain, BrainRequest("Be brief.", (), max_output_tokens=50))

    (body,) = server.requests
    assert body["messages"] == [{"role": "developer", "content": "Be brief."}]
    assert (body["max_completion_tokens"], body["reasoning_effort"]) == (30, "low")
    await brain.close()


@pytest.mark.parametrize("end", [ScriptedHttp.CUT, b""])
async def test_a_stream_that_stops_in_the_middle_is_an_error(server, brain, end):
    server.stream(text_event("Half an"), *([end] if end else []), done=False)
    heard = []

    with pytest.raises(EngineError, match="broke off|before the answer was complete"):
        async for delta in brain.respond(REQUEST):
            heard.append(delta)

    assert heard in ([TextDelta("Half an")], [])


@pytest.mark.parametrize(
    "nonsense",
    [b"data: {not json\n\n", b"data: \xff\xfe\n\n", b"<html>log in</html>", b"data: [1, 2]\n\n"],
)
async def test_what_is_no_chat_stream_is_one_clear_error(server, brain, nonsense):
    server.stream(nonsense, done=False)

    assert "brain.base_url" in await failure(brain)


async def test_an_error_event_inside_the_stream_is_told(server, brain):
    server.stream(text_event("Well"), {"error": {"message": SECRET, "code": "overloaded"}})

    assert "overloaded" in await failure(brain)


async def test_closing_the_answer_hangs_up_at_once(server, brain):
    server.stream(text_event("A long"), server.HOLD)
    answer = brain.respond(REQUEST)
    assert await anext(answer) == TextDelta("A long")

    await answer.aclose()

    await asyncio.wait_for(server.client_left.wait(), 2)


async def test_cancelling_the_reader_hangs_up_at_once(server, brain):
    server.stream(text_event("A long"), server.HOLD)
    heard = asyncio.Event()

    async def read():
        async with aclosing(brain.respond(REQUEST)) as answer:
            async for _ in answer:
                heard.set()

    reader = asyncio.create_task(read())
    await asyncio.wait_for(heard.wait(), 5)
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader

    await asyncio.wait_for(server.client_left.wait(), 2)


async def test_the_brain_answers_again_after_an_interruption(server, brain):
    server.stream(text_event("One"), server.HOLD)
    server.stream(text_event("Two", "stop"))
    async with aclosing(brain.respond(REQUEST)) as answer:
        await anext(answer)

    assert (await collect(brain))[0] == TextDelta("Two")


async def test_a_bad_address_is_refused_before_anything_is_sent():
    with pytest.raises(EngineError, match="base_url"):
        await ChatBrain.load(base_url="localhost:8080", model="m")


async def test_a_server_without_usage_or_keys_works(server, caplog):
    caplog.set_level(logging.DEBUG, logger="voice")
    brain = await ChatBrain.load(base_url=server.base_url, model="m", include_usage=False)
    server.stream(text_event("Hi", "stop"))

    deltas = await collect(brain)

    assert deltas[-1] == BrainFinished("stop", 0, 0, 0)
    assert "stream_options" not in server.requests[0]
    await brain.close()
    await brain.close()


async def test_a_conversation_is_named_to_the_providers_cache_only_where_that_is_wanted(server):
    request = BrainRequest(instructions="", messages=(), conversation_id="conv_1")
    for wanted in (False, True):
        brain = await ChatBrain.load(base_url=server.base_url, model="m", send_cache_key=wanted)
        server.stream(text_event("Hi", "stop"))
        [delta async for delta in brain.respond(request)]
        await brain.close()
    unnamed, named = server.requests
    assert "prompt_cache_key" not in unnamed
    assert named["prompt_cache_key"] == "conv_1"


async def test_settings_of_the_brain_go_with_every_request(server):
    brain = await ChatBrain.load(
        base_url=server.base_url, model="m", temperature=0.3, extra_body={"top_k": 20}
    )
    server.stream(text_event("Hi", "stop"))
    await collect(brain)
    (body,) = server.requests
    assert body["temperature"] == 0.3
    assert body["top_k"] == 20
    await brain.close()


PLACE = BrainTool(
    "weather",
    "Tell the weather.",
    {
        "type": "object",
        "properties": {"city": {"type": "string"}, "unit": {"type": "string"}},
        "required": ["city"],
    },
)
WEATHER = BrainRequest("", (BrainMessage("user", "hello"),), tools=(PLACE,))


async def strict(server):
    return await ChatBrain.load(
        base_url=server.base_url, model="test-model", api_key=KEY, strict_tools=True
    )


async def test_strict_tools_are_asked_for_and_a_null_is_not_given(server):
    call = {"name": "weather", "arguments": '{"city": "Rome", "unit": null}'}
    server.stream(call_event(0, "tool_calls", id="c1", function=call))
    brain = await strict(server)

    deltas = await collect(brain, WEATHER)
    await brain.close()

    assert deltas[0] == CallDelta(CallRequest("c1", "weather", '{"city": "Rome"}'))
    (function,) = [tool["function"] for tool in server.requests[0]["tools"]]
    assert function["strict"] is True
    assert function["parameters"]["properties"]["unit"]["type"] == ["string", "null"]


async def test_an_endpoint_that_refuses_strict_tools_gets_plain_ones_from_then_on(server, caplog):
    server.refuse(400, {"error": {"message": SECRET}})
    server.stream(text_event("Hello.", "stop"))
    server.stream(text_event("Again.", "stop"))
    brain = await strict(server)

    first = await collect(brain, WEATHER)
    second = await collect(brain, WEATHER)
    await brain.close()

    assert (first[0], second[0]) == (TextDelta("Hello."), TextDelta("Again."))
    strictness = ["strict" in body["tools"][0]["function"] for body in server.requests]
    assert strictness == [True, False, False]
    assert SECRET not in caplog.text


async def test_a_refusal_that_has_nothing_to_do_with_tools_is_told(server):
    server.refuse(400, {"error": {"message": SECRET}})
    server.refuse(400, {"error": {"message": SECRET}})
    brain = await strict(server)
    with pytest.raises(EngineError, match="refused the request"):
        await collect(brain, WEATHER)
    await brain.close()
