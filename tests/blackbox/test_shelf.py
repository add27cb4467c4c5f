"""The folder of recordings: one file a session, old ones go, nothing else does."""

import os
import time

import pytest

from voice.blackbox.shelf import new_record, tidy

DAY_S = 86_400


def record(folder, name, *, days_ago=0.0, size=10):
    path = folder / name
    path.write_bytes(b"x" * size)
    changed_s = time.time() - days_ago * DAY_S
    os.utime(path, (changed_s, changed_s))
    return path


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_every_session_has_a_file_of_its_own(tmp_path):
    paths = {new_record(tmp_path) for _ in range(50)}
    assert len(paths) == 50
    assert all(path.parent == tmp_path and path.suffix == ".vbox" for path in paths)


def test_recordings_that_are_too_old_are_removed(tmp_path):
    record(tmp_path, "new.vbox", days_ago=1)
    record(tmp_path, "old.vbox", days_ago=15)
    record(tmp_path, "letter.txt", days_ago=99)
    assert tidy(tmp_path, keep_days=14, keep_bytes=1_000) == 1
    assert names(tmp_path) == ["letter.txt", "new.vbox"]


def test_the_oldest_go_where_all_are_too_large(tmp_path):
    for number in range(5):
        record(tmp_path, f"{number}.vbox", days_ago=number, size=100)
    assert tidy(tmp_path, keep_days=14, keep_bytes=250) == 3
    assert names(tmp_path) == ["0.vbox", "1.vbox"]


def test_the_newest_is_kept_whatever_its_size(tmp_path):
    record(tmp_path, "a.vbox", size=1_000)
    assert tidy(tmp_path, keep_days=1, keep_bytes=10) == 0
    assert names(tmp_path) == ["a.vbox"]


def test_a_folder_that_is_not_there_is_tidy(tmp_path):
    assert tidy(tmp_path / "none", keep_days=1, keep_bytes=1) == 0


@pytest.mark.skipif(os.name != "posix", reason="links need rights elsewhere")
def test_a_link_is_removed_and_not_what_it_points_to(tmp_path):
    target = record(tmp_path, "precious.txt", days_ago=99)
    record(tmp_path, "new.vbox")
    (tmp_path / "link.vbox").symlink_to(target)
    os.utime(tmp_path / "link.vbox", (0, 0), follow_symlinks=False)
    assert tidy(tmp_path, keep_days=1, keep_bytes=1_000) == 1
    assert names(tmp_path) == ["new.vbox", "precious.txt"]
