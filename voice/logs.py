"""Sets up logging so that no key, token or control character can reach a terminal or a file.

The filter sits on the handlers of the root logger, so it also sees the records of libraries. The
``websockets`` logger prints the Authorization header and message bodies at DEBUG; such chatty
loggers are therefore held at INFO whatever level is asked for.
"""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Iterable, Mapping
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from voice.log_lines import JsonFormatter, fields_of

MASK = "***"
"""What stands in the place of every secret."""

_LEVELS: Mapping[str, int] = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}

# Libraries whose DEBUG records hold headers, URLs or bodies.
_CHATTY = (
    "websockets",
    "httpx",
    "httpcore",
    "httpx2",
    "httpcore2",
    "openai",
    "anthropic",
    "mcp",
    "client",  # the MCP SDK's sessions
)

_MAX_SECRETS = 256
"""Secrets remembered at once; one-time tokens push out the oldest."""

LEAST_SECRET = 4
"""Characters of the shortest secret that is masked: of less, such as the ``x`` that a local server
is given for a key, every other word would be blackened."""

_FILE_BYTES = 5_000_000
_FILE_COUNT = 3

_SECRET_SHAPES: tuple[tuple[re.Pattern[str], str], ...] = (
    # Authorization: Bearer abc, ('authorization', 'Bearer abc'), b'api-key': b'abc'
    (
        re.compile(
            r"(?i)\b((?:proxy-)?authorization|x-api-key|api-key)"
            r"([\"']?\s*[:=,]\s*(?:b?[\"'])?)(?:(bearer|basic)\s+)?[^\s\"',;)}\]]+"
        ),
        rf"\1\2{MASK}",
    ),
    (re.compile(r"(?i)\b(bearer)\s+[\w.~+/=-]{6,}"), rf"\1 {MASK}"),
    (re.compile(r"\b(sk|ek)([-_])[\w-]{6,}"), rf"\1\2{MASK}"),
    (re.compile(r"(?i)(openai-insecure-api-key\.)[\w.~-]+"), rf"\1{MASK}"),
    # "api_key": "abc" and 'token': 'abc', as JSON and as repr
    (
        re.compile(
            r"(?i)([\"'][\w-]*(?:token|key|secret|password)[\"']\s*:\s*b?[\"'])(?:\\.|[^\"'\\])+"
        ),
        rf"\1{MASK}",
    ),
    # ?api-key=abc, token=abc
    (
        re.compile(
            r"(?i)((?<![a-z0-9])[\w-]*(?:token|key|secret|password|ticket|signature)=)"
            r"(?:b?[\"'][^\"']*[\"']|[^&\s\"'<>#,;)}\]]+)"
        ),
        rf"\1{MASK}",
    ),
    # wss://user:password@host
    (re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://)[^\s/@:]*:[^\s/@]*@"), rf"\1{MASK}@"),
)

# A newline or an escape sequence in a message would forge log lines or drive the terminal.
_CONTROLS = {
    code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160)) if code != ord("\t")
} | {ord("\n"): "\\n", ord("\r"): "\\r"}

_IN_TRACES = {code: mark for code, mark in _CONTROLS.items() if code != ord("\n")}
"""A trace has lines; what drives a terminal is taken from it all the same."""


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """Return ``text`` with every given secret, and everything shaped like one, masked.

    Secrets shorter than ``LEAST_SECRET`` are passed over.
    """
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) < LEAST_SECRET:
            break
        text = text.replace(secret, MASK).replace(quote(secret, safe=""), MASK)
    for shape, mask in _SECRET_SHAPES:
        text = shape.sub(mask, text)
    return text


class RedactingFilter(logging.Filter):
    """Masks secrets in a record's message and traceback, and drops chatty libraries' DEBUG.

    The record is changed in place: handlers that come later see the masked text too.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        """Start with the given secrets besides the well-known shapes."""
        super().__init__()
        self._secrets: dict[str, None] = {}  # bounded: _MAX_SECRETS, the oldest goes first
        for secret in secrets:
            self.add_secret(secret)

    def add_secret(self, secret: str) -> None:
        """Mask ``secret`` from now on; strings under four characters are ignored."""
        if len(secret) < LEAST_SECRET:
            return
        self._secrets.pop(secret, None)
        self._secrets[secret] = None
        while len(self._secrets) > _MAX_SECRETS:
            del self._secrets[next(iter(self._secrets))]

    def filter(self, record: logging.LogRecord) -> bool:
        """Redact ``record`` in place; False drops it."""
        if record.levelno < logging.INFO and record.name.partition(".")[0] in _CHATTY:
            return False
        secrets = tuple(self._secrets)
        record.msg = redact(_message_of(record), secrets).translate(_CONTROLS)
        record.args = None
        fields = fields_of(record)
        for name, value in fields.items():
            if isinstance(value, str):
                fields[name] = redact(value, secrets).translate(_CONTROLS)
        if record.exc_info and not record.exc_text:
            record.exc_text = "".join(traceback.format_exception(*record.exc_info)).rstrip("\n")
        if record.exc_text:
            record.exc_text = redact(record.exc_text, secrets).translate(_IN_TRACES)
        if record.stack_info:
            record.stack_info = redact(record.stack_info, secrets)
        return True


class _LogFile(RotatingFileHandler):
    """A log file of bounded size; a full disk costs log lines, not the call."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (the base class's name)
        """Drop the record: a traceback on the terminal for each lost line would help nobody."""


def setup_logging(
    level: str = "warning",
    *,
    file: Path | None = None,
    secrets: Iterable[str] = (),
    form: Literal["text", "json"] = "text",
) -> RedactingFilter:
    """Send the root logger to stderr, and to ``file`` as well, through one redacting filter.

    ``level`` is debug, info, warning or error. ``file`` is rotated at 5 MB, three files in all;
    where it cannot be opened a warning says so and logging goes on without it. ``form`` is as in
    ``LogSettings.format``. Calling again
    replaces what the last call installed. Returns the filter, so that later secrets (one-time
    tokens) can be added.
    """
    redacting = RedactingFilter(secrets)
    root = logging.getLogger()
    for handler in [h for h in root.handlers if _is_ours(h)]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(_LEVELS[level])
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(logging.INFO, _LEVELS[level]))
    _install(logging.StreamHandler(), redacting, form)
    if file is not None:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            _install(
                _LogFile(file, maxBytes=_FILE_BYTES, backupCount=_FILE_COUNT - 1, encoding="utf-8"),
                redacting,
                form,
            )
        except OSError as error:
            logging.getLogger(__name__).warning(
                "no log file: %s cannot be written (%s); logging to the terminal only",
                file,
                error.strerror or type(error).__name__,
            )
    return redacting


def _install(
    handler: logging.Handler, redacting: RedactingFilter, form: Literal["text", "json"]
) -> None:
    handler.addFilter(redacting)
    text = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    handler.setFormatter(JsonFormatter() if form == "json" else text)
    logging.getLogger().addHandler(handler)


def _is_ours(handler: logging.Handler) -> bool:
    return any(isinstance(item, RedactingFilter) for item in handler.filters)


def _message_of(record: logging.LogRecord) -> str:
    """Return the merged message; a call whose arguments do not fit still yields a line."""
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):
        return f"{record.msg} (log arguments do not fit the format)"
