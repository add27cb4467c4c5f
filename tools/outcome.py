"""What goes back for one call of a tool."""

from __future__ import annotations

import json
from dataclasses import dataclass

_MAX_ERROR_CHARS = 800


@dataclass(frozen=True, slots=True)
class ToolOutcome:
    """What goes back for one call; ``output`` is for the model, at most 16 kB.

    ``speak`` says whether the result wants an answer; an error always does.
    """

    output: str
    is_error: bool = False
    speak: bool = True


def failed(message: str) -> ToolOutcome:
    """Return an error of at most 800 characters."""
    return ToolOutcome(bounded(message), is_error=True)


def bounded(text: str, limit: int = _MAX_ERROR_CHARS) -> str:
    """Return ``text``, cut with an ellipsis where it is longer than ``limit`` characters."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def spoken_part(output: str) -> str:
    """Return the sentence of an output that can be read aloud: its ``spoken``, or all of it."""
    if not output.startswith("{"):
        return output
    try:
        value = json.loads(output)
    except ValueError:
        return output
    spoken = value.get("spoken") if isinstance(value, dict) else None
    return spoken if isinstance(spoken, str) and spoken else output
