from __future__ import annotations

import pytest

from tools import ToolError
from tools.undo import MAX_KEPT, UndoStack


def test_the_newest_change_is_taken_back_first() -> None:
    stack, undone = UndoStack(), list[str]()
    stack.add("first is back", lambda: undone.append("first"))
    stack.add("second is back", lambda: undone.append("second"))

    assert stack.take_back() == "second is back"
    assert stack.take_back() == "first is back"
    assert undone == ["second", "first"]
    with pytest.raises(ToolError, match="nothing"):
        stack.take_back()


def test_a_step_that_fails_is_not_tried_again() -> None:
    def fail() -> None:
        raise ToolError("It is too late.")

    stack = UndoStack()
    stack.add("never said", fail)

    with pytest.raises(ToolError, match="too late"):
        stack.take_back()
    with pytest.raises(ToolError, match="nothing"):
        stack.take_back()


def test_only_the_last_changes_are_kept() -> None:
    stack = UndoStack()
    for number in range(MAX_KEPT + 5):
        stack.add(str(number), lambda: None)

    assert [stack.take_back() for _ in range(MAX_KEPT)][-1] == "5"
