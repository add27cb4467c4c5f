from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tools import Registry, discover
from tools.folder_finder import FolderFinder

WAIT_S = 10
DICE = '''
from tools import tool

@tool
def {name}() -> str:
    """Roll."""
    return "{answer}"
'''


class Watched:
    """A folder whose tools are in a registry, and what was told of it."""

    def __init__(self, folder: Path, registry: Registry) -> None:
        self.folder = folder
        self.registry = registry
        self.lines: list[str] = []
        self.changes = 0
        self._news = asyncio.Event()
        registry.on_tools_changed = self._changed
        for one, source in discover(folder, installed=()).tools:
            if source.startswith(str(folder)):
                registry.add(one, source)
        self.finder = FolderFinder(registry, folder, on_line=self._line, every_s=0.02)
        self.finder.begin()

    def write(self, file: str, name: str, answer: str) -> None:
        (self.folder / file).write_text(DICE.format(name=name, answer=answer), "utf-8")

    def _line(self, line: str) -> None:
        self.lines.append(line)
        self._news.set()

    def _changed(self) -> None:
        self.changes += 1
        self._news.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(WAIT_S):
            while not condition():
                self._news.clear()
                await self._news.wait()

    @property
    def names(self) -> list[str]:
        return [spec.name for spec in self.registry.specs()]


@pytest.fixture
async def watched(tmp_path: Path) -> AsyncIterator[Watched]:
    folder = tmp_path / "tools"
    folder.mkdir()
    (folder / "dice.py").write_text(DICE.format(name="roll", answer="one"), "utf-8")
    async with Registry(data_dir=tmp_path) as registry:
        made = Watched(folder, registry)
        yield made
        await made.finder.close()


async def test_a_changed_file_is_loaded_again(watched: Watched) -> None:
    assert (await watched.registry.call("roll", "{}")).output == "one"

    watched.write("dice.py", "roll", "six")
    await watched.until(lambda: bool(watched.lines))

    assert (await watched.registry.call("roll", "{}")).output == "six"
    assert watched.lines == ["dice.py: roll was loaded again"]


async def test_new_and_removed_files_and_tools_come_and_go(watched: Watched) -> None:
    watched.write("coin.py", "flip", "heads")
    await watched.until(lambda: "flip" in watched.names)
    watched.write("coin.py", "toss", "tails")
    await watched.until(lambda: "toss" in watched.names)
    assert watched.names == ["roll", "toss"]
    (watched.folder / "dice.py").unlink()
    await watched.until(lambda: "roll" not in watched.names)
    assert "dice.py: roll is gone" in watched.lines


async def test_a_broken_file_is_one_line_and_the_old_tool_stays(watched: Watched) -> None:
    (watched.folder / "dice.py").write_text("def half(", "utf-8")
    await watched.until(lambda: bool(watched.lines))

    (line,) = watched.lines
    assert "dice.py" in line and "stays" in line and "\n" not in line
    assert (await watched.registry.call("roll", "{}")).output == "one"

    watched.write("dice.py", "roll", "six")
    await watched.until(lambda: len(watched.lines) > 1)
    assert (await watched.registry.call("roll", "{}")).output == "six"


async def test_a_name_that_another_file_has_is_told_and_left_there(watched: Watched) -> None:
    watched.write("other.py", "roll", "two")
    await watched.until(lambda: bool(watched.lines))

    assert "roll" in watched.lines[0]
    assert (await watched.registry.call("roll", "{}")).output == "one"


HOOKED = """
from pathlib import Path
from tools import ToolContext, tool

@tool
def water() -> str:
    \"""Water.\"""
    return "{answer}"

@water.on_start
def begin(context: ToolContext) -> None:
    if "{answer}" == "raises":
        raise RuntimeError("no")
    context.show("{answer} began")
"""


async def test_the_start_hooks_of_a_new_tool_run_at_once_and_those_of_a_changed_one_do_not(
    tmp_path: Path,
) -> None:
    shown: asyncio.Queue[str] = asyncio.Queue()
    (tmp_path / "tools").mkdir()
    async with Registry(data_dir=tmp_path, on_line=shown.put_nowait) as registry:
        watched = Watched(tmp_path / "tools", registry)
        file = watched.folder / "water.py"
        file.write_text(HOOKED.format(answer="raises"), "utf-8")
        await watched.until(lambda: "water" in watched.names)
        file.write_text(HOOKED.format(answer="first"), "utf-8")
        await watched.until(lambda: len(watched.lines) == 2)
        assert await asyncio.wait_for(shown.get(), WAIT_S) == "first began"
        await registry.run_start_hooks(["water"])
        file.write_text(HOOKED.format(answer="another"), "utf-8")
        await watched.until(lambda: len(watched.lines) == 3)
        await watched.finder.close()

    assert shown.empty()
    assert watched.lines[:2] == ["water.py: water is new", "water.py: water was loaded again"]
    assert "run again at the next start" in watched.lines[2]
