"""What is read of a brain, and when it is stopped."""

from voice.core import server_messages as msg
from voice.engines.scripted import ScriptedBrain, ScriptedReply
from voice.server.brain_stream import brain_deltas


async def read(brain, **prompt):
    fed = []
    start = msg.StartResponse("resp", msg.Prompt(instructions="", entries=(), **prompt), None)
    deltas = [delta async for delta in brain_deltas(start, brain, fed.append)]
    return deltas, fed


async def test_the_first_delta_says_that_the_answer_began():
    deltas, fed = await read(ScriptedBrain(["Yes, sure."]))
    assert fed == [msg.AnswerBegun("resp")]
    assert deltas[-1].reason == "stop"


async def test_a_brain_that_talks_beyond_the_limit_is_closed():
    brain = ScriptedBrain(["One two three four five."])
    deltas, _ = await read(brain, max_output_tokens=2)
    assert deltas[-1].reason == "length"
    assert brain.closed_early == 1


async def test_a_call_that_was_forbidden_is_left_out_and_noted_without_its_arguments(caplog):
    caplog.set_level("INFO")
    reply = ScriptedReply("Hm.", calls=(("look", {"for": "secret"}),))
    deltas, _ = await read(ScriptedBrain([reply]), tool_choice="none")
    assert [type(delta).__name__ for delta in deltas] == ["TextDelta", "BrainFinished"]
    assert "not allowed" in caplog.text
    assert "secret" not in caplog.text
