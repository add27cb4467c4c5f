import asyncio
import json
import socket

import pytest

from tests.engines.offline_brain.foreign_phrasings import FOREIGN_TOOLS
from tests.engines.offline_brain.phrasings import BUILTIN_TOOLS, tool
from voice.engines.offline_brain import OfflineBrain
from voice.engines.ports import (
    Brain,
    BrainFinished,
    BrainMessage,
    BrainRequest,
    CallDelta,
    CallRequest,
    TextDelta,
)
from voice.errors import EngineError
from voice.protocol.items import ANNOUNCE_PREFIX

TOOLS = BUILTIN_TOOLS + FOREIGN_TOOLS


@pytest.fixture(scope="module")
def brain(vectors) -> OfflineBrain:
    return OfflineBrain(vectors)


class Talk:
    """A conversation with a brain; each tool call is answered by ``output``."""

    def __init__(self, brain: Brain, *, output: str = "Done.", **options):
        self.brain = brain
        self.output = output
        self.options = {"tools": TOOLS, **options}
        self.messages: list[BrainMessage] = []
        self.calls: list[tuple[str, dict]] = []

    async def say(self, text: str, role: str = "user") -> str:
        self.messages.append(BrainMessage(role, text))
        while True:
            request = BrainRequest("", tuple(self.messages), **self.options)
            deltas = [delta async for delta in self.brain.respond(request)]
            assert isinstance(deltas[-1], BrainFinished)
            self.finished = deltas[-1]
            calls = tuple(d.call for d in deltas if isinstance(d, CallDelta))
            said = "".join(d.text for d in deltas if isinstance(d, TextDelta))
            if not calls:
                self.messages.append(BrainMessage("assistant", said))
                return said
            self.calls += [(call.name, json.loads(call.arguments)) for call in calls]
            self.messages.append(BrainMessage("assistant", calls=calls))
            self.messages += [
                BrainMessage("tool", self.output, call_id=call.call_id) for call in calls
            ]


async def test_the_rest_of_a_sentence_answers_a_question_that_was_not_heard(brain):
    talk = Talk(brain)
    await talk.say("Set a timer for.")
    talk.messages.pop()  # "For how long?" was interrupted before a word of it was heard
    await talk.say("Ten minutes.")
    assert talk.calls == [("set_timer", {"duration": "10 minutes"})]


async def test_a_result_that_was_not_heard_is_told_with_the_next_one(brain):
    talk = Talk(brain, output='{"spoken": "Nine in Paris."}')
    await talk.say("What time is it in Paris?")
    talk.messages.pop()
    talk.output = '{"spoken": "The timer is set."}'
    assert await talk.say("Set a timer for three minutes.") == "Nine in Paris. The timer is set."
    assert await talk.say("What time is it in Rome?") == "The timer is set."


async def test_a_request_is_called_and_its_result_is_spoken(brain):
    talk = Talk(brain, output='{"spoken": "It is ten in Oslo.", "time": "10:00"}')

    assert await talk.say("What time is it in Oslo?") == "It is ten in Oslo."
    assert talk.calls == [("get_time", {"place": "Oslo"})]
    assert talk.finished.reason == "stop"


async def test_text_comes_in_words_with_counts(brain):
    request = BrainRequest("Be kind.", (BrainMessage("user", "thank you"),))

    deltas = [delta async for delta in brain.respond(request)]

    assert deltas == [
        TextDelta("You"),
        TextDelta(" are"),
        TextDelta(" welcome."),
        BrainFinished("stop", 4, 3),
    ]


async def test_the_token_limit_is_kept(brain):
    talk = Talk(brain, max_output_tokens=2)

    assert await talk.say("thank you") == "You are"
    assert talk.finished.reason == "length"


async def test_a_short_answer_fills_what_was_asked(brain):
    talk = Talk(brain)

    assert await talk.say("Set a timer.") == "For how long?"
    await talk.say("ten minutes")

    assert talk.calls == [("set_timer", {"duration": "10 minutes"})]


