"""The ``openai`` package of Python: its GA client and its beta client."""

from __future__ import annotations

import pytest

from tests.frame_validation import faults
from tests.interop.interop_kit import (
    check_barge_in,
    check_speech,
    check_text,
    check_tool,
    needs,
    run_client,
)
from voice.protocol.dialects import Dialect

pytestmark = needs("openai")

DIALECTS = pytest.mark.parametrize("dialect", ["ga", "beta"])


def run(served, dialect, scenario):
    report = run_client("openai", "client.py", "run", scenario, dialect, **served)
    frames = report.pop("frames")
    assert len(frames) > 5
    assert [fault for frame in frames for fault in faults(frame, Dialect(dialect))] == []
    return report


@DIALECTS
def test_a_text_turn_is_answered_in_writing(served, dialect):
    report = run(served, dialect, "text")

    check_text(report)
    assert report["status"] == "completed"
    assert report["text"] == report["final"] == report["output"]
    assert report["tokens"] > 0
    assert report["model"] == ("gpt-realtime" if dialect == "ga" else "gpt-4o-realtime-preview")


@DIALECTS
def test_a_spoken_turn_is_found_heard_and_answered(served, dialect):
    report = run(served, dialect, "speech")

    check_speech(report)
    assert report["status"] == "completed"
    assert 0 <= report["starts_ms"] < report["stops_ms"] < 4_000


@DIALECTS
def test_a_function_is_called_and_its_output_said(served, dialect):
    report = run(served, dialect, "tool")

    check_tool(report)
    assert report["kind"] == "function_call"
    assert report["streamed"] == report["arguments"]
    assert report["status"] == "completed"


@DIALECTS
def test_speaking_over_an_answer_keeps_what_was_heard(served, dialect):
    report = run(served, dialect, "barge_in")

    check_barge_in(report)
    assert report["cut_ms"] <= 900


@DIALECTS
def test_a_bad_event_is_named_and_the_session_lives_on(served, dialect):
    report = run(served, dialect, "bad_event")

    assert report["event_id"] == "mine_1"
    assert (report["code"], report["param"]) == ("invalid_value", "type")
    assert report["cancel_event_id"] == "mine_2"
    assert report["cancel_code"] == "response_cancel_not_active"
    assert report["status"] == "completed"


@DIALECTS
def test_an_out_of_band_response_leaves_the_conversation_alone(served, dialect):
    report = run(served, dialect, "out_of_band")

    check_text(report)
    assert report["status"] == "completed"
    assert report["metadata"] == {"topic": "who"}
    assert report["conversation_id"] is None
    assert report["items"] == []
