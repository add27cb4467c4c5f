"""The day's spending on disk, shared by programs, damaged and at midnight."""

import logging
import os
import stat
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from voice.client.day_book import KEEP_DAYS, DayBook

DAY = date(2030, 5, 17)


def book(folder, day=DAY, currency="USD"):
    return DayBook(folder, currency, today=lambda: day)


def test_what_is_spent_adds_up_and_outlives_the_program(tmp_path):
    assert book(tmp_path).add(0.25) == 0.25
    assert book(tmp_path).add(0.5) == 0.75
    assert book(tmp_path).total() == 0.75


def test_a_program_sees_what_another_spends_meanwhile(tmp_path):
    ours, theirs = book(tmp_path), book(tmp_path)
    ours.add(1.0)
    theirs.add(2.0)
    assert ours.total() == 3.0
    assert ours.add(4.0) == 7.0
    assert theirs.total() == 7.0


def test_many_processes_at_once_lose_nothing(tmp_path):
    code = (
        "import sys; from datetime import date; from pathlib import Path; "
        "from voice.client.day_book import DayBook; "
        "book = DayBook(Path(sys.argv[1]), 'USD', today=lambda: date(2030, 5, 17)); "
        "[book.add(0.125) for _ in range(200)]"
    )
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", code, str(tmp_path)]
    children = [subprocess.Popen(command, cwd=root) for _ in range(3)]
    assert [child.wait(15) for child in children] == [0, 0, 0]
    assert book(tmp_path).total() == 3 * 200 * 0.125


def test_midnight_begins_at_nothing(tmp_path):
    days = [DAY]
    ours = DayBook(tmp_path, "USD", today=lambda: days[-1])
    ours.add(5.0)
    days.append(date(2030, 5, 18))
    assert ours.total() == 0.0
    assert ours.day == date(2030, 5, 18)
    assert ours.add(1.0) == 1.0
    assert book(tmp_path).total() == 5.0


@pytest.mark.skipif(os.name != "posix", reason="permission bits are a POSIX matter")
def test_the_file_is_the_owners_alone(tmp_path):
    book(tmp_path / "new").add(1.0)
    [path] = (tmp_path / "new").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "damage",
    [
        b"{torn",
        b"null\n",
        b'{"price": "x"}\n',
        b'{"price": -5, "currency": "USD"}\n',
        b"\xff\xfe\n",
    ],
)
def test_a_damaged_line_is_left_out_and_told_once(tmp_path, caplog, damage):
    book(tmp_path).add(1.0)
    [path] = tmp_path.iterdir()
    with path.open("ab") as file:
        file.write(damage)
    with caplog.at_level(logging.WARNING):
        ours = book(tmp_path)
        assert ours.add(2.0) == 3.0
        ours.total()
    assert caplog.text.count("damaged line") == 1


def test_other_currencies_do_not_count(tmp_path):
    book(tmp_path, currency="EUR").add(9.0)
    assert book(tmp_path).add(1.0) == 1.0


def test_old_days_are_removed_and_other_files_stay(tmp_path):
    (tmp_path / "2030-03-01.spent").write_text("")
    (tmp_path / "2030-05-16.spent").write_text("")
    (tmp_path / "letter.txt").write_text("mine")
    book(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["2030-05-16.spent", "letter.txt"]
    assert KEEP_DAYS < (DAY - date(2030, 3, 1)).days


def test_a_disk_that_takes_nothing_still_counts_here(tmp_path, caplog):
    (tmp_path / "file").write_text("in the way")
    ours = book(tmp_path / "file" / "folder")
    assert ours.add(1.0) == 1.0
    assert ours.add(1.5) == 2.5
    assert caplog.text.count("cannot be") == 1
