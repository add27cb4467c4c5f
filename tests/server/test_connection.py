"""One connection over a real socket, with scripted engines."""

import asyncio
import base64

import pytest
import websockets

from tests.server.serving_kit import Client, connect, engines, server, until
from voice.engines.scripted import ScriptedReply


async def test_a_text_turn_is_spoken_while_the_brain_goes_on():
    bundle = engines(replies=[ScriptedReply("Well, good day. And more.", pause_after=4)])
    async with server(bundle) as running, connect(running) as client:
        await client.say("hello")
        await client.until("response.output_audio.delta")
        assert not bundle.brain.resume.is_set()
        bundle.brain.resume.set()
        done = await client.until("response.done")
    transcript = done["response"]["output"][0]["content"][0]["transcript"]
    assert transcript == "Well, good day. And more."


async def test_a_spoken_turn_is_heard_and_answered():
    bundle = engines(heard=["What time is it?"], replies=["Noon."])
    async with server(bundle) as running, connect(running) as client:
        await client.update(audio={"input": {"transcription": {"model": "whisper-1"}}})
        await client.speak()
        done = await client.until("response.done")
    kinds = client.kinds()
    order = [
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "conversation.item.input_audio_transcription.completed",
        "response.created",
        "response.output_audio.delta",
        "response.done",
    ]
    assert [kind for kind in kinds if kind in order] == order
    assert done["response"]["status"] == "completed"
    assert bundle.brain.requests[0].messages[-1].text == "What time is it?"


async def test_the_sent_audio_is_the_synthesised_audio():
    bundle = engines(replies=["One two three."])
    async with server(bundle) as running, connect(running) as client:
        await client.say("count")
        await client.until("response.done")
    deltas = [e["delta"] for e in client.events if e["type"] == "response.output_audio.delta"]
    audio = b"".join(base64.b64decode(delta) for delta in deltas)
    assert len(audio) == 3 * 100 * 48


async def test_g711_answers_are_8_kilohertz_bytes():
    bundle = engines(replies=["One two three."])
    async with server(bundle) as running, connect(running) as client:
        await client.update(audio={"output": {"format": {"type": "audio/pcmu"}}})
        await client.say("count")
        await client.until("response.done")
    deltas = [e["delta"] for e in client.events if e["type"] == "response.output_audio.delta"]
    audio = b"".join(base64.b64decode(delta) for delta in deltas)
    assert len(audio) == pytest.approx(3 * 100 * 8, abs=16)


async def test_speaking_over_the_answer_stops_brain_and_voice():
    gate = asyncio.Event()
    bundle = engines(replies=["A long answer that goes on."], heard=["Stop."], gate=gate)
    async with server(bundle) as running, connect(running) as client:
        await client.say("talk")
        await until(lambda: bundle.tts.spoken)
        await client.speak(silence_ms=0)
        done = await client.until("response.done")
        assert done["response"]["status_details"]["reason"] == "turn_detected"
        gate.set()
        await client.send("input_audio_buffer.clear")
        await client.until("input_audio_buffer.cleared")
    after = client.kinds()[client.kinds().index("response.done") :]
    assert "response.output_audio.delta" not in after


async def test_cancelling_closes_the_brains_stream():
    bundle = engines(replies=[ScriptedReply("Never ending story.", pause_after=1)])
    async with server(bundle) as running, connect(running) as client:
        await client.say("talk")
        await client.until("response.created")
        await client.send("response.cancel")
        await client.until("response.done")
        await client.send("conversation.item.retrieve", item_id="x")
        await client.until("error")
        assert bundle.brain.closed_early == 1


async def test_calls_and_their_outputs_reach_the_brain():
    reply = ScriptedReply(calls=(("get_time", {"place": "Rome"}), ("get_date", {})))
    bundle = engines(replies=[reply, "Done."])
    async with server(bundle) as running, connect(running) as client:
        tool = {"type": "function", "name": "get_time", "parameters": {"x-examples": ["time"]}}
        await client.update(tools=[tool])
        await client.say("time?")
        done = await client.until("response.done")
        calls = done["response"]["output"]
        for call in calls:
            output = {
                "type": "function_call_output",
                "call_id": call["call_id"],
                "output": call["name"],
            }
            await client.send("conversation.item.create", item=output)
        await client.send("response.create")
        await client.until("response.done")
    assert [call["name"] for call in calls] == ["get_time", "get_date"]
    assert bundle.brain.requests[0].tools[0].examples == ("time",)
    roles = [message.role for message in bundle.brain.requests[1].messages]
    assert roles == ["user", "assistant", "tool", "tool"]


