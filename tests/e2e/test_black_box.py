"""A session with the real server: recorded, replayed and drawn."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.cli_kit import Shell, assert_failed


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def test_a_session_is_recorded_replayed_and_drawn(shell: Shell) -> None:
    asked = shell.voice("ask", "--text", "What is 15 percent of 80?", "--record", "a.vbox")
    assert asked.status == 0, asked.err
    replayed = shell.voice("replay", "a.vbox", "--timeline", "a.html", "--json")
    assert replayed.status == 0, replayed.err
    assert replayed.report["is_whole"]
    assert replayed.report["steps"] > 20
    drawn = (shell.folder / "a.html").read_text()
    assert "What is 15 percent of 80?" in drawn
    assert "calculate" in drawn


def test_a_recording_that_cannot_be_written_is_told_in_one_line(shell: Shell) -> None:
    asked = shell.voice("ask", "--text", "Hello", "--record", ".")
    assert_failed(asked, 2, "cannot be written")


def test_a_file_that_is_no_recording_is_refused(shell: Shell) -> None:
    (shell.folder / "x.txt").write_text("hello")
    assert_failed(shell.voice("replay", "x.txt"), 2, "is no black box")
