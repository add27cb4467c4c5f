"""The checks of a conversation find what they are for."""

from __future__ import annotations

import pytest

from tests.chaos.talk_items import Item, check_history


def said(item_id: str, role: str, text: str) -> Item:
    """One message."""
    return Item(item_id, "message", role, words=[text])


GOOD = [
    said("1", "user", "question 1"),
    said("2", "assistant", "w1 w2"),
    said("3", "user", "question 2"),
    said("4", "assistant", "w5"),
]


def test_a_conversation_in_order_is_fine() -> None:
    check_history(GOOD)


@pytest.mark.parametrize(
    "items",
    [
        [*GOOD, GOOD[0]],
        [*GOOD, said("5", "user", "question 2")],
        [*GOOD, said("5", "assistant", "w2")],
        [GOOD[2], GOOD[0]],
        [*GOOD, Item("5", "function_call_output", call_id="c1")],
    ],
)
def test_a_conversation_that_went_wrong_is_found(items: list[Item]) -> None:
    with pytest.raises(AssertionError):
        check_history(items)
