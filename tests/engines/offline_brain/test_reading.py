"""The figures that the offline brain is trusted for, over sentences no example contains."""

import pytest

from tests.engines.offline_brain.foreign_phrasings import FOREIGN, FOREIGN_TOOLS
from tests.engines.offline_brain.phrasings import (
    BUILTIN,
    BUILTIN_TOOLS,
    NON_REQUESTS,
    Phrasing,
    tool,
)
from voice.engines.offline_brain.index import ToolIndex
from voice.engines.offline_brain.matching import Matcher
from voice.engines.offline_brain.reading import Ask, Calls, Confirm, Reader, Say
from voice.engines.offline_brain.utterance import MAX_WORDS
from voice.engines.ports import BrainTool

MOST_WORK = 12
"""Comparisons that the most twisted sentence may cost."""


def reader_over(vectors, tools) -> Reader:
    return Reader(Matcher(ToolIndex(tools, vectors)))


@pytest.fixture(scope="module")
def builtin(vectors) -> Reader:
    return reader_over(vectors, BUILTIN_TOOLS)


@pytest.fixture(scope="module")
def foreign(vectors) -> Reader:
    return reader_over(vectors, FOREIGN_TOOLS)


@pytest.fixture(scope="module")
def everything(vectors) -> Reader:
    return reader_over(vectors, BUILTIN_TOOLS + FOREIGN_TOOLS)


def given(tool: BrainTool, arguments) -> dict:
    """Return arguments without those that only repeat a default, in lower case."""
    properties = tool.parameters["properties"]
    plain = {k: v.lower() if isinstance(v, str) else v for k, v in arguments.items()}
    return {k: v for k, v in plain.items() if v != properties[k].get("default")}


def is_right(reader: Reader, phrasing: Phrasing) -> bool:
    reading = reader.read(phrasing.said)
    if not isinstance(reading, Calls) or len(reading.calls) != 1:
        return False
    called = reader.tools[reading.calls[0].tool]
    return called.name == phrasing.tool and given(called, reading.calls[0].arguments) == given(
        called, phrasing.arguments
    )


def not_right(reader: Reader, phrasings) -> list[str]:
    return [p.said for p in phrasings if not is_right(reader, p)]


def wrong_calls(reader: Reader, phrasings) -> list[str]:
    """Return the sentences for which another tool than the right one would run."""
    wrong = []
    for said, name, _ in phrasings:
        reading = reader.read(said)
        if isinstance(reading, Calls) and any(
            reader.tools[c.tool].name != name for c in reading.calls
        ):
            wrong.append(said)
    return wrong


def test_paraphrases_call_the_right_tool_with_the_right_arguments(builtin):
    assert len(not_right(builtin, BUILTIN)) <= 0.1 * len(BUILTIN)


def test_tools_that_the_brain_was_not_made_for_are_called_rightly_too(foreign):
    assert len(not_right(foreign, FOREIGN)) <= 0.1 * len(FOREIGN)


def test_many_tools_at_once_do_not_get_in_each_others_way(everything):
    assert len(not_right(everything, BUILTIN + FOREIGN)) <= 0.1 * len(BUILTIN + FOREIGN)


def test_no_wrong_tool_runs(builtin, foreign, everything):
    assert wrong_calls(builtin, BUILTIN) == []
    assert wrong_calls(foreign, FOREIGN) == []
    assert len(wrong_calls(everything, BUILTIN + FOREIGN)) <= 0.02 * len(BUILTIN + FOREIGN)


@pytest.mark.parametrize("said", NON_REQUESTS)
def test_what_asks_for_no_tool_runs_none(builtin, said):
    assert not isinstance(builtin.read(said), Calls | Ask)


class CountingMatcher(Matcher):
    """Counts how often an utterance is held against the tools: all the work there is."""

    asked = 0

    def match(self, utterance, only=None):
        self.asked += 1
        assert len(utterance.words) <= MAX_WORDS
        return super().match(utterance, only)


@pytest.fixture
def counting(vectors) -> Reader:
    return Reader(CountingMatcher(ToolIndex(BUILTIN_TOOLS + FOREIGN_TOOLS, vectors)))


def test_a_turn_is_held_against_the_tools_a_few_times_only(counting):
    for phrasing in BUILTIN + FOREIGN:
        counting.read(phrasing.said)

    assert counting.matcher.asked <= 1.5 * len(BUILTIN + FOREIGN)


