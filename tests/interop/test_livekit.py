"""livekit's OpenAI plugin: it wants its item ids kept, its metadata echoed, and audio in order."""

from __future__ import annotations

from tests.interop.interop_kit import (
    check_barge_in,
    check_speech,
    check_text,
    check_tool,
    needs,
    run_client,
)

pytestmark = needs("livekit")


def run(served, scenario):
    report = run_client("livekit", "client.py", scenario, **served)
    assert report.get("errors", []) == []
    return report


def test_a_text_turn_is_answered_in_writing(served):
    check_text(run(served, "text"))


def test_a_spoken_turn_is_found_heard_and_answered(served):
    check_speech(run(served, "speech"))


def test_a_function_is_called_and_its_output_said(served):
    check_tool(run(served, "tool"))


def test_speaking_over_an_answer_keeps_what_was_heard(served):
    check_barge_in(run(served, "barge_in"))


def test_a_bad_event_is_named_and_the_session_lives_on(served):
    report = run(served, "bad_event")

    assert (report["event_id"], report["code"]) == ("mine_1", "invalid_value")
    assert "assistant" in report["said"].lower()
