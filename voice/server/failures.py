"""What failed, in one line that holds nothing of what was said."""

from __future__ import annotations

import traceback
from pathlib import Path

OUTLINE_PLACES = 6


def outline(error: BaseException) -> str:
    """Say what failed and where, in one line and without messages: they may hold what was said."""
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(outline(inner) for inner in error.exceptions)
    places = traceback.extract_tb(error.__traceback__)[-OUTLINE_PLACES:]
    path = " > ".join(f"{Path(place.filename).name}:{place.lineno}" for place in places)
    return f"{type(error).__name__} at {path}"
