"""Log lines as JSON: one a record, whatever is in it."""

import io
import json
import logging
from contextvars import copy_context

import pytest

from voice.log_lines import SESSION, JsonFormatter, about, fields_of
from voice.logs import RedactingFilter

CANARY = "canary-2c9e8b71aa05"


@pytest.fixture
def logged():
    """Return a logger of its own, and a function that reads its lines."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(RedactingFilter([CANARY]))
    handler.setFormatter(JsonFormatter())
    logger = logging.Logger("voice.lines")
    logger.addHandler(handler)

    def lines():
        return [json.loads(line) for line in stream.getvalue().splitlines()]

    return logger, lines, stream


def test_a_line_has_its_time_its_event_and_its_fields(logged):
    logger, lines, _ = logged
    logger.info(
        "tool %s took %d ms", "clock", 12, extra=about("tool_finished", tool="clock", ms=12)
    )
    [line] = lines()
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "info",
        "logger": "voice.lines",
        "event": "tool_finished",
        "message": "tool clock took 12 ms",
        "tool": "clock",
        "ms": 12,
    }


def test_a_line_names_the_session_of_its_task(logged):
    logger, lines, _ = logged

    def work():
        SESSION.set("s1")
        logger.info("in it")

    copy_context().run(work)
    logger.info("outside")
    inside, outside = lines()
    assert inside["session"] == "s1"
    assert "session" not in outside


def test_every_record_is_one_line(logged):
    logger, lines, stream = logged
    nasty = "a\nb\r\x1b[31mc\u2028d\x85e\x00"
    logger.warning("%s", nasty, extra=about("x", name=nasty))
    try:
        raise ValueError(nasty)
    except ValueError:
        logger.exception("it broke")
    assert len(stream.getvalue().splitlines()) == 2
    assert stream.getvalue().isascii()
    first, second = lines()
    assert "\n" not in first["message"]
    assert "\x1b" not in first["name"]
    assert second["exception"].startswith("Traceback")


def test_fields_cannot_take_the_place_of_the_lines_own(logged):
    logger, lines, _ = logged
    logger.info("hello", extra=about("e", message="other", level="debug"))
    [line] = lines()
    assert (line["message"], line["level"]) == ("hello", "info")


def test_no_key_comes_out_of_message_fields_or_trace(logged):
    logger, _, stream = logged
    try:
        raise RuntimeError(f"with {CANARY}")
    except RuntimeError:
        logger.exception("key %s", CANARY, extra=about("e", reason=f"Bearer {CANARY}"))
    assert CANARY not in stream.getvalue()
    assert stream.getvalue().count("***") >= 3


def test_what_json_has_no_word_for_is_written_as_text(logged):
    logger, lines, _ = logged
    logger.info("x", extra=about("e", kind=logging.Handler))
    assert "Handler" in lines()[0]["kind"]


def test_a_record_without_fields_has_none():
    assert fields_of(logging.LogRecord("n", 20, "p", 1, "m", (), None)) == {}
