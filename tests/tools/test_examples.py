import pytest

from tools.errors import ToolDefinitionError
from tools.examples import MAX_EXPANSIONS, check_examples, expand, slots


@pytest.mark.parametrize(
    ("example", "sentences"),
    [
        ("set a timer", ["set a timer"]),
        ("[please] set a timer", ["set a timer", "please set a timer"]),
        ("(set|start) a timer for {duration}", None),
        ("turn [it|the volume] up", ["turn up", "turn it up", "turn the volume up"]),
        ("a (b|(c|d) e)", ["a b", "a c e", "a d e"]),
        ("what's the time?", ["what's the time?"]),
    ],
)
def test_an_example_stands_for_sentences(example: str, sentences: list[str] | None) -> None:
    expected = sentences or ["set a timer for {duration}", "start a timer for {duration}"]

    assert expand(example) == expected


@pytest.mark.parametrize(
    "example",
    ["set (a timer", "set a) timer", "[a (b] c)", "set {a timer", "set {} timer", "a}", "[maybe]",
     "a | b", "{two words}", "", "(a|b)" * 20],
)  # fmt: skip
def test_a_malformed_example_is_refused(example: str) -> None:
    with pytest.raises(ValueError):
        expand(example)


def test_expansion_stops_before_it_explodes() -> None:
    with pytest.raises(ValueError, match=str(MAX_EXPANSIONS)):
        expand("[a] [b] [c] [d] [e] [f] [g] [h] [i] [j] [k] [l]")


def test_slots_are_found_in_order() -> None:
    assert slots("convert {value} {from_unit} [in]to {to_unit}") == (
        "value",
        "from_unit",
        "to_unit",
    )


def test_an_unknown_slot_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ToolDefinitionError, match=r"slot \{minutes\}.*duration, label"):
        check_examples("set_timer", ["a timer for {minutes}"], ["duration", "label"])
