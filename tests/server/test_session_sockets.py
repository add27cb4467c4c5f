"""Sessions of every kind over real sockets: both dialects, transcription, formats, bad audio."""

import base64
import json

import numpy as np
import pytest

from tests.server.serving_kit import connect, engines, server, until
from voice.audio.wire import WireEncoder
from voice.engines.scripted import tone
from voice.protocol.audio_frames import MAX_APPEND_BYTES
from voice.protocol.formats import PCM16, PCMA, PCMU

DELTA = "conversation.item.input_audio_transcription.delta"
COMPLETED = "conversation.item.input_audio_transcription.completed"


def base64_of(audio):
    return base64.b64encode(audio).decode()


async def test_both_dialects_are_spoken_at_once_by_two_clients():
    async with server(engines(replies=["One.", "Two."])) as running:
        async with connect(running) as ga, connect(running) as beta:
            await beta.send("session.update", session={"voice": "alloy", "modalities": ["text"]})
            await ga.update(output_modalities=["text"])
            beta_session = (await beta.until("session.updated"))["session"]
            ga_session = ga.events[-1]["session"]
            await beta.say("Hello.")
            await ga.say("Hello.")
            await beta.until("response.done")
            await ga.until("response.done")
    assert beta_session["modalities"] == ["text"] and "audio" not in beta_session
    assert ga_session["output_modalities"] == ["text"] and "modalities" not in ga_session
    assert "response.text.delta" in beta.kinds()
    assert "conversation.item.created" in beta.kinds()
    assert "response.output_text.delta" in ga.kinds()
    assert "conversation.item.added" in ga.kinds()
    assert not {"conversation.item.done", "conversation.item.added"} & set(beta.kinds())


async def test_an_update_without_a_type_is_refused_and_a_flat_one_after_it_is_beta():
    async with server() as running, connect(running) as client:
        await client.send("session.update", event_id="e1", session={"instructions": "Hi"})
        error = (await client.until("error"))["error"]
        await client.send("session.update", session={"voice": "alloy"})
        session = (await client.until("session.updated"))["session"]
    assert error["code"] == "missing_required_parameter"
    assert (error["param"], error["event_id"]) == ("session.type", "e1")
    assert session["voice"] == "tone"


async def test_a_whole_beta_session_is_taken_and_shown():
    asked = {
        "modalities": ["text", "audio"],
        "instructions": "Be brief.",
        "voice": "alloy",
        "input_audio_format": "g711_ulaw",
        "output_audio_format": "g711_alaw",
        "input_audio_transcription": {"model": "whisper-1", "language": "en"},
        "input_audio_noise_reduction": {"type": "near_field"},
        "turn_detection": {
            "type": "server_vad",
            "threshold": 0.6,
            "prefix_padding_ms": 200,
            "silence_duration_ms": 400,
            "create_response": False,
        },
        "tools": [{"type": "function", "name": "look", "parameters": {"type": "object"}}],
        "tool_choice": "look",
        "temperature": 0.8,
        "max_response_output_tokens": 200,
        "speed": 1.2,
        "tracing": "auto",
    }
    async with server() as running:
        headers = {"OpenAI-Beta": "realtime=v1"}
        async with connect(running, additional_headers=headers) as client:
            await client.send("session.update", session=asked)
            shown = (await client.until("session.updated"))["session"]
    in_effect = {
        "voice": "tone",
        "input_audio_transcription": {"model": "scripted", "language": "en", "prompt": None},
        "input_audio_noise_reduction": None,
        "turn_detection": {**asked["turn_detection"], "interrupt_response": True},
        "tool_choice": "required",
        "tracing": None,
    }
    assert {name: shown[name] for name in asked} == {**asked, **in_effect}


@pytest.mark.parametrize(
    ("session", "code", "param"),
    [
        ({"temperature": 5}, "decimal_above_max_value", "session.temperature"),
        ({"speed": 5}, "decimal_above_max_value", "session.speed"),
        (
            {"max_response_output_tokens": 0},
            "integer_below_min_value",
            "session.max_response_output_tokens",
        ),
        ({"colour": 1}, "unknown_parameter", "session.colour"),
    ],
)
async def test_a_beta_client_hears_of_its_mistake_in_its_own_words(session, code, param):
    async with server() as running:
        headers = {"OpenAI-Beta": "realtime=v1"}
        async with connect(running, additional_headers=headers) as client:
            await client.send("session.update", session=session)
            error = (await client.until("error"))["error"]
    assert (error["code"], error["param"]) == (code, param)


async def test_a_transcription_session_is_opened_by_its_intent():
    async with server(engines(heard=["Write this."])) as running:
        async with connect(running, url=f"{running.url}?intent=transcription") as client:
            greeting = await client.until("session.created")
            await client.update(type="transcription", audio={"input": {"transcription": None}})
            await client.speak()
            completed = await client.until(COMPLETED)
            await client.send("response.create", event_id="e1")
            error = (await client.until("error"))["error"]
    assert greeting["session"]["object"] == "realtime.transcription_session"
    assert completed["transcript"] == "Write this."
    assert error["event_id"] == "e1"
    assert "response.created" not in client.kinds()


