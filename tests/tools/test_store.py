from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from tools import ToolError
from tools.store import MAX_FILE_BYTES, JsonFile


def test_what_is_changed_is_read_back_by_another(tmp_path: Path) -> None:
    file = JsonFile(tmp_path / "sub" / "a.json")
    assert file.read() == {}

    with file.change() as value:
        value["list"] = ["é", 1]

    assert JsonFile(tmp_path / "sub" / "a.json").read() == {"list": ["é", 1]}
    assert [path.name for path in (tmp_path / "sub").iterdir()] == ["a.json"]


def test_an_error_in_the_block_writes_nothing(tmp_path: Path) -> None:
    file = JsonFile(tmp_path / "a.json")

    with pytest.raises(KeyError), file.change() as value:
        value["x"] = 1
        raise KeyError

    assert not file.path.exists()


def test_an_unchanged_object_is_not_written(tmp_path: Path) -> None:
    file = JsonFile(tmp_path / "a.json")

    with file.change():
        pass

    assert not file.path.exists()


@pytest.mark.parametrize(
    "raw", [b"{torn", b"[1, 2]", b"\xff\xfe\x00", b"", b"[" * 100_000, b" " * (MAX_FILE_BYTES + 1)]
)
def test_a_damaged_file_is_kept_aside_and_told_once(tmp_path: Path, raw: bytes) -> None:
    file = JsonFile(tmp_path / "a.json")
    file.path.write_bytes(raw)
    (tmp_path / "a.json.bad").write_text("an older one")

    assert file.read() == {}
    assert "kept the old as a.json.bad2" in (file.take_damage() or "")
    assert file.take_damage() is None
    assert (tmp_path / "a.json.bad2").read_bytes() == raw
    assert (tmp_path / "a.json.bad").read_text() == "an older one"


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    file = JsonFile(tmp_path / "file" / "a.json")

    with pytest.raises(ToolError, match=r"cannot (read|write) a\.json"), file.change() as value:
        value["x"] = 1


def test_threads_do_not_lose_each_others_changes(tmp_path: Path) -> None:
    file = JsonFile(tmp_path / "a.json")

    def count() -> None:
        for _ in range(20):
            with file.change() as value:
                value["n"] = value.get("n", 0) + 1

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert json.loads(file.path.read_text())["n"] == 80
