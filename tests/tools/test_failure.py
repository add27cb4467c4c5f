from __future__ import annotations

from typing import Any

from tools.failure import MAX_REPORT_CHARS, report_failure


def caught(function: Any) -> BaseException:
    try:
        function()
    except BaseException as error:
        return error
    raise AssertionError("nothing was raised")


def _fail(text: str) -> None:
    raise ValueError(f"cannot read {text!r} at 17")


def test_the_report_shows_frames_and_message() -> None:
    report = report_failure(caught(lambda: _fail("file")), {})

    assert "in _fail" in report
    assert "ValueError: cannot read 'file' at 17" in report


def test_argument_values_are_masked() -> None:
    word = "".join(["my ", "Sec", "ret"])
    error = caught(lambda: _fail(word))

    report = report_failure(error, {"a": {"b": ["MY SECRET"]}, "n": 17})

    assert "secret" not in report.casefold()
    assert "17" not in report.splitlines()[-1]


def test_without_arguments_the_messages_are_left_out() -> None:
    report = report_failure(caught(lambda: _fail("my secret")))

    assert report.splitlines()[-1] == "ValueError"
    assert "my secret" not in report.splitlines()[-1]


def test_the_cause_is_shown_first() -> None:
    def chained() -> None:
        try:
            _fail("inner")
        except ValueError as error:
            raise RuntimeError("outer") from error

    report = report_failure(caught(chained), {})

    assert report.index("inner") < report.index("RuntimeError: outer")


def test_endless_recursion_stays_short() -> None:
    def forever() -> None:
        forever()

    report = report_failure(caught(forever), {})

    assert len(report) <= MAX_REPORT_CHARS
    assert "RecursionError" in report
