from __future__ import annotations

import threading
from pathlib import Path

import pytest

from tools.builtin.list_book import ListBook, list_name, split_items
from tools.testing import make_context


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("milk", ["milk"]),
        ("milk, eggs and bread", ["milk", "eggs", "bread"]),
        ("milk, eggs, and bread.", ["milk", "eggs", "bread"]),
        ("Mac and cheese and salt and pepper", ["Mac and cheese", "salt and pepper"]),
        ("some milk and a few eggs", ["milk", "eggs"]),
        ("milk and milk", ["milk"]),
        ("sandwich bread", ["sandwich bread"]),
        (" , and ", []),
        ("", []),
    ],
)
def test_items_are_split_as_people_mean(text: str, items: list[str]) -> None:
    assert split_items(text) == items


@pytest.mark.parametrize(
    ("text", "name"),
    [("", "shopping"), ("my grocery list", "shopping"), ("To-Do", "to-do"), ("tasks", "to-do"),
     ("the party list", "party"), ("x" * 99, "x" * 40)],
)  # fmt: skip
def test_names_of_lists_are_folded(text: str, name: str) -> None:
    assert list_name(text) == name


def test_threads_do_not_lose_items(tmp_path: Path) -> None:
    book = ListBook(make_context(tmp_path))

    def add(start: int) -> None:
        for number in range(10):
            book.add("shopping", [f"item {start + number}"])

    threads = [threading.Thread(target=add, args=(start,)) for start in (0, 100, 200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(book.items("shopping")) == 30
