"""Names of time zones as places: ``Asia/Tokyo`` is said "Tokyo"."""

from __future__ import annotations

import re
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

ZONE = re.compile(
    r"(?<![\w/.:@-])(?:Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Etc|Europe|Indian"
    r"|Pacific)(?:/[A-Za-z]+(?:[_-][A-Za-z]+)*){1,2}(?![\w/+-])"
)
"""What may be a zone's name, and nothing within an address or a path."""


@lru_cache(maxsize=256)
def place_of_zone(name: str) -> str | None:
    """Return how people call the place of a zone; None where no zone has this name.

    The first look at a name reads one small file. Where a machine has no zones none is known.
    """
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None  # "Europe/Africa" are two places
    return name.rpartition("/")[2].replace("_", " ")
