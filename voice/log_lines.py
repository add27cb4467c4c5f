"""Log lines as JSON: one object a line, with the session and what the line is about as fields.

::

    log.info("tool %s took %d ms", name, ms, extra=about("tool_finished", tool=name, ms=ms))

A line says what happened and to which ids, counts and times; it never holds what was said.
"""

from __future__ import annotations

import json
import logging
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

SESSION: ContextVar[str] = ContextVar("session", default="")
"""The id of the session that this task works for; tasks inherit it."""

_FIELDS = "voice_fields"


def about(event: str, **fields: Any) -> dict[str, Any]:
    """Return the ``extra`` of a logging call: a stable name of the event, and plain values."""
    return {_FIELDS: {"event": event, **fields}}


def fields_of(record: logging.LogRecord) -> dict[str, Any]:
    """Return what ``about`` gave the record; empty where it gave nothing."""
    found = getattr(record, _FIELDS, None)
    return found if isinstance(found, dict) else {}


class JsonFormatter(logging.Formatter):
    """Writes a record as one JSON object without line ends.

    Keys: ``time`` (UTC, ISO 8601), ``level``, ``logger``, ``event`` where the line has a name,
    ``session`` where it belongs to one, ``message``, the fields, and ``exception`` with its trace.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; control characters are escaped as JSON has them."""
        fields = dict(fields_of(record))
        moment = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, Any] = {
            "time": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        if event := fields.pop("event", ""):
            line["event"] = event
        if session := SESSION.get():
            line["session"] = session
        line["message"] = record.getMessage()
        line.update((name, value) for name, value in fields.items() if name not in line)
        trace = record.exc_text or (
            self.formatException(record.exc_info) if record.exc_info else ""
        )
        if trace or record.stack_info:
            line["exception"] = "\n".join(part for part in (trace, record.stack_info) if part)
        # ASCII alone: no terminal takes a character of it for an order, no reader for a line end.
        return json.dumps(line, ensure_ascii=True, default=str)
