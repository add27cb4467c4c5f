"""Keeps what native sound libraries print off the terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def driver_chatter_hidden() -> Iterator[None]:
    """Send the process's stderr nowhere for a moment.

    ALSA and JACK write about absent hardware past Python; a machine without a sound card would show
    twenty lines of theirs in front of our one. Other threads' stderr is lost for the same moment.
    """
    kept = _duplicate_stderr()
    if kept is None:
        yield
        return
    try:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 2)
        os.close(null)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _duplicate_stderr() -> int | None:
    """Return a copy of stderr's descriptor, or None where the process has none."""
    if sys.stderr is not None:
        sys.stderr.flush()
    try:
        return os.dup(2)
    except OSError:
        return None
