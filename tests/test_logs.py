"""Logging: whatever is thrown at it, no key comes out."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from voice.logs import MASK, RedactingFilter, redact, setup_logging

CANARY = "canary-7f3a9c1d5e8b2046"


@pytest.fixture(autouse=True)
def root_logger_restored() -> Iterator[None]:
    """Put the root logger and the libraries' levels back as they were."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    for handler in list(root.handlers):
        if handler not in handlers:
            root.removeHandler(handler)
            handler.close()
    root.setLevel(level)
    for name in ("websockets", "httpx", "httpcore", "httpx2", "httpcore2", "openai", "anthropic"):
        logging.getLogger(name).setLevel(logging.NOTSET)


@pytest.mark.parametrize(
    "text",
    [
        f"> Authorization: Bearer {CANARY}",
        f"headers: [('Authorization', 'Bearer {CANARY}')]",
        f"{{b'authorization': b'Bearer {CANARY}'}}",
        f"Proxy-Authorization: Basic {CANARY}",
        f"api-key: {CANARY}",
        f"X-API-Key={CANARY}",
        f"wss://host/v1/realtime?model=m&api-key={CANARY}&x=1",
        f"GET /v1/realtime?token={CANARY} HTTP/1.1",
        f"https://host/?access_token={CANARY}#top",
        f"sent Bearer {CANARY} to the gateway",
        f"key sk-{CANARY} was refused",
        f"key sk-proj-{CANARY} was refused",
        f"secret ek_{CANARY.replace('-', '_')}",
        f"Sec-WebSocket-Protocol: realtime, openai-insecure-api-key.{CANARY}",
        f'{{"api_key": "{CANARY}", "model": "m"}}',
        f"{{'client_secret': '{CANARY}'}}",
        f"Endpoint(api_key='{CANARY}')",
        f"wss://someone:{CANARY}@host/v1",
    ],
)
def test_every_shape_of_a_secret_is_masked(text: str) -> None:
    masked = redact(text)

    assert CANARY not in masked
    assert CANARY.replace("-", "_") not in masked
    assert CANARY[8:] not in masked
    assert MASK in masked


@pytest.mark.parametrize(
    "text",
    [
        "session.update sent, event_id=evt_12, max_output_tokens=4096",
        "response resp_1 done: status completed, tokens 12",
        "turned the key in the lock; the token ring is fine",
        "connecting to wss://api.example.com/v1/realtime?model=gpt-realtime",
    ],
)
def test_ordinary_lines_pass_unchanged(text: str) -> None:
    assert redact(text) == text


def test_registered_secrets_are_masked_in_plain_and_in_url_spelling() -> None:
    masked = redact("x p@ss/w0rd y p%40ss%2Fw0rd z", ["p@ss/w0rd"])

    assert masked == f"x {MASK} y {MASK} z"


def test_a_key_too_short_to_be_one_blackens_no_words() -> None:
    assert redact("a backchannel", ["k", "chan", ""]) == f"a back{MASK}nel"


def capture(level: str, secrets: tuple[str, ...] = ()) -> tuple[RedactingFilter, io.StringIO]:
    """Set logging up and catch what its stderr handler writes."""
    before = list(logging.getLogger().handlers)
    redacting = setup_logging(level, secrets=secrets)
    (handler,) = [h for h in logging.getLogger().handlers if h not in before]
    assert isinstance(handler, logging.StreamHandler)
    stream = io.StringIO()
    handler.setStream(stream)
    return redacting, stream


def test_a_registered_secret_is_masked_in_message_arguments_and_traceback() -> None:
    _, stream = capture("debug", (CANARY,))

    try:
        raise RuntimeError(f"server said {CANARY}")
    except RuntimeError:
        logging.getLogger("some.library").exception("failed with %s and %r", CANARY, {"a": CANARY})

    assert "RuntimeError" in stream.getvalue()
    assert "test_logs.py" in stream.getvalue()
    assert CANARY not in stream.getvalue()


