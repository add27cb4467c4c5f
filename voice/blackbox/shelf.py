"""A folder of black boxes: a new file for every session, and old ones removed."""

from __future__ import annotations

import logging
import secrets
import time
from datetime import datetime
from pathlib import Path

log = logging.getLogger(__name__)

SUFFIX = ".vbox"
_DAY_S = 86_400


def new_record(folder: Path) -> Path:
    """Return the path of a session's recording: its local time, and a mark of its own."""
    begun = datetime.now().strftime("%Y-%m-%d_%H-%M-%S")
    return folder / f"{begun}_{secrets.token_hex(3)}{SUFFIX}"


def tidy(folder: Path, *, keep_days: int, keep_bytes: int) -> int:
    """Remove recordings that are too old, or too many together; return how many.

    The newest is kept whatever its size. Other files are never touched, and a file that cannot be
    removed is told in the log. Reads the folder, so it belongs into a thread.
    """
    oldest_s = time.time() - keep_days * _DAY_S
    removed, kept_bytes = 0, 0
    for place, (changed_s, size, path) in enumerate(sorted(_records(folder), reverse=True)):
        kept_bytes += size
        if place == 0 or (changed_s >= oldest_s and kept_bytes <= keep_bytes):
            continue
        kept_bytes -= size
        try:
            path.unlink()
            removed += 1
        except OSError as error:
            log.warning("%s cannot be removed: %s", path, error.strerror or error)
    return removed


def _records(folder: Path) -> list[tuple[float, int, Path]]:
    found = []
    try:
        for path in folder.glob(f"*{SUFFIX}"):
            state = path.lstat()
            found.append((state.st_mtime, state.st_size, path))
    except OSError as error:
        log.warning("%s cannot be tidied: %s", folder, error.strerror or error)
    return found
