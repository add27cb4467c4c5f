import asyncio

import pytest

from tests.engines.scripted_http import ScriptedHttp
from voice.engines.anthropic_brain import AnthropicBrain
from voice.engines.ports import (
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
SECRET = "the-secret-of-the-body"
TOOL = BrainTool("get_time", "Tell the time.", {"type": "object", "properties": {}})
REQUEST = BrainRequest("Be brief.", (BrainMessage("user", "hello"),), tools=(TOOL,))

START = {
    "type": "message_start",
    "message": {
        "id": "chatcmpl-1",
        "type": "message",
        "role": "assistant",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 12, "output_tokens": 1, "cache_read_input_tokens": 8},
    },
}
PING = {"type": "ping"}
STOP = {"type": "message_stop"}


def begin(index=0, **block):
    block = block or {"type": "text", "text": ""}
    return {"type": "content_block_start", "index": index, "content_block": block}


def text(words, index=0):
    delta = {"type": "text_delta", "text": words}
    return {"type": "content_block_delta", "index": index, "delta": delta}


def piece(json_text, index):
    delta = {"type": "input_json_delta", "partial_json": json_text}
    return {"type": "content_block_delta", "index": index, "delta": delta}


def end(index=0):
    return {"type": "content_block_stop", "index": index}


def reason(stop_reason, tokens=5):
    delta = {"stop_reason": stop_reason, "stop_sequence": None}
    return {"type": "message_delta", "delta": delta, "usage": {"output_tokens": tokens}}


def answer(words="Hi."):
    return [START, begin(), PING, text(words), end(), reason("end_turn"), STOP]


@pytest.fixture
async def server():
    async with ScriptedHttp() as running:
        yield running


@pytest.fixture
async def brain(server):
    loaded = await AnthropicBrain.load(base_url=server.base_url, model="test-model", api_key=KEY)
    yield loaded
    await loaded.close()


async def collect(brain, request=REQUEST):
    return [delta async for delta in brain.respond(request)]


async def failure(brain):
    with pytest.raises(EngineError) as caught:
        await collect(brain)
    message = str(caught.value)
    assert "\n" not in message
    assert KEY not in message and SECRET not in message
    assert caught.value.__cause__ is None
    return caught.value


async def test_text_streams_with_usage_and_the_request_is_right(server, brain):
    server.say(START, begin(), PING, text("It is"), text(" ten."), end(), reason("end_turn"), STOP)

    assert await collect(brain) == [
        TextDelta("It is"),
        TextDelta(" ten."),
        BrainFinished("stop", 20, 5, 8),
    ]
    assert server.headers[0].startswith("POST /v1/messages ")
    assert f"Authorization: Bearer {KEY}" in server.headers[0]
    assert "x-api-key" not in server.headers[0].lower()
    assert "anthropic-version: 2023-06-01" in server.headers[0]
    (body,) = server.requests
    assert body == {
        "model": "test-model",
        "max_tokens": 1024,
        "messages": [{"role": "user", "content": "hello"}],
        "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
        "tools": [
            {
                "name": "get_time",
                "description": "Tell the time.",
                "input_schema": {"type": "object", "properties": {}},
            }
        ],
        "stream": True,
    }


async def test_the_vendors_own_header_carries_the_key_where_it_is_wanted(server):
    brain = await AnthropicBrain.load(
        base_url=server.base_url, model="m", api_key=KEY, auth="x-api-key"
    )
    server.say(*answer())
    await collect(brain)
    assert f"x-api-key: {KEY}" in server.headers[0].lower()
    assert "authorization" not in server.headers[0].lower()
    await brain.close()


async def test_two_tools_in_pieces_become_two_whole_calls(server, brain):
    server.say(
        START,
        begin(),
        text("Let me see."),
        end(),
        begin(1, type="tool_use", id="toolu_1", name="get_time", input={}),
        piece("", 1),
        piece('{"place":', 1),
        piece('"Oslo"}', 1),
        end(1),
        begin(2, type="tool_use", id="toolu_2", name="get_time", input={}),
        end(2),
        reason("tool_use"),
        STOP,
    )

    deltas = await collect(brain)

    assert deltas[1:3] == [
        CallDelta(CallRequest("toolu_1", "get_time", '{"place":"Oslo"}')),
        CallDelta(CallRequest("toolu_2", "get_time", "{}")),
    ]
    assert deltas[3].reason == "tool_calls"


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (401, "authentication_error", "invalid_api_key"),
        (400, "invalid_request_error", "brain_refused"),
        (402, "billing_error", "insufficient_quota"),
        (404, "not_found_error", "model_not_found"),
    ],
)
async def test_a_refusal_is_told_by_its_code_and_asked_once(server, brain, status, kind, code):
    server.refuse(status, {"type": "error", "error": {"type": kind, "message": SECRET}})

    assert (await failure(brain)).code == code
    assert len(server.requests) == 1


async def test_an_overload_is_waited_out_whether_a_status_or_an_event_says_it(server, brain):
    error = {"type": "error", "error": {"type": "overloaded_error", "message": SECRET}}
    server.refuse(529, error, retry_after_ms="10")
    server.say(START, error)
    server.say(*answer())

    assert (await collect(brain))[0] == TextDelta("Hi.")
    assert len(server.requests) == 3


async def test_an_error_behind_the_first_words_is_told(server, brain):
    error = {"type": "error", "error": {"type": "overloaded_error", "message": SECRET}}
    server.say(START, begin(), text("Well"), error)

    assert (await failure(brain)).code == "brain_unavailable"


@pytest.mark.parametrize("cut", [ScriptedHttp.CUT, b""])
async def test_a_stream_that_stops_in_the_middle_is_an_error(server, brain, cut):
    server.say(START, begin(), text("Half an"), cut)

    assert (await failure(brain)).code in ("brain_unavailable", "brain_unreachable")


@pytest.mark.parametrize(
    "nonsense",
    [b"event: message_start\ndata: {not json\n\n", b"event: message_start\ndata: \xff\xfe\n\n"],
)
async def test_what_is_no_messages_stream_is_one_clear_error(server, brain, nonsense):
    server.say(nonsense)

    assert "brain.base_url" in str(await failure(brain))


async def test_closing_the_answer_hangs_up_at_once(server, brain):
    server.say(START, begin(), text("A long"), server.HOLD)
    deltas = brain.respond(REQUEST)
    assert await anext(deltas) == TextDelta("A long")

    await deltas.aclose()

    await asyncio.wait_for(server.client_left.wait(), 2)


async def test_a_silent_endpoint_is_given_up(server):
    brain = await AnthropicBrain.load(base_url=server.base_url, model="m", start_timeout_s=0.2)
    server.answers.append((server.HOLD, {}, []))

    assert (await failure(brain)).code == "brain_timeout"
    await brain.close()


async def test_a_bad_address_is_refused_before_anything_is_sent():
    with pytest.raises(EngineError, match="base_url"):
        await AnthropicBrain.load(base_url="localhost:8080", model="m")
