"""Keeps the terminal for the live view: what anything else writes there is kept and told later.

Logs, C libraries and programs that tools start write to file descriptors 1 and 2. While the view
stands these lead into a pipe, and the view itself draws through a descriptor of its own.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections import deque
from collections.abc import Iterator

_STDOUT, _STDERR = 1, 2
MAX_LINES = 100
"""Lines kept to be shown; the oldest go first."""

_MAX_LINE = 2_000
_CHUNK = 4_096


class StrayLines:
    """What others wrote to the terminal: filled by a thread, taken by the view line by line."""

    def __init__(self) -> None:
        self._waiting: deque[str] = deque(maxlen=MAX_LINES)
        self.all: deque[str] = deque(maxlen=MAX_LINES)
        """What is to be told once the view is gone."""

    def add(self, line: str) -> None:
        """Keep a line; any thread."""
        self._waiting.append(line)
        self.all.append(line)

    def take(self) -> list[str]:
        """Return the lines that came since the last call."""
        lines = []
        while self._waiting:
            lines.append(self._waiting.popleft())
        return lines


@contextlib.contextmanager
def reserved_terminal() -> Iterator[StrayLines]:
    """Give the terminal to the view alone; the lines of everybody else are yielded.

    Standard error that is no terminal, such as a file, is left as it is. Where the system has no
    file descriptors to exchange, nothing is done.
    """
    lines = StrayLines()
    if os.name != "posix":
        yield lines
        return
    sys.stdout.flush()
    sys.stderr.flush()
    taken = [number for number in (_STDOUT, _STDERR) if os.isatty(number)]
    before = {number: os.dup(number) for number in taken}
    reading, writing = os.pipe()
    for number in taken:
        os.dup2(writing, number)
    os.close(writing)
    reader = threading.Thread(target=_read, args=(reading, lines), name="stray lines", daemon=True)
    reader.start()
    originals = sys.__stdout__, sys.__stderr__
    # Textual asks the one for the terminal's size, and draws on the other.
    screen = os.fdopen(os.dup(before[_STDOUT]), "w", encoding="utf-8", errors="replace")
    sys.__stdout__ = sys.__stderr__ = screen  # type: ignore[misc]
    try:
        yield lines
    finally:
        sys.__stdout__, sys.__stderr__ = originals  # type: ignore[misc]
        sys.stdout.flush()
        sys.stderr.flush()
        for number, copy in before.items():
            os.dup2(copy, number)
            os.close(copy)
        screen.close()
        # A program that a tool left behind may hold the pipe; nobody waits for it.
        reader.join(0.5)


def _read(reading: int, lines: StrayLines) -> None:
    rest = b""
    with contextlib.suppress(OSError):
        while data := os.read(reading, _CHUNK):
            *whole, rest = (rest + data).split(b"\n")
            rest = rest[-_MAX_LINE:]
            for line in whole:
                lines.add(line.decode(errors="replace")[:_MAX_LINE])
    if rest:
        lines.add(rest.decode(errors="replace"))
    os.close(reading)
