"""The gateways' own pages: what they print is what is sent, and what is understood.

``documents/*.json`` hold the requests and responses as the pages print them. DeeepAI's page prints
its response alone; its request is put together from what the page says of it.
"""

import json
from pathlib import Path

import pytest

from tests.engines.scripted_http import ScriptedHttp
from voice.brains import load_brain
from voice.engines.ports import BrainFinished, BrainMessage, BrainRequest, TextDelta
from voice.settings_brain import BrainSettings

DOCUMENTS = Path(__file__).parent / "documents"
KEY = "sk-canary-0123456789"


def page(name):
    return json.loads((DOCUMENTS / f"{name}.json").read_text(encoding="utf-8"))


def request_of(messages):
    """The conversation that a page shows, as the server would hand it to a brain."""
    instructions = ""
    if messages[0]["role"] in ("system", "developer"):
        instructions, messages = messages[0]["content"], messages[1:]
    return BrainRequest(
        instructions, tuple(BrainMessage(m["role"], m["content"]) for m in messages)
    )


async def ask(server, request, **settings):
    brain = await load_brain(BrainSettings(base_url=server.base_url, api_key=KEY, **settings))
    try:
        return [delta async for delta in brain.respond(request)]
    finally:
        await brain.close()


@pytest.fixture
async def server():
    async with ScriptedHttp() as running:
        yield running


@pytest.mark.parametrize("name", ["deerapi_chat", "deerapi_image", "deeepai_first"])
async def test_a_chat_page_is_sent_as_it_is_printed_and_its_answer_understood(server, name):
    printed = page(name)
    request = request_of(printed["request"]["messages"])
    server.refuse(200, printed["response"])

    deltas = await ask(server, request, model=printed["request"]["model"], stream=False)

    assert server.requests == [printed["request"]]
    head = server.headers[0].lower()
    assert head.startswith("post /v1/chat/completions ")
    assert f"authorization: bearer {KEY}" in head
    assert "content-type: application/json" in head
    choice, usage = printed["response"]["choices"][0], printed["response"]["usage"]
    assert deltas[0].text.startswith(choice["message"]["content"])
    assert deltas[-1].input_tokens == usage["prompt_tokens"]
    assert deltas[-1].output_tokens == usage["completion_tokens"]


async def test_the_finer_counts_that_a_page_prints_are_kept(server):
    printed = page("deerapi_chat")
    server.refuse(200, printed["response"])
    *_, finished = await ask(server, BrainRequest("", ()), model="m", stream=False)
    assert finished.cached_tokens == 123
    assert finished.details == {
        "audio_tokens": 123,
        "reasoning_tokens": 123,
        "accepted_prediction_tokens": 123,
        "rejected_prediction_tokens": 123,
    }


@pytest.mark.parametrize("name", ["deerapi_image", "deeepai_first"])
async def test_the_same_answer_streamed_says_the_same(server, name):
    response = page(name)["response"]
    text = response["choices"][0]["message"]["content"]
    half = len(text) // 2
    parts = [{"content": text[:half]}, {"content": text[half:]}, {}]
    chunks = [{"choices": [{"index": 0, "delta": part, "finish_reason": None}]} for part in parts]
    chunks[-1]["choices"][0]["finish_reason"] = "stop"
    server.stream(*chunks, {"choices": [], "usage": response["usage"], "error": {}, "data": None})

    deltas = await ask(server, BrainRequest("", ()), model="m")

    assert "".join(d.text for d in deltas if isinstance(d, TextDelta)) == text
    assert deltas[-1].output_tokens == response["usage"]["completion_tokens"]


async def test_a_developers_word_and_the_turns_stand_as_the_page_has_them(server):
    turns = page("deerapi_chat")["conversation"]
    server.refuse(200, page("deerapi_chat")["response"])
    await ask(server, request_of(turns), model="m", stream=False, instructions_role="developer")
    assert server.requests[0]["messages"] == turns


@pytest.mark.parametrize("reason", ["stop", "length", "content_filter", "tool_calls"])
async def test_every_reason_of_the_page_is_known(server, reason):
    choice = {"index": 0, "message": {"content": "x"}, "finish_reason": reason}
    server.refuse(200, {"choices": [choice]})
    deltas = await ask(server, BrainRequest("", ()), model="m", stream=False)
    assert deltas[-1] == BrainFinished(reason)


async def test_every_parameter_of_the_page_is_sent_by_its_name(server):
    wanted = {
        "temperature": 0.2,
        "top_p": 0.9,
        "n": 1,
        "stop": ["###"],
        "max_tokens": 300,
        "max_completion_tokens": 400,
        "presence_penalty": 0.5,
        "frequency_penalty": -0.5,
        "logit_bias": {"50256": -100},
        "logprobs": True,
        "top_logprobs": 2,
        "response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": {}}},
        "stream_options": {"include_usage": True, "include_obfuscation": False},
        "metadata": {"task": "7"},
        "reasoning_effort": "none",
        "verbosity": "low",
        "web_search_options": {"search_context_size": "low"},
        "modalities": ["text", "audio"],
        "audio": {"voice": "alloy", "format": "pcm16"},
        "prediction": {"type": "content", "content": "It is"},
        "store": False,
        "service_tier": "flex",
        "prompt_cache_key": "k",
        "prompt_cache_retention": "24h",
        "safety_identifier": "s",
        "user": "u",
    }
    server.stream({"choices": [{"index": 0, "delta": {"content": "x"}, "finish_reason": "stop"}]})

    await ask(server, BrainRequest("", ()), model="m", extra_body={"top_k": 5}, **wanted)

    assert server.requests == [{"model": "m", "messages": [], "stream": True, "top_k": 5, **wanted}]


async def test_the_anthropic_page_is_sent_as_it_is_printed_and_its_answer_understood(server):
    printed = page("deerapi_anthropic")
    request = request_of(printed["request"]["messages"])
    server.refuse(200, printed["response"])

    deltas = await ask(
        server, request, kind="anthropic", model=printed["request"]["model"], stream=False
    )

    assert server.requests == [printed["request"]]
    assert server.headers[0].startswith("POST /v1/messages ")
    assert f"authorization: bearer {KEY}" in server.headers[0].lower()
    assert deltas == [
        TextDelta(printed["response"]["content"][0]["text"]),
        BrainFinished("stop", 3, 52),
    ]