async def test_the_brain_reads_a_sessions_tools_before_the_first_turn():
    bundle = engines()
    async with server(bundle) as running, connect(running) as client:
        await client.update(tools=[{"type": "function", "name": "f", "parameters": {}}])
        await until(lambda: bundle.brain.prepared)
    assert bundle.brain.prepared == [("f",)]


async def test_a_brain_that_fails_ends_the_response_as_failed_and_the_session_goes_on():
    bundle = engines(replies=[ScriptedReply("Half", error="the brain fell over"), "Better."])
    async with server(bundle) as running, connect(running) as client:
        await client.say("one")
        failed = await client.until("response.done")
        await client.say("two")
        good = await client.until("response.done")
    assert failed["response"]["status"] == "failed"
    assert "fell over" in failed["response"]["status_details"]["error"]["message"]
    assert good["response"]["status"] == "completed"


async def test_a_beta_client_is_spoken_to_in_beta():
    bundle = engines(replies=["Yes."])
    headers = {"OpenAI-Beta": "realtime=v1"}
    async with server(bundle) as running, connect(running, additional_headers=headers) as client:
        created = await client.read()
        await client.send("session.update", session={"modalities": ["text", "audio"]})
        await client.until("session.updated")
        await client.say("hi")
        await client.until("response.done")
    assert created["session"]["input_audio_format"] == "pcm16"
    assert "conversation.item.created" in client.kinds()
    assert "response.audio.delta" in client.kinds()
    assert "conversation.item.added" not in client.kinds()


async def test_a_flat_first_update_turns_the_connection_to_beta():
    async with server() as running, connect(running) as client:
        await client.send("session.update", session={"instructions": "x", "voice": "alloy"})
        updated = await client.until("session.updated")
    assert updated["session"]["voice"] == "tone"


async def test_a_beta_client_is_told_of_its_own_settings():
    headers = {"OpenAI-Beta": "realtime=v1"}
    async with server() as running, connect(running, additional_headers=headers) as client:
        block = {"type": "server_vad", "threshold": 7}
        await client.send("session.update", session={"turn_detection": block})
        error = await client.until("error")
    assert error["error"]["param"] == "session.turn_detection.threshold"


async def test_a_bad_event_is_answered_with_its_id_and_the_session_goes_on():
    async with server() as running, connect(running) as client:
        await client.send("session.fly", event_id="evt_7")
        error = await client.until("error")
        await client.update(instructions="still here")
    assert error["error"]["event_id"] == "evt_7"
    assert error["error"]["code"] == "invalid_value"


async def test_too_many_bad_frames_end_the_connection():
    async with server() as running, connect(running) as client:
        for _ in range(30):
            await client.socket.send("{nonsense")
        with pytest.raises(websockets.ConnectionClosed) as closed:
            while True:
                await client.read()
    assert closed.value.rcvd.code == 1008


async def test_two_clients_do_not_hear_each_other():
    bundle = engines(replies=["First.", "Second."])
    async with server(bundle) as running, connect(running) as one, connect(running) as two:
        await one.say("a")
        first = await one.until("response.done")
        await two.say("b")
        second = await two.until("response.done")
    texts = [done["response"]["output"][0]["content"][0]["transcript"] for done in (first, second)]
    assert texts == ["First.", "Second."]
    assert [m.text for m in bundle.brain.requests[1].messages] == ["b"]


async def test_a_client_that_vanishes_leaves_nothing_running():
    gate = asyncio.Event()
    bundle = engines(replies=["A long answer."], gate=gate)
    async with server(bundle) as running:
        async with websockets.connect(running.url) as socket:
            client = Client(socket)
            await client.say("talk")
            await until(lambda: bundle.tts.spoken)
            socket.transport.abort()
        await until(lambda: not running.state.connections)
