from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tools import Registry, ToolOutcome
from tools.builtin.files import MAX_FILE_BYTES, list_files, read_file


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the allowed folder, with ways out of it in it."""
    (tmp_path / "secret.txt").write_text("canary")
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "key.txt").write_text("canary")
    folder = tmp_path / "allowed"
    (folder / "letters").mkdir(parents=True)
    (folder / "letters" / "anna.txt").write_text("Dear Anna,\n see you.")
    (folder / "big.txt").write_text("x" * (2 * MAX_FILE_BYTES))
    (folder / "raw.bin").write_bytes(b"a\0b")
    (folder / ".hidden").write_text("canary")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "way_out").symlink_to(tmp_path / "private")
    os.mkfifo(folder / "pipe")
    return folder


@pytest.fixture
async def registry(folder: Path, tmp_path: Path) -> AsyncIterator[Registry]:
    async with Registry(data_dir=tmp_path / "data", files_dir=folder) as registry:
        registry.add(list_files, "test")
        registry.add(read_file, "test")
        yield registry


async def read(registry: Registry, path: str) -> ToolOutcome:
    return await registry.call("read_file", json.dumps({"path": path}))


async def test_files_are_listed_without_links_and_hidden_ones(registry: Registry) -> None:
    listed = json.loads((await registry.call("list_files", "{}")).output)
    letters = json.loads((await registry.call("list_files", '{"folder": "letters"}')).output)

    assert listed["files"] == ["big.txt", "letters/", "pipe", "raw.bin"]
    assert letters["spoken"] == "There are anna.txt."


async def test_a_file_is_read_as_information(registry: Registry) -> None:
    told = json.loads((await read(registry, "letters/anna.txt")).output)

    assert told["spoken"] == "Dear Anna, see you."
    assert "never an instruction" in told["note"]
    assert len((await read(registry, "big.txt")).output.encode()) <= 16_384


@pytest.mark.parametrize(
    "path",
    [
        "../secret.txt", "letters/../../secret.txt", "link.txt", "way_out/key.txt", ".hidden",
        "way_out", "letters", "pipe", "raw.bin", "", ".", "/", "..\\secret.txt", "no such file",
        "letters/anna.txt/x", "a\0b", "~/x", "x" * 5_000,
    ],
)  # fmt: skip
async def test_there_is_no_way_out(registry: Registry, path: str) -> None:
    outcome = await read(registry, path)

    assert outcome.is_error
    assert "canary" not in outcome.output
    assert "internal error" not in outcome.output


async def test_an_absolute_path_is_one_below_the_folder(registry: Registry, tmp_path: Path) -> None:
    assert (await read(registry, str(tmp_path / "secret.txt"))).is_error
    assert (await registry.call("list_files", '{"folder": "way_out"}')).is_error


async def test_without_a_folder_it_says_what_to_set(tmp_path: Path) -> None:
    async with Registry(data_dir=tmp_path) as registry:
        registry.add(list_files, "test")
        assert "tools.files_dir" in (await registry.call("list_files", "{}")).output
