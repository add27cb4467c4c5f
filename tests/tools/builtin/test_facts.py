from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tools import Registry
from tools.builtin import answers, facts
from tools.builtin.facts import MAX_FACTS
from tools.loading import tools_in


async def open_registry(folder: Path) -> Registry:
    registry = Registry(data_dir=folder)
    for tool in (*tools_in(facts), answers.undo_last):
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


async def test_what_was_remembered_is_found_by_its_words_after_a_restart(tmp_path: Path) -> None:
    registry = await open_registry(tmp_path)
    assert await ask(registry, "recall") == "I remember nothing yet."
    assert await ask(registry, "remember", fact="my locker code is 4711") == "I'll remember that."
    await ask(registry, "remember", fact="Anna's birthday is on the third of May.")
    assert await ask(registry, "remember", fact="My locker code is 4711") == "I know that already."
    await registry.close()

    registry = await open_registry(tmp_path)
    assert await ask(registry, "recall", about="the code of my locker") == (
        "You told me: My locker code is 4711."
    )
    assert await ask(registry, "recall", about="Annas birthdays") == (
        "You told me: Anna's birthday is on the third of May."
    )
    assert await ask(registry, "recall", about="the weather") == "I remember nothing about that."
    assert "4711" in await ask(registry, "recall")
    await registry.close()


async def test_what_is_forgotten_can_be_taken_back(registry: Registry) -> None:
    await ask(registry, "remember", fact="my locker code is 4711")
    await ask(registry, "remember", fact="my bike code is 12")

    assert "several things" in await ask(registry, "forget", about="code")
    assert await ask(registry, "forget", about="locker code") == (
        "I forgot this: My locker code is 4711."
    )
    assert "nothing" in await ask(registry, "forget", about="the")
    assert await ask(registry, "undo_last") == "I remember it again."
    assert "4711" in await ask(registry, "recall", about="locker")


async def test_remembering_is_taken_back(registry: Registry) -> None:
    await ask(registry, "remember", fact="this was a mistake")

    assert await ask(registry, "undo_last") == "I forgot that again."
    assert await ask(registry, "recall") == "I remember nothing yet."


async def test_there_is_an_end_to_what_is_remembered(registry: Registry, tmp_path: Path) -> None:
    (tmp_path / "facts.json").write_text(json.dumps({"facts": [str(n) for n in range(MAX_FACTS)]}))

    assert "too much" in await ask(registry, "remember", fact="one more")
    assert "too long" in await ask(registry, "remember", fact="x" * 501)
    assert "And 497 more." in await ask(registry, "recall")


@pytest.mark.parametrize("text", ["{", '{"facts": 5}', '{"facts": [1, null, ""]}'])
async def test_a_damaged_file_is_told_or_passed_over(
    registry: Registry, tmp_path: Path, text: str
) -> None:
    (tmp_path / "facts.json").write_text(text)

    assert "I remember nothing yet." in await ask(registry, "recall")
