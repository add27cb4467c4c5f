from datetime import date

import pytest

from voice.engines.offline_brain.parameters import read_parameters
from voice.engines.offline_brain.utterance import Utterance
from voice.engines.offline_brain.values import fill_from_answer
from voice.engines.ports import BrainTool


def answer(said: str, name: str, **node):
    parameter = read_parameters(BrainTool("t", "", {"properties": {name: node}}))[name]
    return fill_from_answer(parameter, Utterance(said), lambda: date(2026, 11, 20))


@pytest.mark.parametrize(
    ("said", "name", "node", "value"),
    [
        ("ten minutes please", "duration", {"type": "string"}, "10 minutes"),
        ("for an hour and a half", "minutes", {"type": "integer"}, 90),
        ("twenty", "minutes", {"type": "integer"}, 20),
        ("one and a half hours", "wait", {"type": "string", "format": "duration"}, "PT5400S"),
        ("at half past six in the evening", "time", {"type": "string"}, "6:30 pm"),
        ("7:15 pm", "time", {"type": "string", "format": "time"}, "19:15:00"),
        ("tomorrow", "day", {"type": "string", "format": "date"}, "2026-11-21"),
        ("next Monday", "day", {"type": "string", "format": "date"}, "2026-11-23"),
        ("the 3rd of January", "day", {"type": "string", "format": "date"}, "2027-01-03"),
        ("in two weeks", "day", {"type": "string", "format": "date"}, "2026-12-04"),
        (
            "tomorrow at 5 pm",
            "when",
            {"type": "string", "format": "date-time"},
            "2026-11-21T17:00:00",
        ),
        ("in ten minutes", "when", {"type": "string"}, "in 10 minutes"),
        ("two and a half", "amount", {"type": "number"}, 2.5),
        ("fifty percent", "level", {"type": "integer"}, 50),
        ("the big one", "size", {"type": "string", "enum": ["small", "large"]}, "large"),
        ("three", "stars", {"type": "integer", "enum": [1, 2, 3]}, 3),
        ("yes please", "shuffle", {"type": "boolean"}, True),
        ("in Oslo", "city", {"type": "string"}, "Oslo"),
        ("the red car", "thing", {"type": "string"}, "red car"),
        ("a dozen eggs", "item", {"type": "string"}, "a dozen eggs"),
        ("ham, cheese and olives", "toppings", {"type": "array"}, ["ham", "cheese", "olives"]),
        ("that I'm late", "message", {"type": "string"}, "I'm late"),
        ("kilometers", "to_unit", {"type": "string"}, "kilometers"),
    ],
)  # fmt: skip
def test_short_answers_become_values(said, name, node, value):
    assert answer(said, name, **node) == value


@pytest.mark.parametrize(
    ("said", "name", "node"),
    [
        ("purple", "duration", {"type": "string"}),
        ("no idea", "minutes", {"type": "integer"}),
        ("banana", "size", {"type": "string", "enum": ["small", "large"]}),
        ("some day", "day", {"type": "string", "format": "date"}),
    ],
)
def test_an_answer_of_the_wrong_kind_is_none(said, name, node):
    assert answer(said, name, **node) is None