async def test_questions_go_on_until_everything_is_known(brain):
    talk = Talk(brain)

    assert await talk.say("Book a table.") == "How many people?"
    assert await talk.say("for four of us") == "For what time?"
    await talk.say("half past seven in the evening")

    assert talk.calls == [("book_table", {"people": 4, "time": "7:30 pm"})]


async def test_an_answer_that_fits_not_is_asked_for_again(brain):
    talk = Talk(brain)
    await talk.say("Set a timer.")

    assert await talk.say("purple") == "Sorry, for how long?"
    await talk.say("five minutes")

    assert talk.calls == [("set_timer", {"duration": "5 minutes"})]


async def test_a_question_can_be_called_off_or_overtaken(brain):
    off, other = Talk(brain), Talk(brain)
    await off.say("Set a timer.")
    await other.say("Set a timer.")

    assert await off.say("never mind") == "All right."
    await other.say("Turn on the bedroom light.")

    assert off.calls == []
    assert other.calls == [("switch_light", {"state": "on", "room": "bedroom"})]


async def test_a_question_half_heard_is_still_our_question(brain):
    talk = Talk(brain)
    await talk.say("Set a timer.")
    talk.messages[-1] = BrainMessage("assistant", "For how")

    await talk.say("ten minutes")

    assert talk.calls == [("set_timer", {"duration": "10 minutes"})]


async def test_a_question_that_was_never_asked_is_not_answered(brain):
    talk = Talk(brain)
    await talk.say("Set a timer.")
    talk.messages[-1] = BrainMessage("assistant", "Lovely weather today.")

    await talk.say("ten minutes")

    assert talk.calls == []


async def test_did_you_mean_runs_only_after_yes(brain):
    alike = (
        tool("fan_on", "Start the fan.", {}, "switch on the fan"),
        tool("lamp_on", "Light the lamp.", {}, "switch on the lamp"),
    )
    yes, no, other = (Talk(brain, tools=alike) for _ in range(3))

    asked = await yes.say("Could you switch that on?")
    await no.say("Could you switch that on?")
    await other.say("Could you switch that on?")

    assert asked == "Did you mean: switch on the fan?"
    assert yes.calls == []
    await yes.say("Yes, please.")
    assert yes.calls == [("fan_on", {})]
    assert await no.say("no") == "All right. What can I do for you?"
    assert no.calls == []
    await other.say("switch on the lamp")
    assert other.calls == [("lamp_on", {})]


async def test_an_ellipsis_varies_the_last_call(brain):
    talk = Talk(brain)

    await talk.say("What's the weather in Paris tomorrow?")
    await talk.say("And in London?")
    await talk.say("What about Friday?")

    assert [arguments for _, arguments in talk.calls] == [
        {"city": "Paris", "day": "tomorrow"},
        {"city": "London", "day": "tomorrow"},
        {"city": "London", "day": "friday"},
    ]


async def test_two_wishes_are_called_together_or_one_by_one(brain):
    together, single = Talk(brain), Talk(brain, parallel_tool_calls=False)
    wish = "Set a timer for ten minutes and add milk to the list."
    expected = [("set_timer", {"duration": "10 minutes"}), ("add_to_list", {"item": "milk"})]

    await together.say(wish)
    await single.say(wish)

    assert together.calls == single.calls == expected
    assert [len(m.calls) for m in together.messages if m.calls] == [2]
    assert [len(m.calls) for m in single.messages if m.calls] == [1, 1]


async def test_an_announcement_is_said(brain):
    talk = Talk(brain)

    assert await talk.say(f"{ANNOUNCE_PREFIX}Your timer is up.", "system") == "Your timer is up."
    assert (await Talk(brain).say("Be brief.", "system")).startswith("Hello")


async def test_an_error_of_a_tool_is_told_honestly(brain):
    talk = Talk(brain, output="The city is unknown.")

    assert await talk.say("What time is it in Oslo?") == "The city is unknown."


