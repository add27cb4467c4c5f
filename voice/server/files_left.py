"""How many more files and sockets this process may open."""

from __future__ import annotations

import os
import sys

PLENTY = 1_000_000
"""The answer where the system does not say."""


def files_left() -> int:
    """Return the number of file descriptors that are free."""
    if sys.platform == "win32":
        return PLENTY
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return PLENTY
    folder = "/proc/self/fd" if sys.platform == "linux" else "/dev/fd"
    try:
        return max(0, soft - len(os.listdir(folder)))
    except OSError:  # not even this folder could be opened, or there is none
        return 0 if os.path.isdir(folder) else PLENTY
