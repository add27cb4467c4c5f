import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.engines.offline_brain.outputs import MAX_CHARS, say_output, say_outputs


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ('{"spoken": "It is ten.", "time": "10:00"}', "It is ten."),
        ("It is ten.", "It is ten."),
        ("milk and eggs", "Milk and eggs."),
        ('{"temperature": 21.0, "is_raining": false}', "Temperature is 21 and is raining is no."),
        ('{"cityName": "Oslo", "wind": null}', "City name is Oslo."),
        ('{"error": "the shop is closed"}', "Sorry, that did not work: the shop is closed."),
        ('{"error": {"message": "no such city"}}', "Sorry, that did not work: no such city."),
        ('["milk", "eggs", 3]', "Milk, eggs and 3."),
        ("[]", "There is nothing."),
        ("{}", "Done."),
        ("", "Done."),
        ("null", "Done."),
        ("42", "42."),
        ('"hello"', "Hello."),
        ('{"spoken":"First. Then","rest":"cut of… [cut', "First. Then."),
        ('{"message": "All set!"}', "All set!"),
    ],
)
def test_results_are_said_simply(output, said):
    assert say_output(output) == said


def test_several_results_are_joined_without_doubles():
    assert say_outputs(["Done.", "It is ten.", "Done."]) == "Done. It is ten."


def test_pages_are_cut():
    assert len(say_output("word " * 5_000)) <= MAX_CHARS + 20
    assert say_output("[" * 100_000)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=10,
    )
)
def test_any_json_can_be_said(result):
    assert say_output(json.dumps(result)).endswith((".", "!", "?", "…", '"'))
