"""Tools of other people's programs: a name, a description, a schema, and no examples."""

import pytest

from voice.engines.offline_brain.guesses import guess_examples
from voice.engines.offline_brain.index import ToolIndex
from voice.engines.offline_brain.matching import Matcher
from voice.engines.offline_brain.parameters import read_parameters
from voice.engines.offline_brain.reading import Ask, Calls, Reader, Say
from voice.engines.ports import BrainTool

STRING = {"type": "string"}


def tool(name, description, required=(), **properties):
    schema = {"type": "object", "properties": properties, "required": list(required)}
    return BrainTool(name, description, schema)


FOREIGN = (
    tool(
        "get_current_weather",
        "Get the current weather in a given location",
        ["location"],
        location={**STRING, "description": "The city and state, e.g. San Francisco, CA"},
        unit={**STRING, "enum": ["celsius", "fahrenheit"]},
    ),
    tool("get_current_time", "Returns the current time."),
    tool("searchWeb", "Search the web", ["query"], query=STRING),
    tool("turn_on_lights", "Turns on the lights in a room", ["room"], room=STRING),
    tool("roll_dice", "Roll a dice", sides={"type": "integer"}),
    tool("end_call", "Hang up the call."),
    tool(
        "generate_horoscope",
        "Give today's horoscope for an astrological sign",
        ["sign"],
        sign={**STRING, "enum": ["aries", "taurus", "leo"]},
    ),
)


@pytest.fixture(scope="module")
def reader(vectors):
    return Reader(Matcher(ToolIndex(FOREIGN, vectors)))


@pytest.mark.parametrize(
    ("said", "name", "arguments"),
    [
        ("What's the weather in Paris?", "get_current_weather", {"location": "Paris"}),
        (
            "What's the weather like in San Francisco?",
            "get_current_weather",
            {"location": "San Francisco"},
        ),
        ("What time is it?", "get_current_time", {}),
        ("Search the web for cheap flights", "searchWeb", {"query": "cheap flights"}),
        ("Turn on the lights in the kitchen", "turn_on_lights", {"room": "kitchen"}),
        ("Roll a dice", "roll_dice", {}),
        ("Please end the call", "end_call", {}),
        ("Hang up", "end_call", {}),
        ("What is the horoscope for Leo?", "generate_horoscope", {"sign": "leo"}),
    ],
)
def test_a_foreign_tool_is_called_in_plain_words(reader, said, name, arguments):
    answer = reader.read(said)

    assert isinstance(answer, Calls)
    assert [(FOREIGN[c.tool].name, dict(c.arguments)) for c in answer.calls] == [(name, arguments)]


def test_what_is_missing_is_asked_for(reader):
    assert isinstance(reader.read("What's the weather?"), Ask)


@pytest.mark.parametrize(
    "said", ["Who was the president?", "I like trains.", "Is it true that cats sleep all day?"]
)
def test_other_talk_calls_no_foreign_tool(reader, said):
    assert isinstance(reader.read(said), Say)


def test_an_authors_examples_are_not_mixed_with_guesses(vectors):
    own = BrainTool("get_weather", "Get the weather.", {"type": "object"}, ("how warm is it",))

    index = ToolIndex((own,), vectors)

    assert [form.template for form in index.forms] == [("how", "warm", "is", "it")]


@pytest.mark.parametrize("name", ["", "___", "?"])
def test_a_name_without_words_gives_no_guess(name):
    bare = tool(name, "")

    assert guess_examples(bare, read_parameters(bare)) == ()


def test_brackets_in_a_description_are_no_template():
    odd = tool("jump", "Jump (high] {up|down} now")

    assert "jump high up down now" in [" ".join(e.split()) for e in guess_examples(odd, {})]
