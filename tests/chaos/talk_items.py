"""The items of a conversation as an endpoint has them, and what must be true of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.chaos.numbered import questions_in, words_in


@dataclass
class Item:
    """One item: its words, and for speech how much of it was said."""

    item_id: str
    kind: str
    role: str = ""
    call_id: str = ""
    words: list[str] = field(default_factory=list)
    words_at: list[tuple[str, int]] = field(default_factory=list)
    sound_ms: int = 0

    @property
    def text(self) -> str:
        """The words in a row."""
        return " ".join(self.words)


def item_of(wire: dict[str, Any]) -> Item:
    """Return an item as a client told it."""
    parts = [part for part in wire.get("content") or [] if isinstance(part, dict)]
    text = " ".join(str(part.get("text") or part.get("transcript") or "") for part in parts)
    words = [text or str(wire.get("output") or "")]
    return Item(
        str(wire.get("id")), wire["type"], wire.get("role") or "", wire.get("call_id") or "", words
    )


def check_history(items: Sequence[Item]) -> None:
    """Check that everything is there once, in the order in which it was said."""
    questions, words = [], []
    for item in items:
        if item.role == "user":
            questions += questions_in(item.text)
        elif item.role == "assistant":
            words += words_in(item.text)
    check_rising("questions", questions)
    check_rising("words", words)
    ids = Counter(item.item_id for item in items)
    assert max(ids.values(), default=0) <= 1, f"an item twice: {ids.most_common(1)}"
    calls = Counter(item.call_id for item in items if item.kind == "function_call")
    outputs = Counter(item.call_id for item in items if item.kind == "function_call_output")
    for call_id, count in outputs.items():
        assert count <= calls[call_id], f"{count} outputs for {calls[call_id]} calls {call_id}"


def check_rising(what: str, numbers: Sequence[int]) -> None:
    """Check that numbers rise: none twice, none out of order."""
    for before, after in zip(numbers, numbers[1:], strict=False):
        assert before < after, f"{what} out of order or twice: {list(numbers)}"
