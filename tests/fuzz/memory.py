"""Whether a long run keeps its memory flat: live objects and resident bytes, over the events."""

from __future__ import annotations

import ctypes
import gc
import os
import sys
from pathlib import Path

MAX_OBJECTS_GROWN = 0.01
MAX_BYTES_GROWN = 4 * 1024 * 1024
"""What the second half of a run may add."""


class MemoryTrend:
    """A few measurements along a run; ``is_flat`` compares its middle with its end."""

    def __init__(self) -> None:
        """Start with none."""
        self._points: list[tuple[int, int, int]] = []

    def measure(self, events: int) -> None:
        """Count what lives now, after so many events."""
        gc.collect()
        self._points.append((events, len(gc.get_objects()), resident_bytes()))

    @property
    def newest(self) -> str:
        """The newest measurement in words."""
        _, objects, size = self._points[-1]
        return f"{objects:,} objects, {size / 2**20:.1f} MiB"

    @property
    def is_flat(self) -> bool:
        """Whether the second half of the run added next to nothing."""
        if len(self._points) < 4:
            return True
        _, objects, size = self._points[len(self._points) // 2]
        _, last_objects, last_size = self._points[-1]
        grows = last_objects > objects * (1 + MAX_OBJECTS_GROWN)
        return not grows and last_size - size <= MAX_BYTES_GROWN

    def __str__(self) -> str:
        if len(self._points) < 2:
            return "measured too seldom to tell"
        events, objects, size = self._points[len(self._points) // 2]
        last, last_objects, last_size = self._points[-1]
        count = max(last - events, 1)
        slope = (last_size - size) / count
        return (
            f"{objects:,} → {last_objects:,} objects, {size / 2**20:.1f} → "
            f"{last_size / 2**20:.1f} MiB over the last {count:,} events "
            f"({slope:+.2f} bytes an event)"
        )


def resident_bytes() -> int:
    """Return the resident size of this process; 0 where the system does not say.

    The allocator first gives back what is free: glibc keeps up to 80 MiB of it here, and the size
    goes up and down with that.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
