import pytest

from tests.engines.offline_brain.phrasings import tool
from voice.engines.offline_brain import offers
from voice.engines.offline_brain.parameters import read_parameters


@pytest.mark.parametrize(
    ("description", "ability"),
    [
        ("Set a timer that rings when the time is up.", "set a timer"),
        ("Tell the current time, here or in any city. More.", "tell the current time"),
        ("Tell which timers are set, and how long.", "tell which timers are set"),
        ("Put things on a list or another list of the many there are.", "put things on a list"),
        (
            "Tell the date or the day of the week, of today or of any other day.",
            "tell the date or the day of the week",
        ),
        ("LED strip control.", "LED strip control"),
        ("", "do it"),
        (
            "Do something and then go on doing it on and on without ever coming to an end",
            "do it",
        ),
    ],
)
def test_an_ability_is_the_short_form_of_a_description(description, ability):
    assert offers.ability(tool("do_it", description, {}, "do it")) == ability


def test_abilities_name_each_thing_once_and_the_likely_first():
    tools = [tool(n, f"{n} it.", {}, n) for n in ("wash", "dry", "fold", "iron")]
    tools.append(tool("hidden", "Hide.", {}))

    assert offers.abilities(tools) == "wash it, dry it or fold it"
    assert offers.abilities(tools, likely=[3]) == "iron it, wash it or dry it"
    assert offers.abilities(tools[:1]) == "wash it"
    assert offers.abilities([]) == ""
    assert "hide" not in offers.all_abilities(tools)


@pytest.mark.parametrize(
    ("name", "node", "question"),
    [
        ("duration", {"type": "string"}, "For how long?"),
        ("time", {"type": "string"}, "For what time?"),
        ("day", {"type": "string"}, "For which day?"),
        ("when", {"type": "string"}, "When?"),
        ("city", {"type": "string"}, "Which city?"),
        ("to_unit", {"type": "string"}, "To which unit?"),
        ("people", {"type": "integer"}, "How many people?"),
        ("level", {"type": "integer"}, "What level?"),
        ("size", {"type": "string", "enum": ["small", "large"]}, "Which size: small or large?"),
        ("shuffle", {"type": "boolean"}, "Shuffle, yes or no?"),
        ("expression", {"type": "string"}, "What should I work out?"),
        ("text", {"type": "string"}, "What is the text?"),
        ("to", {"type": "string", "description": "The person."}, "Which person?"),
        ("item", {"type": "string", "description": "What to put on it."}, "Which item?"),
    ],
)
def test_a_missing_value_is_asked_for_in_one_sentence(name, node, question):
    parameter = read_parameters(tool("t", "", {name: node}))[name]

    assert offers.question_for(parameter) == question


def test_honest_answers_are_one_sentence_and_name_the_setting():
    tools = [tool(n, f"{n} it.", {}, n) for n in ("wash", "dry", "fold")]

    for said in (offers.not_understood(tools, []), offers.needs_model(tools, [])):
        assert said.count(". ") == 0 and said.endswith(".")
        assert "wash it, dry it or fold it" in said
    assert "voice.toml" in offers.needs_model([], [])
