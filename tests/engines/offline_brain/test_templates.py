import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.engines.offline_brain.templates import (
    MAX_KEPT,
    Slot,
    expand,
    phrase,
    without_slot,
)


def plain(example: str) -> list[str]:
    return [
        phrase(t, {e.name: f"{{{e.name}}}" for e in t if isinstance(e, Slot)})
        for t in expand(example)
    ]


@pytest.mark.parametrize(
    ("example", "sentences"),
    [
        ("what time is it", ["what time is it"]),
        ("(set|start) a timer", ["set a timer", "start a timer"]),
        ("time [now]", ["time", "time now"]),
        ("[a|b] c", ["c", "a c", "b c"]),
        ("light[s] {state}", ["light {state}", "lights {state}"]),
        ("what's {x} [in (a|b)]", ["what is {x}", "what is {x} in a", "what is {x} in b"]),
        ("a {x}-minute timer", ["a {x} minute timer"]),
    ],
)
def test_an_example_stands_for_its_sentences(example, sentences):
    assert plain(example) == sentences


def test_expansions_are_bounded():
    assert len(expand(" ".join(["[a|b|c]"] * 30) + " end")) <= MAX_KEPT


@given(st.text(alphabet="ab {}()[]|x", max_size=40))
def test_no_example_breaks_the_reading(example):
    assert all(template for template in expand(example))


def test_a_slot_leaves_with_the_words_that_lead_to_it():
    (template,) = expand("set a timer for {duration} please")

    assert without_slot(template, "duration") == ("set", "a", "timer", "please")
    assert without_slot(template, "other") == template
