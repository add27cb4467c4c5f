"""``llmock`` of PyPI: faults on order, over both interfaces, and its verdict on our ways."""

import pytest

from tests.gateway.gateway_kit import QUICK, TOOL, answer, give, talking


@pytest.fixture(params=["openai", "anthropic"])
def kind(request):
    return request.param


@pytest.fixture
async def place(llmock):
    """The server without faults, and afterwards its verdict: no error in how we behaved."""
    await llmock.order("/_llmock/reset")
    yield llmock
    verdict = await llmock.order("/_llmock/verdict", method="GET")
    faults = [f["code"] for f in verdict["findings"] if f["severity"] == "error"]
    assert faults == []


async def broken(place, *behaviours):
    await place.order("/_llmock/scenario", {"behaviors": behaviours})


async def requests_of(place):
    return len((await place.order("/_llmock/requests", method="GET"))["requests"])


async def test_a_turn_with_a_tool(place, kind):
    async with talking(kind, place.base_urls[kind]) as client:
        await client.update(tools=[TOOL])
        (call,) = (await answer(client, "What time is it?"))["output"]
        done = await give(client, call, "10:00")
    assert call["name"] == "get_time"
    assert done["status"] == "completed"
    assert client.bundle.tts.spoken
    assert done["usage"]["input_tokens"] > 0


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_what_may_pass_is_waited_out(place, kind, status):
    await broken(place, {"type": "fail", "status": status, "retry_after": 0.3, "times": 2})
    async with talking(kind, place.base_urls[kind], **QUICK) as client:
        done = await answer(client, "hello")
    assert done["status"] == "completed"
    assert client.bundle.tts.spoken[0] == "One moment."
    assert await requests_of(place) == 3


@pytest.mark.parametrize(
    ("status", "code"), [(401, "invalid_api_key"), (404, "model_not_found"), (400, "brain_refused")]
)
async def test_what_cannot_pass_is_asked_once(place, kind, status, code):
    await broken(place, {"type": "fail", "status": status, "times": None})
    async with talking(kind, place.base_urls[kind]) as client:
        done = await answer(client, "hello")
    assert done["status_details"]["error"]["code"] == code
    assert client.bundle.tts.spoken == ["Sorry, I cannot."]
    assert await requests_of(place) == 1


@pytest.mark.parametrize("fault", ["disconnect", "truncate", "malformed"])
async def test_a_stream_that_breaks_is_a_failure_and_the_next_turn_works(place, kind, fault):
    text = "It is ten in the morning. And it will soon be eleven, which is late. So hurry up now."
    await broken(
        place,
        {"type": "reply", "text": text},
        {"type": "stream_fault", "kind": fault, "after_chunks": 6},
    )
    async with talking(kind, place.base_urls[kind]) as client:
        failed = await answer(client, "hello")
        done = await answer(client, "hello again")
    assert failed["status"] == "failed"
    assert failed["status_details"]["error"]["code"].startswith("brain_")
    assert "Sorry, I cannot." in client.bundle.tts.spoken
    assert done["status"] == "completed"
    if fault == "truncate":
        # Nobody can ask again for what has been spoken, and the judge sees that nobody did.
        await place.order("/_llmock/reset")


@pytest.mark.parametrize("fault", ["disconnect", "truncate"])
async def test_a_stream_that_breaks_before_its_first_word_is_asked_again(place, kind, fault):
    await broken(place, {"type": "stream_fault", "kind": fault, "after_chunks": 0})
    async with talking(kind, place.base_urls[kind]) as client:
        done = await answer(client, "hello")
    assert done["status"] == "completed"
    assert await requests_of(place) == 2


async def test_a_stream_that_hangs_is_given_up(place, kind):
    await broken(
        place, {"type": "stream_fault", "kind": "stall", "stall_seconds": 10, "after_chunks": 2}
    )
    # Two chunks hold words in one interface, and only a beginning without any in the other.
    limits = {"start_timeout_s": 1.0, "stall_timeout_s": 0.5, "max_retries": 0}
    async with talking(kind, place.base_urls[kind], **limits) as client:
        failed = await answer(client, "hello")
    assert failed["status_details"]["error"]["code"] == "brain_timeout"


async def test_a_slow_model_is_filled_in_for(place, kind):
    await broken(place, {"type": "slow_first_token", "seconds": 1})
    async with talking(kind, place.base_urls[kind], **QUICK) as client:
        done = await answer(client, "hello")
    assert done["status"] == "completed"
    assert client.bundle.tts.spoken[0] == "One moment."
