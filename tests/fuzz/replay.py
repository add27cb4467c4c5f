"""A broken conversation made short: steps are left out for as long as it still breaks."""

from __future__ import annotations

from collections.abc import Sequence

from tests.fuzz.conversation import Session, Step
from voice.protocol.dialects import Dialect

MAX_SHOWN = 300


def shortest(log: Sequence[Step], dialect: Dialect, error: Exception) -> list[Step]:
    """Return a part of the log that, given to a fresh session, still breaks in the same way.

    The log itself comes back where its end alone does not show the fault again.
    """
    wanted = _mark(error)
    steps = list(log)
    if _breaks(steps, dialect) != wanted:
        return steps
    size = len(steps) // 2
    while size:
        at = 0
        while at < len(steps):
            fewer = steps[:at] + steps[at + size :]
            if _breaks(fewer, dialect) == wanted:
                steps = fewer
            else:
                at += size
        size //= 2
    return steps


def told(log: Sequence[Step]) -> str:
    """Return the story, a line a step."""
    lines = []
    for step in log[-40:]:
        given = repr(step.given)
        shown = given if len(given) <= MAX_SHOWN else given[:MAX_SHOWN] + "…"
        lines.append(f"  {step.now_ms:>8} ms  {shown}")
    return "\n".join(lines)


def _breaks(steps: Sequence[Step], dialect: Dialect) -> str | None:
    session = Session(dialect)
    try:
        for step in steps:
            session.now_ms = step.now_ms
            session.give(step.given)
    except Exception as error:
        return _mark(error)
    return None


def _mark(error: Exception) -> str:
    """Return what two equal faults have in common: the kind, and the words before any id."""
    return f"{type(error).__name__}: {str(error).partition(':')[0][:40]}"
