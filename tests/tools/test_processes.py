from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from types import ModuleType

import pytest

from tools import Registry
from tools.loading import load_file, tools_in

HEAVY = Path(__file__).with_name("heavy_tools.py")


@pytest.fixture(scope="module")
def plugin() -> ModuleType:
    return load_file(HEAVY)


@pytest.fixture
async def registry(plugin: ModuleType, tmp_path: Path) -> AsyncIterator[Registry]:
    async with Registry(data_dir=tmp_path, max_processes=1) as registry:
        for tool in tools_in(plugin):
            registry.add(tool, "test")
        yield registry


async def test_a_heavy_tool_runs_in_a_process_that_is_kept(registry: Registry) -> None:
    first = json.loads((await registry.call("square", '{"value": "12"}')).output)
    second = json.loads((await registry.call("square", '{"value": 5}')).output)

    assert (first["square"], second["square"]) == (144, 25)
    assert first["process"] == second["process"] != os.getpid()


async def test_its_failures_come_back(registry: Registry, caplog: pytest.LogCaptureFixture) -> None:
    assert (await registry.call("refuse", "")).output == "Not today."
    assert (await registry.call("read_input", "")).output == "nothing"
    assert "result was bytes" in (await registry.call("raw", "")).output
    assert '"value" is missing' in (await registry.call("square", "{}")).output

    with caplog.at_level(logging.ERROR):
        crashed = await registry.call("crash", '{"word": "tangerine"}')
    assert crashed.output == "crash failed because of an internal error."
    assert "ValueError: cannot «argument»" in caplog.text
    assert "tangerine" not in caplog.text
    assert (await registry.call("leave", "")).is_error


async def test_a_process_that_dies_is_replaced(registry: Registry) -> None:
    died = await registry.call("die", "")
    after = await registry.call("square", '{"value": 3}')

    assert died.is_error
    assert "failed" in died.output
    assert json.loads(after.output)["square"] == 9


async def test_a_spinning_tool_is_killed_at_its_deadline(registry: Registry) -> None:
    late = await registry.call("spin", "")
    after = await registry.call("square", '{"value": 4}')

    assert "took too long" in late.output
    assert json.loads(after.output)["square"] == 16


async def test_a_fork_gives_one_answer_and_the_next_call_its_own(registry: Registry) -> None:
    forked = await registry.call("fork", "")
    after = await registry.call("square", '{"value": 6}')

    assert forked.output == "parent"
    assert json.loads(after.output)["square"] == 36


async def test_a_flood_of_output_is_no_answer(registry: Registry) -> None:
    assert (await registry.call("flood", "")).output == "flooded"
    assert json.loads((await registry.call("square", '{"value": 7}')).output)["square"] == 49


async def test_a_folder_called_tools_in_the_current_directory_does_no_harm(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "__init__.py").write_text("raise RuntimeError('the wrong package')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry])

    assert "81" in (await registry.call("square", '{"value": 9}')).output