def test_a_trace_keeps_its_lines_and_cannot_drive_a_terminal() -> None:
    _, stream = capture("debug")

    try:
        raise RuntimeError("red \x1b[31m here")
    except RuntimeError:
        logging.getLogger("some.library").exception("failed")

    assert "\x1b" not in stream.getvalue()
    assert len(stream.getvalue().splitlines()) > 3


def test_lines_are_json_objects_where_that_is_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    setup_logging("info", form="json", secrets=[CANARY])

    logging.getLogger("a").warning("key %s", CANARY)

    assert json.loads(capsys.readouterr().err)["message"] == f"key {MASK}"


def test_a_chained_cause_is_masked_too() -> None:
    _, stream = capture("debug", (CANARY,))

    try:
        try:
            raise ValueError(CANARY)
        except ValueError as error:
            raise RuntimeError("outer") from error
    except RuntimeError:
        logging.getLogger("some.library").exception("failed", stack_info=True)

    assert "direct cause" in stream.getvalue()
    assert CANARY not in stream.getvalue()


def test_a_secret_added_later_is_masked_from_then_on() -> None:
    redacting, stream = capture("info")

    redacting.add_secret(CANARY)
    logging.getLogger("a").info("one-time %s", CANARY)

    assert stream.getvalue().rstrip().endswith(f"one-time {MASK}")


def test_only_the_newest_secrets_are_kept_and_short_ones_are_ignored() -> None:
    redacting = RedactingFilter(["abc"])
    for number in range(300):
        redacting.add_secret(f"secret-number-{number:04d}")

    def masked(text: str) -> str:
        record = logging.LogRecord("n", logging.INFO, "p", 1, text, None, None)
        assert redacting.filter(record)
        return record.getMessage()

    assert masked("abc") == "abc"
    assert masked("secret-number-0299") == MASK
    assert masked("secret-number-0000") == "secret-number-0000"


def test_chatty_libraries_never_speak_below_info() -> None:
    _, stream = capture("debug")
    library = logging.getLogger("websockets.client")

    assert library.getEffectiveLevel() == logging.INFO
    library.setLevel(logging.DEBUG)  # as an environment variable of a library may do
    library.debug("> Authorization: Bearer %s", CANARY)
    library.info("connection open")
    library.setLevel(logging.NOTSET)

    assert "connection open" in stream.getvalue()
    assert "Authorization" not in stream.getvalue()


def test_a_message_cannot_forge_a_second_line_or_drive_the_terminal() -> None:
    _, stream = capture("info")

    logging.getLogger("a").info("heard %s", "hi\n2026 ERROR forged\x1b[2J\r")

    assert stream.getvalue().count("\n") == 1
    assert "\x1b" not in stream.getvalue()
    assert "hi\\n2026 ERROR forged\\x1b[2J\\r" in stream.getvalue()


def test_arguments_that_do_not_fit_still_give_one_line() -> None:
    record = logging.LogRecord("a", logging.INFO, "p", 1, "%d apples", ("no number",), None)

    assert RedactingFilter().filter(record)

    assert record.getMessage().startswith("%d apples")


def test_the_level_is_the_one_that_was_asked_for() -> None:
    _, stream = capture("error")

    logging.getLogger("a").warning("quiet")
    logging.getLogger("a").error("loud")

    assert "quiet" not in stream.getvalue()
    assert "loud" in stream.getvalue()


def test_the_log_file_is_made_with_its_folder_and_masked(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "voice.log"
    setup_logging("info", file=path, secrets=[CANARY])

    logging.getLogger("a").info("key %s", CANARY)

    assert path.read_text(encoding="utf-8").rstrip().endswith(f"key {MASK}")


def test_an_unwritable_log_file_is_said_and_logging_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")

    setup_logging("info", file=tmp_path / "file" / "voice.log")
    logging.getLogger("a").info("still here")

    said = capsys.readouterr().err
    assert "no log file" in said
    assert "still here" in said


def test_setting_up_twice_does_not_double_the_lines() -> None:
    setup_logging("info")
    _, stream = capture("info")

    logging.getLogger("a").info("once")

    ours = [
        h
        for h in logging.getLogger().handlers
        if any(isinstance(item, RedactingFilter) for item in h.filters)
    ]
    assert len(ours) == 1
    assert stream.getvalue().count("once") == 1
