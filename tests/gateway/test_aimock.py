"""``@copilotkit/aimock`` of npm over both interfaces: a tool turn, and chaos at its rates."""

import pytest

from tests.gateway.gateway_kit import TOOL, answer, give, talking


@pytest.fixture(params=["openai", "anthropic"])
def kind(request):
    return request.param


@pytest.fixture
async def calm(aimock):
    yield aimock
    await aimock.order("/__aimock/chaos", method="DELETE")


async def test_a_turn_with_a_tool(calm, kind):
    async with talking(kind, calm.base_urls[kind]) as client:
        await client.update(tools=[TOOL])
        (call,) = (await answer(client, "How is the weather?"))["output"]
        done = await give(client, call, "11 pm")
    assert (call["name"], call["arguments"].replace(" ", "")) == ("get_time", '{"place":"Tokyo"}')
    assert done["status"] == "completed"
    assert client.bundle.tts.spoken == ["It is late in Tokyo."]


@pytest.mark.parametrize(
    ("chaos", "codes"),
    [
        ({"dropRate": 1}, {"brain_unavailable"}),
        ({"disconnectRate": 1}, {"brain_unreachable"}),
        ({"malformedRate": 1}, {"brain_bad_answer", "brain_unavailable"}),
        ({"rateLimitRate": 1}, {"brain_rate_limit_exceeded"}),
    ],
)
async def test_chaos_is_apologised_for_and_the_next_turn_works(calm, kind, chaos, codes):
    async with talking(kind, calm.base_urls[kind], max_retries=1, start_timeout_s=2) as client:
        await calm.order("/__aimock/chaos", chaos)
        failed = await answer(client, "Hello")
        await calm.order("/__aimock/chaos", method="DELETE")
        done = await answer(client, "Hello")
    assert failed["status_details"]["error"]["code"] in codes
    assert "Sorry, I cannot." in client.bundle.tts.spoken
    assert done["status"] == "completed"
