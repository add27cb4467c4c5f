from __future__ import annotations

import pytest

from tools import ToolDefinitionError, tool
from tools.summary import MAX_SUMMARY_CHARS, summarise


def test_a_template_is_filled_with_values_and_defaults() -> None:
    @tool(effect="irreversible", summary="send {amount} euros to {name}")
    def send(name: str, amount: float = 5) -> None: ...

    assert send.summary({"name": "Anna\n Smith", "amount": 50.0}) == "send 50 euros to Anna Smith"
    assert send.summary({"name": "Anna"}) == "send 5 euros to Anna"


def test_without_a_template_the_tool_and_every_argument_are_named() -> None:
    assert summarise("delete_file", None, {"path": "a.txt", "all": [1, 2]}) == (
        "delete file with path a.txt, all 1, 2"
    )
    assert summarise("reboot", None, {}) == "reboot"
    assert summarise("my_shop__buy_now", None, {"item": "tea"}) == (
        "use my shop to buy now with item tea"
    )


def test_a_long_value_says_how_much_is_not_shown() -> None:
    text = summarise("send", "send {text}", {"text": "x" * 1000})

    assert text.endswith("(and 920 characters more)")
    assert len(summarise("send", None, {str(n): "y" * 70 for n in range(99)})) <= MAX_SUMMARY_CHARS


def test_a_slot_that_is_no_parameter_is_found_when_the_tool_is_made() -> None:
    with pytest.raises(ToolDefinitionError, match=r"slot \{amont\}"):

        @tool(effect="irreversible", summary="send {amont}")
        def send(amount: int) -> None: ...


def test_braces_of_a_value_are_words() -> None:
    assert summarise("send", "send {a}", {"a": "{b} {0}", "b": "secret"}) == "send {b} {0}"