@pytest.mark.parametrize(
    ("said", "part"),
    [
        ("Hello!", "Hello"),
        ("Hello there, computer", "Hello"),
        ("How are you?", "I am fine"),
        ("Who are you?", "voice assistant"),
        ("Thank you very much.", "welcome"),
        ("Goodbye", "Goodbye"),
        ("What can you do?", "set a timer"),
        ("Tell me a joke", "beach pictures"),
        ("never mind", "All right"),
        ("Stop.", "All right"),
        ("Can you hear me?", "Yes"),
    ],
)
async def test_small_talk_is_answered_shortly(brain, said, part):
    talk = Talk(brain)

    answer = await talk.say(said)

    assert part in answer
    assert talk.calls == []


async def test_the_last_answer_can_be_repeated(brain):
    talk = Talk(brain, output="It is ten.")
    await talk.say("What time is it in Oslo?")

    assert await talk.say("Say that again, please.") == "It is ten."


async def test_pictures_cannot_be_seen(brain):
    request = BrainRequest("", (BrainMessage("user", image_urls=("data:image/png;base64,AA",)),))

    deltas = [delta async for delta in brain.respond(request)]

    assert "pictures" in "".join(d.text for d in deltas if isinstance(d, TextDelta))


async def test_an_empty_conversation_is_greeted(brain):
    deltas = [delta async for delta in brain.respond(BrainRequest("", ()))]

    assert deltas[0] == TextDelta("Hello!")


async def test_the_same_conversation_gets_the_same_answer(brain):
    calls = CallRequest("c", "set_timer", "{}")
    messages = (
        BrainMessage("user", "Set a timer for ten minutes"),
        BrainMessage("assistant", calls=(calls,)),
        BrainMessage("tool", "Set.", call_id="c"),
        BrainMessage("user", "Who won?"),
    )
    request = BrainRequest("", messages, tools=TOOLS)

    first = [delta async for delta in brain.respond(request)]
    second = [delta async for delta in brain.respond(request)]

    assert first == second


async def test_many_conversations_and_tool_sets_at_once(brain):
    async def one(count):
        talk = Talk(brain, tools=TOOLS[count % 5 :])
        await talk.say("Turn on the kitchen lights.")
        return talk.calls

    assert (
        await asyncio.gather(*(one(i) for i in range(12)))
        == [[("switch_light", {"state": "on", "room": "kitchen"})]] * 12
    )


async def test_it_loads_without_a_network_and_closes(monkeypatch):
    def refuse(*_args, **_kwargs):
        raise OSError("no network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    brain = await OfflineBrain.load()
    await brain.prepare(TOOLS)

    assert await Talk(brain).say("hello") == "Hello! What can I do for you?"
    await brain.close()
    await brain.close()
    with pytest.raises(EngineError, match="closed"):
        await Talk(brain).say("hello")


CANCEL_TIMER = tool(
    "cancel_timer",
    "Cancel one timer or alarm.",
    {
        "which": {"type": "string", "description": "Its name."},
        "kind": {"type": "string", "enum": ["timer", "alarm"]},
    },
    "delete the {which} {kind}",
    "delete my {kind}",
)


async def test_free_words_without_the_noun_they_belong_to_are_no_wish(brain):
    other, right = (Talk(brain, tools=(CANCEL_TIMER,)) for _ in range(2))

    await other.say("delete the account bob")
    await other.say("yes")
    await right.say("delete the pasta timer")

    assert other.calls == []
    assert right.calls == [("cancel_timer", {"which": "pasta", "kind": "timer"})]


async def test_a_doubtful_wish_is_asked_back_with_what_would_be_done(brain):
    alike = (
        tool("fan_on", "Start the fan.", {}, "switch that on"),
        tool("lamp_on", "Light the lamp.", {}, "switch that on"),
    )
    asked = await Talk(brain, tools=alike).say("Switch that other thing over there on somehow.")

    assert asked == "Should I start the fan: switch that on?"