@pytest.mark.parametrize(
    "said",
    [
        "set a timer for ten minutes and add milk to the list and " * 8,
        "set a timer and add milk to the list and what time is it, then turn it up and mute",
        "what is " + "five plus " * 40 + "three",
        "for ten minutes at seven tomorrow " * 12,
        "x " * 50_000,
        "a" * 100_000,
        "7 " * 60,
        "add " + " ".join(f"word{i}" for i in range(58)) + " to the list",
    ],
)
def test_no_sentence_makes_much_work(counting, said):
    counting.read(said)

    assert counting.matcher.asked <= MOST_WORK


def test_every_example_sentence_is_understood_as_its_own_tool(everything):
    """The authors' own words, slots filled with what a person would say there."""
    filled = {
        "Set a timer for ten minutes": "set_timer",
        "what is five plus three": "calculate",
        "wake me up at seven": "set_alarm",
        "put butter on the list": "add_to_list",
        "turn down the volume by 20 percent": "change_volume",
        "remind me tomorrow to pay the rent": "set_reminder",
        "reserve a table at Luigi's for two people at eight": "book_table",
    }

    for said, name in filled.items():
        reading = everything.read(said)
        assert isinstance(reading, Calls), said
        assert everything.tools[reading.calls[0].tool].name == name


def test_several_wishes_become_several_calls(everything):
    def names(said):
        reading = everything.read(said)
        return [everything.tools[c.tool].name for c in reading.calls]

    assert names("Set a timer for ten minutes and add milk to the list.") == [
        "set_timer",
        "add_to_list",
    ]
    assert names("Turn on the lights, set the thermostat to 20 degrees, then roll the dice.") == [
        "switch_light",
        "set_thermostat",
        "roll_dice",
    ]
    assert names("Add milk and bread to my list.") == ["add_to_list"]
    assert names("Set a timer for an hour and twenty minutes.") == ["set_timer"]


def test_one_clear_clause_is_enough(everything):
    def called(said):
        (call,) = everything.read(said).calls
        return everything.tools[call.tool].name, call.arguments

    assert called("My train leaves soon, what time is it?") == ("get_time", {})
    assert called("Take a note, the code is 4512.") == ("take_note", {"text": "the code is 4512"})


def test_a_missing_value_is_asked_for(everything):
    def question(said):
        reading = everything.read(said)
        assert isinstance(reading, Ask)
        return reading.text

    assert question("Set a timer.") == "For how long?"
    assert question("Wake me up.") == "For what time?"
    assert question("Order a pizza.") == "Which topping?"


def test_a_doubtful_match_is_asked_about(everything):
    reading = everything.read("Could you be a little quieter?")

    assert isinstance(reading, Confirm | Calls)


def test_a_refusal_runs_nothing(everything):
    assert everything.read("Don't set a timer for ten minutes.") == Say(
        "All right, I will not do that."
    )


def test_a_question_of_knowledge_names_the_way_to_a_language_model(builtin):
    reading = builtin.read("Who wrote Hamlet?")

    assert isinstance(reading, Say)
    assert "language model" in reading.text
    assert "VOICE_BRAIN__BASE_URL" in reading.text and "brain.base_url" in reading.text
    assert reading.text.count("I can") == 1


def test_nonsense_is_answered_with_what_can_be_done(builtin):
    reading = builtin.read("Purple monkey dishwasher.")

    assert isinstance(reading, Say)
    assert "did not understand" in reading.text
    assert "I can" in reading.text and " or " in reading.text


def test_other_scripts_are_told_that_only_english_is_understood(builtin):
    assert "English" in builtin.read("今天天气怎么样").text
    assert "did not hear" in builtin.read(" … ").text


def test_tool_choice_is_kept_to(everything):
    assert isinstance(everything.read("Set a timer for ten minutes", "none"), Say)
    assert isinstance(everything.read("Tell me something", "required"), Calls | Ask)
    named = everything.read("ten minutes", "name:set_timer")
    assert isinstance(named, Calls)
    assert named.calls[0].arguments == {"duration": "10 minutes"}
    assert isinstance(everything.read("hello", "name:nothing"), Say)
    assert isinstance(everything.read("hello", "none").__class__, type)


def test_a_named_tool_without_examples_is_filled_from_its_schema(vectors):
    bare = tool("wait", "Wait.", {"minutes": {"type": "integer"}}, required=["minutes"])
    reader = reader_over(vectors, (bare,))

    assert reader.read("wait for a quarter of an hour", "name:wait").calls[0].arguments == {
        "minutes": 15
    }
    assert isinstance(reader.read("wait", "name:wait"), Ask)
    assert reader.read("wait for ten minutes").calls[0].arguments == {"minutes": 10}


def test_no_tools_at_all_leave_small_talk(vectors):
    reader = reader_over(vectors, ())

    assert "brain.base_url" in reader.read("Set a timer").text
