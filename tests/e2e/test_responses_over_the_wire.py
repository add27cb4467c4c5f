"""Responses as a client sees them: both dialects, over a real socket, in the documented order."""

import pytest

from tests.server.serving_kit import connect, engines, server, until
from voice.engines.offline_brain import OfflineBrain
from voice.engines.offline_brain.vectors import Vectors
from voice.engines.ports import Engines
from voice.engines.scripted import ScriptedReply, ScriptedStt, ScriptedTts, ScriptedTurnEnd
from voice.engines.scripted import ScriptedVad as Vad

LOOK = ("look", {"where": "here"})
TOOL = {
    "type": "function",
    "name": "get_time",
    "description": "Tell the time.",
    "parameters": {"type": "object", "properties": {}, "x-examples": ["what time is it"]},
}
BETA = {"additional_headers": {"OpenAI-Beta": "realtime=v1"}}

GA_LADDER = [
    "response.created",
    "response.output_item.added",
    "conversation.item.added",
    "response.content_part.added",
    "response.output_audio_transcript.delta",
    "response.output_audio.delta",
    "response.output_audio.done",
    "response.output_audio_transcript.done",
    "response.content_part.done",
    "conversation.item.done",
    "response.output_item.done",
    "response.output_item.added",
    "conversation.item.added",
    "response.function_call_arguments.delta",
    "response.function_call_arguments.done",
    "conversation.item.done",
    "response.output_item.done",
    "response.done",
    "rate_limits.updated",
]
BETA_NAMES = {
    "conversation.item.added": "conversation.item.created",
    "response.output_audio.delta": "response.audio.delta",
    "response.output_audio.done": "response.audio.done",
    "response.output_audio_transcript.delta": "response.audio_transcript.delta",
    "response.output_audio_transcript.done": "response.audio_transcript.done",
}
BETA_LADDER = [BETA_NAMES.get(kind, kind) for kind in GA_LADDER if kind != "conversation.item.done"]


@pytest.mark.parametrize(("options", "ladder"), [({}, GA_LADDER), (BETA, BETA_LADDER)])
async def test_words_and_a_call_climb_the_ladder_of_their_dialect(options, ladder):
    bundle = engines(replies=[ScriptedReply("Wait.", calls=(LOOK,))])
    async with server(bundle) as running, connect(running, **options) as client:
        await client.say("look")
        await client.until("rate_limits.updated")
    kinds = client.kinds()
    assert kinds[kinds.index("response.created") :] == ladder
    added = [e for e in client.events if e["type"] == "response.output_item.added"]
    assert [event["output_index"] for event in added] == [0, 1]
    (delta,) = [e for e in client.events if e["type"].endswith("arguments.delta")]
    assert delta["call_id"] == added[1]["item"]["call_id"]
    assert added[1]["item"]["arguments"] == ""


@pytest.mark.parametrize("options", [{}, BETA])
async def test_a_client_that_does_not_wait_for_the_end_is_answered_with_the_output(options):
    replies = [ScriptedReply("Wait please.", calls=(LOOK, LOOK), pause_after=3), "It is here."]
    bundle = engines(replies=replies)
    async with server(bundle) as running, connect(running, **options) as client:
        await client.say("look")
        item = (await client.until("response.output_item.done"))["item"]
        while item["type"] != "function_call":
            item = (await client.until("response.output_item.done"))["item"]
        output = {"type": "function_call_output", "call_id": item["call_id"], "output": "here"}
        await client.send("conversation.item.create", item=output)
        await client.send("response.create")
        await client.send("conversation.item.retrieve", item_id=item["id"])
        await client.until("conversation.item.retrieved")
        bundle.brain.resume.set()
        first, second = await client.until("response.done"), await client.until("response.done")
    assert "error" not in client.kinds()
    assert [first["response"]["status"], second["response"]["status"]] == ["completed"] * 2
    assert [m.role for m in bundle.brain.requests[1].messages][-2:] == ["assistant", "tool"]


