"""Keeps what native sound libraries print off the terminal."""

from __future__ import annotations

import ctypes
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


def silence_alsa() -> None:
    """Have ALSA keep its remarks to itself from now on; it writes one at every underrun.

    Streams count underruns themselves. Idempotent; does nothing where there is no ALSA.
    """
    if not sys.platform.startswith("linux"):
        return
    try:
        alsa, process = ctypes.CDLL("libasound.so.2"), ctypes.CDLL(None)
    except OSError:
        return
    # ALSA calls its handler in the audio thread, which may not wait for the interpreter's lock, as
    # it would for one in Python. A function without parameters passes over those that it is given.
    alsa.snd_lib_error_set_handler(ctypes.cast(process.getpid, ctypes.c_void_p))


def _duplicate_stderr() -> int | None:
    """Return a copy of stderr's descriptor, or None where the process has none."""
    if sys.stderr is not None:
        sys.stderr.flush()
    try:
        return os.dup(2)
    except OSError:
        return None