async def test_a_beta_transcription_session_is_updated_in_its_own_words():
    update = {
        "input_audio_format": "pcm16",
        "input_audio_transcription": {"model": "gpt-4o-transcribe", "language": "en"},
        "turn_detection": {"type": "server_vad", "silence_duration_ms": 300},
        "include": ["item.input_audio_transcription.logprobs"],
    }
    async with server(engines(heard=["Write this."])) as running:
        async with connect(running, url=f"{running.url}?intent=transcription") as client:
            await client.send("transcription_session.update", session=update)
            shown = (await client.until("transcription_session.updated"))["session"]
            await client.speak()
            completed = await client.until(COMPLETED)
    assert shown["object"] == "realtime.transcription_session"
    assert shown["input_audio_transcription"]["language"] == "en"
    assert shown["turn_detection"]["silence_duration_ms"] == 300
    assert completed["transcript"] == "Write this."
    assert "conversation.item.created" in client.kinds()


async def test_words_come_while_the_user_speaks():
    heard = ["What time", "What time is it", "What time is it in", "What time is it in Rome?"]
    bundle = engines(heard=heard)
    async with server(bundle) as running, connect(running) as client:
        await client.update(audio={"input": {"transcription": {"model": "whisper-1"}}})
        for readings in range(1, 4):
            await client.append(tone(900, rate_hz=24_000))
            # All of it at once may be read but once, and a word is told once two readings agree.
            await until(lambda wanted=readings: len(bundle.stt.heard_samples) >= wanted)
        first = await client.until(DELTA)
        await client.append(tone(1_000, amplitude=0, rate_hz=24_000))
        completed = await client.until(COMPLETED)
    deltas = [event["delta"] for event in client.events if event["type"] == DELTA]
    assert client.kinds().index(DELTA) < client.kinds().index("input_audio_buffer.committed")
    assert "".join(deltas) == completed["transcript"]
    assert first["item_id"] == completed["item_id"]


@pytest.mark.parametrize("audio_format", [PCM16, PCMU, PCMA])
async def test_a_turn_is_heard_and_answered_in_every_format(audio_format):
    bundle = engines(heard=["Hello."], replies=["Hi there."])
    async with server(bundle) as running, connect(running) as client:
        wire = audio_format.to_ga()
        await client.update(audio={"input": {"format": wire}, "output": {"format": wire}})
        speech = np.concatenate(
            [tone(640, rate_hz=24_000), tone(1_200, amplitude=0, rate_hz=24_000)]
        )
        encoder = WireEncoder(24_000, audio_format)
        audio = encoder.encode(speech) + encoder.flush()
        await client.send("input_audio_buffer.append", audio=base64_of(audio))
        started = await client.until("input_audio_buffer.speech_started")
        await client.until("response.done")
    assert started["audio_start_ms"] == 0
    stopped = next(e for e in client.events if e["type"] == "input_audio_buffer.speech_stopped")
    assert 1_000 <= stopped["audio_end_ms"] <= 1_300
    sent = [e["delta"] for e in client.events if e["type"] == "response.output_audio.delta"]
    spoken_ms = audio_format.bytes_to_ms(sum(len(base64.b64decode(delta)) for delta in sent))
    assert 100 <= spoken_ms <= 10_000


@pytest.mark.parametrize(
    ("audio", "code"),
    [
        ("AAA", "invalid_value"),
        ("not base64!", "invalid_value"),
        (base64_of(b"\0\0\0"), "invalid_value"),
        (7, "invalid_type"),
        (None, "invalid_type"),
    ],
)
async def test_bad_audio_is_refused_and_the_session_goes_on(audio, code):
    async with server() as running, connect(running) as client:
        await client.send("input_audio_buffer.append", audio=audio, event_id="e1")
        error = (await client.until("error"))["error"]
        await client.send("input_audio_buffer.append", audio="")
        await client.update(instructions="Still here.")
    assert (error["code"], error["param"], error["event_id"]) == (code, "audio", "e1")


async def test_an_odd_byte_is_a_sample_of_telephone_audio():
    async with server() as running, connect(running) as client:
        await client.update(audio={"input": {"format": {"type": "audio/pcmu"}}})
        await client.send("input_audio_buffer.append", audio=base64_of(b"\xff\xff\xff"))
        await client.update(instructions="Still here.")
    assert "error" not in client.kinds()


async def test_an_oversized_append_is_refused_by_name():
    async with server() as running:
        async with connect(running, max_size=None) as client:
            audio = base64_of(bytes(MAX_APPEND_BYTES + 2))
            await client.socket.send(
                json.dumps({"type": "input_audio_buffer.append", "audio": audio})
            )
            event = await client.read()
            while event["type"] != "error":
                event = await client.read()
    assert event["error"]["code"] == "string_above_max_length"


async def test_silence_is_broken_by_the_server_after_the_configured_time():
    bundle = engines(heard=["Hello."], replies=["Hi.", "Are you still there?"])
    async with server(bundle) as running, connect(running) as client:
        block = {"type": "server_vad", "idle_timeout_ms": 50}
        await client.update(audio={"input": {"turn_detection": block}})
        await client.speak()
        await client.until("response.done")
        triggered = await client.until("input_audio_buffer.timeout_triggered")
        committed = await client.until("input_audio_buffer.committed")
        await client.until("response.done")
    assert committed["item_id"] == triggered["item_id"]
    assert isinstance(triggered["audio_end_ms"], int)
    assert "said nothing" in bundle.brain.requests[1].instructions
