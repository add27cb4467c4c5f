"""Writes down an exception of a tool for the log, without what the model or the person said."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterable, Mapping
from typing import Any

MAX_REPORT_CHARS = 8_000
_MAX_CHAIN = 4
_MASK = "«argument»"


def report_failure(error: BaseException, arguments: Mapping[str, Any] | None = None) -> str:
    """Return the traceback of ``error`` and of what caused it.

    The frames are the author's own source lines; in the messages every value that came in as an
    argument is masked. Without ``arguments`` nobody knows what must be masked, and the messages
    are left out. At most ``MAX_REPORT_CHARS``, of which the end is kept: it names the fault.
    """
    mask = _mask(arguments or {})
    parts: list[str] = []
    current: traceback.TracebackException | None = traceback.TracebackException.from_exception(
        error, limit=-30
    )
    while current is not None and len(parts) < _MAX_CHAIN:
        message = "".join(current.format_exception_only())
        if arguments is None:
            message = message.partition(":")[0].strip() + "\n"
        elif mask is not None:
            message = mask.sub(_MASK, message)
        parts.append("".join(current.stack.format()) + message)
        current = current.__cause__ or (
            None if current.__suppress_context__ else current.__context__
        )
    report = "…caused:\n".join(reversed(parts)).rstrip()
    return report[-MAX_REPORT_CHARS:]


def _mask(arguments: Mapping[str, Any]) -> re.Pattern[str] | None:
    """Match any argument value standing as a word of its own, longest first."""
    values = sorted(set(_leaves(arguments.values(), 0)), key=len, reverse=True)
    if not values:
        return None
    choices = "|".join(re.escape(value) for value in values)
    return re.compile(rf"(?<!\w)(?:{choices})(?!\w)", re.IGNORECASE)


def _leaves(values: Iterable[Any], depth: int) -> Iterable[str]:
    for value in values:
        if isinstance(value, Mapping) and depth < 10:
            yield from _leaves(value.values(), depth + 1)
        elif isinstance(value, (list, tuple, set)) and depth < 10:
            yield from _leaves(value, depth + 1)
        elif hasattr(value, "model_fields_set") and depth < 10:
            yield from _leaves(vars(value).values(), depth + 1)
        elif isinstance(value, bool) or value is None:
            continue
        elif text := str(value).strip():
            yield text
            yield repr(text)[1:-1]
