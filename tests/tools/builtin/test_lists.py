from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tools import Registry
from tools.builtin import lists
from tools.loading import tools_in


async def open_registry(data_dir: Path) -> Registry:
    registry = Registry(data_dir=data_dir)
    for tool in tools_in(lists):
        registry.add(tool, "test")
    await registry.start()
    return registry


@pytest.fixture
async def registry(tmp_path: Path) -> AsyncIterator[Registry]:
    registry = await open_registry(tmp_path)
    yield registry
    await registry.close()


async def ask(registry: Registry, name: str, **arguments: Any) -> str:
    outcome = await registry.call(name, json.dumps(arguments))
    return outcome.output if outcome.is_error else str(json.loads(outcome.output)["spoken"])


async def test_things_are_added_read_and_taken_off(registry: Registry) -> None:
    assert await ask(registry, "add_to_list", item="milk") == (
        "I added milk to your shopping list."
    )
    assert await ask(registry, "add_to_list", item="some eggs, milk and mac and cheese") == (
        "I added eggs and mac and cheese to your shopping list. You already had milk."
    )
    assert await ask(registry, "read_list") == (
        "On your shopping list: milk, eggs and mac and cheese."
    )
    assert await ask(registry, "remove_from_list", item="the egg and bananas") == (
        "I took eggs off your shopping list. I found no bananas on it."
    )
    assert await ask(registry, "read_list") == "On your shopping list: milk and mac and cheese."


async def test_what_is_there_is_not_added_twice(registry: Registry) -> None:
    await registry.call("add_to_list", '{"item": "Milk"}')

    assert await ask(registry, "add_to_list", item="milk") == (
        "You already have milk on your shopping list."
    )


async def test_lists_have_names_and_aliases(registry: Registry) -> None:
    await registry.call("add_to_list", '{"item": "call mum", "list_name": "to do"}')
    await registry.call("add_to_list", '{"item": "bread", "list_name": "my grocery list"}')

    assert await ask(registry, "read_list", list_name="To-Do list") == (
        "On your to-do list: call mum."
    )
    assert await ask(registry, "read_list", list_name="the shopping") == (
        "On your shopping list: bread."
    )
    assert await ask(registry, "read_list", list_name="party") == (
        "Your party list is empty. Your other lists are to-do and shopping."
    )


async def test_a_list_is_cleared(registry: Registry) -> None:
    await registry.call("add_to_list", '{"item": "bread, butter"}')

    assert await ask(registry, "clear_list") == (
        "I cleared your shopping list. It had two things on it."
    )
    assert await ask(registry, "clear_list") == "Your shopping list was already empty."
    assert await ask(registry, "read_list") == "Your shopping list is empty."


async def test_a_misheard_item_is_found(registry: Registry) -> None:
    await registry.call("add_to_list", '{"item": "tomatoes, red onions"}')

    assert "took tomatoes off" in await ask(registry, "remove_from_list", item="tomatos")
    outcome = await registry.call("remove_from_list", '{"item": "potatoes"}')
    assert outcome.is_error
    assert outcome.output == "I found no potatoes on your shopping list."


async def test_a_long_list_is_shortened_when_read(registry: Registry) -> None:
    items = ", ".join(f"thing {number}" for number in range(25))
    await registry.call("add_to_list", json.dumps({"item": items}))

    outcome = await registry.call("read_list", "")

    assert "thing 19 and five more." in outcome.output
    assert len(json.loads(outcome.output)["items"]) == 25


async def test_notes_are_kept_and_read_newest_first(registry: Registry) -> None:
    assert await ask(registry, "read_notes") == "You have no notes."
    assert await ask(registry, "take_note", text="the key is under the mat") == (
        "I wrote that down."
    )
    assert await ask(registry, "read_notes") == ("You have one note. The key is under the mat.")
    await registry.call("take_note", '{"text": "call the plumber!"}')
    assert await ask(registry, "read_notes") == (
        "You have two notes. Call the plumber! The key is under the mat."
    )
    for number in range(5):
        await registry.call("take_note", json.dumps({"text": f"note {number}"}))
    spoken = await ask(registry, "read_notes")
    assert spoken.startswith("You have seven notes. The latest are: Note 4. Note 3.")


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("add_to_list", {"item": " , "}, "Tell me what"),
        ("take_note", {"text": "  "}, "Tell me what"),
        ("take_note", {"text": "x" * 3000}, "too long"),
        ("add_to_list", {"item": ", ".join(f"i{n}" for n in range(300))}, "full"),
        ("remove_from_list", {"item": ""}, "nothing like that on your shopping list"),
    ],
)
async def test_what_cannot_be_kept_is_told(
    registry: Registry, name: str, arguments: dict[str, Any], words: str
) -> None:
    outcome = await registry.call(name, json.dumps(arguments))

    assert outcome.is_error
    assert words in outcome.output


async def test_the_number_of_lists_is_bounded(registry: Registry) -> None:
    for number in range(50):
        await registry.call("add_to_list", json.dumps({"item": "x", "list_name": f"l {number}"}))

    assert "50 lists already" in await ask(registry, "add_to_list", item="x", list_name="one more")


async def test_lists_survive_a_restart(registry: Registry, tmp_path: Path) -> None:
    await registry.call("add_to_list", '{"item": "milk"}')
    await registry.close()

    again = await open_registry(tmp_path)

    assert await ask(again, "read_list") == "On your shopping list: milk."
    await again.close()


async def test_a_damaged_file_is_told_once_and_kept(registry: Registry, tmp_path: Path) -> None:
    (tmp_path / "lists.json").write_text("{torn")

    first = await ask(registry, "add_to_list", item="milk")

    assert "lists.json.bad" in first
    assert (tmp_path / "lists.json.bad").read_text() == "{torn"
    assert await ask(registry, "read_list") == "On your shopping list: milk."


async def test_a_file_edited_by_hand_is_read_as_far_as_it_goes(
    registry: Registry, tmp_path: Path
) -> None:
    (tmp_path / "lists.json").write_text('{"shopping": ["milk", 5, null], "odd": "text"}')
    (tmp_path / "notes.json").write_text('{"notes": ["x", {"text": "yes"}, {"text": 5}]}')

    assert await ask(registry, "read_list") == "On your shopping list: milk."
    assert await ask(registry, "read_notes") == "You have one note. Yes."
