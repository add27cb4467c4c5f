"""Model endpoints behind the whole server: real sockets on both sides, ears and mouth by script."""

import asyncio
import base64

import numpy as np
import pytest

from tests.engines.scripted_http import ScriptedHttp
from tests.gateway.gateway_kit import KEY, QUICK, TOOL, talking


class Chat:
    """Chat Completions' way to say things."""

    kind = "openai"

    @staticmethod
    def chunk(reason=None, **delta):
        return {"choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}

    def text(self, http, *parts):
        events = [self.chunk(content=p) if isinstance(p, str) else p for p in parts]
        http.stream(*events, self.chunk(reason="stop"))

    def call(self, http):
        function = {"name": "get_time", "arguments": '{"place": "Oslo"}'}
        call = {"index": 0, "id": "call_1", "type": "function", "function": function}
        http.stream(self.chunk(tool_calls=[call]), self.chunk(reason="tool_calls"))


class Anthropic:
    """Anthropic's way."""

    kind = "anthropic"

    def text(self, http, *parts):
        events = [
            self._delta(type="text_delta", text=p) if isinstance(p, str) else p for p in parts
        ]
        block = {"type": "text", "text": ""}
        self._say(http, block, events, "end_turn")

    def call(self, http):
        block = {"type": "tool_use", "id": "toolu_1", "name": "get_time", "input": {}}
        piece = self._delta(type="input_json_delta", partial_json='{"place": "Oslo"}')
        self._say(http, block, [piece], "tool_use")

    @staticmethod
    def _delta(**delta):
        return {"type": "content_block_delta", "index": 0, "delta": delta}

    @staticmethod
    def _say(http, block, events, reason):
        http.say(
            {"type": "message_start", "message": {"type": "message", "usage": {}}},
            {"type": "content_block_start", "index": 0, "content_block": block},
            *events,
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {}},
            {"type": "message_stop"},
        )


@pytest.fixture(params=[Chat(), Anthropic()], ids=["chat", "anthropic"])
def interface(request):
    return request.param


async def test_a_turn_with_a_tool(interface):
    async with ScriptedHttp() as http, talking(interface.kind, http.base_url) as client:
        interface.call(http)
        interface.text(http, "It is ", "ten.")
        await client.update(tools=[TOOL])

        await client.say("What time is it in Oslo?")
        (call,) = (await client.until("response.done"))["response"]["output"]
        output = {"type": "function_call_output", "call_id": call["call_id"], "output": "10:00"}
        await client.send("conversation.item.create", item=output)
        await client.send("response.create")
        done = await client.until("response.done")

        assert (call["name"], call["arguments"]) == ("get_time", '{"place": "Oslo"}')
        assert done["response"]["status"] == "completed"
        assert client.bundle.tts.spoken[-1] == "It is ten."
        assert "10:00" in str(http.requests[1]["messages"])


async def test_the_first_sentence_is_spoken_while_the_rest_is_still_to_come(interface):
    async with ScriptedHttp() as http, talking(interface.kind, http.base_url) as client:
        interface.text(http, "It is ten. And ", http.HOLD, "cold.")

        await client.say("hello")
        await client.until("response.output_audio.delta")
        http.release.set()
        await client.until("response.done")

        assert client.bundle.tts.spoken == ["It is ten.", "And cold."]


async def test_a_barge_in_hangs_up_at_once(interface):
    async with ScriptedHttp() as http, talking(interface.kind, http.base_url) as client:
        interface.text(http, "It is ten. And ", http.HOLD, "cold.")
        await client.say("hello")
        await client.until("response.output_audio.delta")

        await client.speak()
        done = await client.until("response.done")

        assert done["response"]["status_details"]["reason"] == "turn_detected"
        await asyncio.wait_for(http.client_left.wait(), 1)


async def test_a_rate_limit_is_waited_out_and_filled_in_for(interface):
    async with ScriptedHttp() as http, talking(interface.kind, http.base_url, **QUICK) as client:
        http.refuse(429, {"error": {"type": "rate_limit_error"}}, retry_after="1")
        interface.text(http, "It is ten.")

        await client.say("hello")
        done = await client.until("response.done")

        assert done["response"]["status"] == "completed"
        assert client.bundle.tts.spoken == ["One moment.", "It is ten."]


async def test_what_is_cut_before_its_first_word_is_asked_again(interface):
    async with ScriptedHttp() as http, talking(interface.kind, http.base_url) as client:
        http.stream(http.CUT, done=False)
        interface.text(http, "It is ten.")

        await client.say("hello")

        assert (await client.until("response.done"))["response"]["status"] == "completed"
        assert client.bundle.tts.spoken[-1] == "It is ten."


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (401, "invalid_api_key", "invalid_request_error"),
        (402, "insufficient_quota", "insufficient_quota"),
        (413, "context_length_exceeded", "invalid_request_error"),
        (429, "brain_rate_limit_exceeded", "rate_limit_error"),
        (503, "brain_unavailable", "brain_error"),
    ],
)
async def test_a_failure_is_apologised_for_and_its_cause_told(interface, status, code, kind):
    async with (
        ScriptedHttp() as http,
        talking(interface.kind, http.base_url, max_retries=0) as client,
    ):
        http.refuse(status, {"error": {"message": f"about {KEY}"}})

        await client.say("hello")
        response = (await client.until("response.done"))["response"]

        assert response["status"] == "failed"
        error = response["status_details"]["error"]
        assert (error["code"], error["type"]) == (code, kind)
        assert KEY not in error["message"]
        assert client.bundle.tts.spoken == ["Sorry, I cannot."]


async def test_thinking_is_counted_in_the_usage():
    async with ScriptedHttp() as http, talking("openai", http.base_url) as client:
        details = {"reasoning_tokens": 7}
        usage = {"prompt_tokens": 9, "completion_tokens": 8, "completion_tokens_details": details}
        usage["prompt_tokens_details"] = {"cached_tokens": 4}
        http.stream(
            Chat.chunk(content="Yes."),
            Chat.chunk(reason="length"),
            {"choices": [], "usage": usage},
        )

        await client.say("hello")
        response = (await client.until("response.done"))["response"]

        assert response["status_details"] == {"type": "incomplete", "reason": "max_output_tokens"}
        assert response["usage"]["input_token_details"]["cached_tokens"] == 4
        assert response["usage"]["output_token_details"]["reasoning_tokens"] == 7


async def test_a_model_that_answers_with_sound_is_played():
    sound = np.full(4_800, 99, "<i2").tobytes()
    how = {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "pcm16"}}
    async with ScriptedHttp() as http, talking("openai", http.base_url, **how) as client:
        http.stream(
            Chat.chunk(audio={"id": "audio_1", "transcript": "It is ten."}),
            Chat.chunk(audio={"data": base64.b64encode(sound[:5_001]).decode()}),
            Chat.chunk(audio={"data": base64.b64encode(sound[5_001:]).decode()}),
            Chat.chunk(audio={"expires_at": 1}),
            Chat.chunk(reason="stop"),
        )

        await client.say("hello")
        response = (await client.until("response.done"))["response"]

        assert response["output"][0]["content"][0]["transcript"] == "It is ten."
        assert client.bundle.tts.spoken == []
        heard = [e["delta"] for e in client.events if e["type"] == "response.output_audio.delta"]
        assert b"".join(base64.b64decode(delta) for delta in heard) == sound
        assert http.requests[0]["modalities"] == ["text", "audio"]
        assert http.requests[0]["audio"] == how["audio"]