async def test_a_response_beside_the_conversation_runs_next_to_its_own():
    bundle = engines(replies=[ScriptedReply("One two.", pause_after=1), "Beside."])
    async with server(bundle) as running, connect(running) as client:
        await client.say("hello")
        await until(lambda: len(bundle.brain.requests) == 1)
        beside = {"conversation": "none", "input": [], "metadata": {"topic": "x"}}
        await client.send("response.create", response=beside)
        done = (await client.until("response.done"))["response"]
        assert (done["metadata"], done["conversation_id"]) == ({"topic": "x"}, None)
        assert done["output"][0]["content"][0]["transcript"] == "Beside."
        bundle.brain.resume.set()
        await client.until("response.done")
        await client.say("and now?")
        await client.until("response.done")
    assert bundle.brain.requests[1].messages == ()
    assert "Beside." not in [m.text for m in bundle.brain.requests[2].messages]


async def test_speech_stops_where_the_token_limit_falls():
    bundle = engines(replies=["One two three four five six."])
    async with server(bundle) as running, connect(running) as client:
        await client.say("count")
        await client.until("response.done")
        bundle.brain._replies.append(ScriptedReply("One two three four five six."))
        await client.send("response.create", response={"max_output_tokens": 2})
        done = (await client.until("response.done"))["response"]
    assert done["status_details"] == {"type": "incomplete", "reason": "max_output_tokens"}
    assert done["output"][0]["content"][0]["transcript"].strip() == "One two"
    assert done["usage"]["output_token_details"]["audio_tokens"] == 200 // 50


async def test_a_long_conversation_goes_on():
    bundle = engines()
    bundle.brain.context_tokens = 4_000
    async with server(bundle) as running, connect(running) as client:
        for number in range(12):
            await client.say(f"turn {number} " + "word " * 200)
            done = await client.until("response.done")
            assert done["response"]["status"] == "completed"
    lengths = [len(request.messages) for request in bundle.brain.requests]
    assert max(lengths) < 24
    assert bundle.brain.requests[-1].messages[-1].text.startswith("turn 11 ")


@pytest.fixture(scope="module")
def vectors():
    return Vectors.load()


@pytest.fixture
async def brain(vectors):
    brain = OfflineBrain(vectors)
    yield brain
    await brain.close()


async def asked(brain, text, **response):
    """What the offline brain makes of a request under overrides."""
    bundle = Engines(Vad(), ScriptedTurnEnd(), ScriptedStt(), brain, ScriptedTts())
    async with server(bundle) as running, connect(running) as client:
        await client.update(tools=[TOOL])
        content = [{"type": "input_text", "text": text}]
        item = {"type": "message", "role": "user", "content": content}
        await client.send("conversation.item.create", item=item)
        await client.send("response.create", response=response)
        return (await client.until("response.done"))["response"]


@pytest.mark.parametrize(
    ("choice", "kind"),
    [
        ("auto", "function_call"),
        ("none", "message"),
        ("required", "function_call"),
        ({"type": "function", "name": "get_time"}, "function_call"),
    ],
)
async def test_the_offline_brain_calls_as_it_is_told(brain, choice, kind):
    done = await asked(brain, "what time is it", tool_choice=choice)
    assert [item["type"] for item in done["output"]] == [kind]


@pytest.mark.parametrize("choice", ["required", {"type": "function", "name": "get_time"}])
async def test_the_offline_brain_must_call_even_where_it_would_not(brain, choice):
    done = await asked(brain, "hello there", tool_choice=choice)
    assert [item["type"] for item in done["output"]] == ["function_call"]


async def test_the_offline_brain_keeps_its_token_limit(brain):
    done = await asked(brain, "who are you", max_output_tokens=3, output_modalities=["text"])
    assert done["status"] == "incomplete"
    assert len(done["output"][0]["content"][0]["text"].split()) == 3
    assert done["usage"]["output_token_details"]["text_tokens"] == 3
