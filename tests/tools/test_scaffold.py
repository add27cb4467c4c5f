from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import tools
from tools import Registry, ToolSetupError, discover
from tools.check import findings
from tools.scaffold import write_tool


async def test_the_new_tool_loads_answers_and_has_nothing_to_look_at(tmp_path: Path) -> None:
    plugin, _ = write_tool("water-plants", tmp_path)

    found = discover(tmp_path, installed=[])

    assert found.problems == []
    assert findings(found.tools) == []
    async with Registry(data_dir=tmp_path) as registry:
        for tool, source in found.tools:
            registry.add(tool, source)
        outcome = await registry.call(plugin.stem, '{"name": "Anna"}')
    assert "This is water plants for Anna." in outcome.output


def test_its_test_passes(tmp_path: Path) -> None:
    _, test = write_tool("water_plants", tmp_path)
    root = Path(tools.__file__).parent.parent

    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(test)],
        cwd=tmp_path,
        env={"PYTHONPATH": f"{tmp_path}:{root}", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=18,
        check=False,
    )

    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("name", ["", "two; words", "class", "_hidden", "../up", "über"])
def test_a_name_that_is_none_writes_nothing(tmp_path: Path, name: str) -> None:
    with pytest.raises(ToolSetupError):
        write_tool(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_exists_is_kept(tmp_path: Path) -> None:
    write_tool("dice", tmp_path)

    with pytest.raises(ToolSetupError, match="exists already"):
        write_tool("dice", tmp_path)


def test_a_name_that_another_tool_has_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ToolSetupError, match="there is a tool called 'get_time' already"):
        write_tool("get time", tmp_path)
    assert not any(tmp_path.iterdir())
