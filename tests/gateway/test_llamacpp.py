"""llama.cpp's server with a real small model behind our whole server, and real speech around it."""

import asyncio
import base64
import contextlib
from dataclasses import replace

import numpy as np
import pytest

from tests.e2e.cli_kit import fixture
from tests.gateway.spoken_kit import plain
from tests.server.serving_kit import connect, server
from tools import Registry
from tools.builtin.clock import get_time
from voice.audio.files import read_audio
from voice.audio.pcm import from_bytes, resample
from voice.brains import load_brain
from voice.engines.ports import Engines
from voice.engines.speech import load_speech
from voice.settings_brain import BrainSettings

STOP_S = 5
OUTPUT = '{"spoken": "It\'s ten past nine in Paris."}'
ASKED = {
    "type": "function",
    "name": "get_time",
    "description": "Tell the current time in a place.",
    "parameters": {
        "type": "object",
        "properties": {"place": {"type": "string", "description": "A city"}},
        "required": ["place"],
    },
}


@pytest.fixture(scope="module")
def speech():
    loaded = load_speech(seed=1)
    yield loaded
    loaded.close()


@contextlib.asynccontextmanager
async def talking(place, speech, **settings):
    """Yield a client of a server with real ears and mouth and the model as its brain."""
    wanted = {"model": "smollm2", "temperature": 0.0, "max_tokens": 60, **settings}
    brain = await load_brain(BrainSettings(base_url=place.base_urls["openai"], **wanted))
    engines = Engines(speech.vad, speech.turn_end, speech.stt, brain, speech.tts)
    async with server(replace(engines, queues=speech.queues)) as running:
        async with connect(running) as client:
            await client.update(instructions="You are a voice assistant.")
            yield client


async def spoken_turn(client, recording):
    """Say a recording; return the response to it."""
    await client.append(read_audio(fixture(recording)))
    await client.append(np.zeros(24_000, np.int16))
    return (await client.until("response.done"))["response"]


async def words_heard(client, speech):
    """Return the words of all audio that came so far."""
    deltas = [e["delta"] for e in client.events if e["type"] == "response.output_audio.delta"]
    pcm = from_bytes(b"".join(map(base64.b64decode, deltas)))
    return plain((await speech.stt.transcribe(resample(pcm, 24_000, 16_000))).text)


def said(response):
    return response["output"][0]["content"][0]["transcript"]


async def test_a_spoken_turn_is_answered_by_the_model(llamacpp, speech):
    async with talking(llamacpp, speech) as client:
        done = await spoken_turn(client, "hello_who_are_you")
        heard = await words_heard(client, speech)

    assert done["status"] in ("completed", "incomplete")
    words = set(plain(said(done)).split())
    assert len(words) >= 3
    assert len(words & set(heard.split())) >= len(words) // 2
    assert done["usage"]["input_tokens"] > 5
    assert done["usage"]["output_tokens"] >= len(words)


async def test_a_spoken_turn_runs_a_tool_that_the_model_chose(llamacpp, speech, tmp_path):
    example = {"call_id": "call_0", "name": "get_time", "arguments": '{"place": "Paris"}'}
    before = [
        ("user", "input_text", "What time is it in Paris?"),
        {"type": "function_call", **example},
        {"type": "function_call_output", "call_id": "call_0", "output": OUTPUT},
        ("assistant", "output_text", "It's ten past nine in Paris."),
    ]
    async with talking(llamacpp, speech) as client, Registry(data_dir=tmp_path) as registry:
        registry.add(get_time, "built in")
        await client.update(tools=[ASKED])
        for item in before:
            if isinstance(item, tuple):
                role, kind, text = item
                item = {"type": "message", "role": role, "content": [{"type": kind, "text": text}]}
            await client.send("conversation.item.create", item=item)

        (call,) = (await spoken_turn(client, "what_time_in_tokyo"))["output"]
        assert call["type"] == "function_call", call
        outcome = await registry.call(call["name"], call["arguments"])
        output = {"call_id": call["call_id"], "output": outcome.output}
        await client.send(
            "conversation.item.create", item={"type": "function_call_output", **output}
        )
        await client.send("response.create")
        done = (await client.until("response.done"))["response"]
        heard = await words_heard(client, speech)

    assert call["name"] == "get_time"
    assert "Asia/Tokyo" in outcome.output
    assert "Tokyo" in said(done)
    assert "tokyo" in heard


async def test_a_grammar_of_the_server_holds(llamacpp, speech):
    grammar = 'root ::= "It was William Shakespeare." | "It was Charles Dickens."'
    async with talking(llamacpp, speech, extra_body={"grammar": grammar}) as client:
        done = await spoken_turn(client, "hamlet")
        heard = await words_heard(client, speech)

    assert said(done) in ("It was William Shakespeare.", "It was Charles Dickens.")
    assert heard.startswith("it was ")


async def test_a_barge_in_stops_the_model(llamacpp, speech):
    endless = {"ignore_eos": True}
    async with talking(llamacpp, speech, max_tokens=8_000, extra_body=endless) as client:
        await client.say("Tell me a long story about a fox.")
        await client.until("response.output_audio.delta")
        (slot,) = await llamacpp.order("/slots", method="GET")
        assert slot["is_processing"]

        await client.append(read_audio(fixture("interrupt")))
        cut = (await client.until("response.done"))["response"]
        async with asyncio.timeout(STOP_S):
            while slot["is_processing"]:
                (slot,) = await llamacpp.order("/slots", method="GET")

    assert cut["status_details"]["reason"] == "turn_detected"
