import asyncio
import json

import numpy as np
import pytest

from voice.engines.ports import (
    Brain,
    BrainFinished,
    BrainMessage,
    BrainRequest,
    CallDelta,
    Stt,
    TextDelta,
    Tts,
    TurnEnd,
    Vad,
)
from voice.engines.scripted import (
    ScriptedBrain,
    ScriptedReply,
    ScriptedStt,
    ScriptedTts,
    ScriptedTurnEnd,
    ScriptedVad,
    tone,
)
from voice.errors import EngineError

REQUEST = BrainRequest("be brief", (BrainMessage("user", "how are you"),))


async def collect(brain, request=REQUEST):
    return [delta async for delta in brain.respond(request)]


def test_every_double_fits_its_port():
    brain: Brain = ScriptedBrain()
    tts: Tts = ScriptedTts()
    stt: Stt = ScriptedStt()
    vad: Vad = ScriptedVad()
    turn_end: TurnEnd = ScriptedTurnEnd()

    assert brain.name == "scripted"
    assert tts.rate_hz == 24_000
    assert stt is not None
    assert vad.frame_samples == 512
    assert turn_end.probability("hello") == 1.0


async def test_the_brain_gives_its_replies_in_order_then_the_common_one():
    brain = ScriptedBrain(["I am well.", ScriptedReply(calls=(("get_time", {"place": "Oslo"}),))])

    first, second, third = [await collect(brain) for _ in range(3)]

    assert first == [
        TextDelta("I"),
        TextDelta(" am"),
        TextDelta(" well."),
        BrainFinished("stop", 3, 3),
    ]
    call = second[0]
    assert isinstance(call, CallDelta)
    assert (call.call.name, json.loads(call.call.arguments)) == ("get_time", {"place": "Oslo"})
    assert second[1].reason == "tool_calls"
    assert third[0] == TextDelta("Yes.")
    assert brain.requests == [REQUEST] * 3


async def test_the_brain_fails_where_the_script_says_so():
    brain = ScriptedBrain([ScriptedReply("Well", error="the model went away")])

    with pytest.raises(EngineError, match="went away"):
        await collect(brain)

    assert brain.closed_early == 0


async def test_closing_a_paused_answer_is_counted():
    brain = ScriptedBrain([ScriptedReply("one two three", pause_after=1)])
    answer = brain.respond(REQUEST)

    assert await anext(answer) == TextDelta("one")
    waiting = asyncio.ensure_future(anext(answer))
    _, pending = await asyncio.wait({waiting}, timeout=0.02)
    assert pending
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await answer.aclose()

    assert brain.closed_early == 1


async def test_the_voice_gives_each_word_its_exact_time():
    tts = ScriptedTts(word_ms=50)

    chunks = [chunk async for chunk in tts.speak("two words")]

    assert [len(chunk.pcm) for chunk in chunks] == [1200, 1200]
    assert [(w.text, w.end_ms) for chunk in chunks for w in chunk.words] == [
        ("two", 50),
        ("words", 100),
    ]
    assert chunks[0].pcm.dtype == np.int16
    assert np.abs(chunks[0].pcm).max() > 7_000
    assert [chunk async for chunk in tts.speak("  ")] == []
    assert tts.spoken == ["two words", "  "]


async def test_silence_can_be_spoken_too():
    (chunk,) = [chunk async for chunk in ScriptedTts(amplitude=0).speak("word")]

    assert not chunk.pcm.any()


async def test_the_ears_hear_the_list_then_nothing():
    stt = ScriptedStt(["what time is it"])

    assert (await stt.transcribe(tone(100))).text == "what time is it"
    assert (await stt.transcribe(tone(50))).text == ""
    assert stt.heard_samples == [1600, 800]


async def test_loud_frames_are_speech_and_leftover_samples_wait():
    stream = ScriptedVad().open()
    loud, quiet = tone(32), np.zeros(512, dtype=np.int16)

    assert await stream.score(np.concatenate([loud, quiet[:500]])) == [1.0]
    assert await stream.score(quiet[:12]) == [0.0]
    assert await stream.score(loud[:100]) == []
    stream.reset()
    assert await stream.score(quiet) == [0.0]
    assert await stream.score(np.full(512, -32768, dtype=np.int16)) == [1.0]


def test_the_turn_end_looks_transcripts_up():
    turn_end = ScriptedTurnEnd(0.9, {"and then": 0.1})

    assert turn_end.probability("and then") == 0.1
    assert turn_end.probability("that is all") == 0.9
