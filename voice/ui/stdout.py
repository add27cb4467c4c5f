"""Keeps standard output for one writer, so that a program can read what a command prints."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from typing import TypeAlias

Write: TypeAlias = Callable[[bytes], None]

_STDOUT, _STDERR = 1, 2
"""What programs that a tool starts inherit, and C libraries write to."""


@contextlib.contextmanager
def reserved_stdout() -> Iterator[Write]:
    """Yield a function that writes to standard output, and let nobody else write there meanwhile.

    What tools, their libraries and the programs that they start print goes to standard error. The
    function raises OSError where the output is full or nobody reads it any more.
    """
    stream = sys.stdout
    with contextlib.redirect_stdout(sys.stderr):
        try:
            number = stream.fileno()
        except (AttributeError, OSError, ValueError):  # closed, or a stream that is no file
            yield lambda text: _write_to_stream(stream, text)
            return
        stream.flush()
        output, before = os.dup(number), os.dup(_STDOUT)
        try:
            _point_away(_STDOUT)
            yield lambda text: _write_all(output, text)
        finally:
            os.dup2(before, _STDOUT)
            os.close(before)
            os.close(output)


def _point_away(number: int) -> None:
    """Make a file descriptor another name of standard error, or of nothing where that is closed."""
    try:
        os.dup2(_STDERR, number)
    except OSError:
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, number)
        os.close(nothing)


def _write_all(number: int, text: bytes) -> None:
    rest = memoryview(text)
    while rest:
        rest = rest[os.write(number, rest) :]


def _write_to_stream(stream: object, text: bytes) -> None:
    buffer = getattr(stream, "buffer", None)
    if buffer is not None:
        buffer.write(text)
        buffer.flush()
