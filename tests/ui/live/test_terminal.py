"""What others write does not reach the screen, and is not lost."""

import contextlib
import os
import pty
import sys
from collections.abc import Iterator

from voice.ui.live.terminal import MAX_LINES, StrayLines, reserved_terminal


@contextlib.contextmanager
def terminal() -> Iterator[int]:
    """Make descriptors 1 and 2 a terminal, whose other end is yielded."""
    ours, theirs = pty.openpty()
    before = {number: os.dup(number) for number in (1, 2)}
    for number in before:
        os.dup2(theirs, number)
    os.set_blocking(ours, False)
    try:
        yield ours
    finally:
        for number, copy in before.items():
            os.dup2(copy, number)
            os.close(copy)
        os.close(theirs)
        os.close(ours)


def on_screen(number: int) -> str:
    try:
        return os.read(number, 4_096).decode()
    except BlockingIOError:
        return ""


def test_what_others_write_is_kept_from_the_screen_and_told_later() -> None:
    with terminal() as screen, reserved_terminal() as stray:
        os.write(1, b"a program printed\n")
        os.write(2, b"a library warned\nand broke off")
        assert on_screen(screen) == ""
    assert list(stray.all) == ["a program printed", "a library warned", "and broke off"]


def test_view_draws_on_the_terminal_itself() -> None:
    with terminal() as screen, reserved_terminal():
        assert sys.__stderr__ is not None and sys.__stdout__ is not None
        assert os.isatty(sys.__stdout__.fileno())
        sys.__stderr__.write("drawn")
        sys.__stderr__.flush()
        assert on_screen(screen) == "drawn"


def test_afterwards_everything_is_as_before() -> None:
    before = sys.__stdout__, sys.__stderr__
    with terminal() as screen:
        with reserved_terminal():
            pass
        os.write(2, b"again")
        assert on_screen(screen) == "again"
    assert (sys.__stdout__, sys.__stderr__) == before


def test_lines_are_taken_once_and_bounded() -> None:
    lines = StrayLines()
    for number in range(MAX_LINES + 10):
        lines.add(str(number))
    assert lines.take()[-1] == str(MAX_LINES + 9)
    assert lines.take() == []
    assert len(lines.all) == MAX_LINES
