"""``openai-agents`` of Python: it takes every server event through pydantic and runs the tools."""

from __future__ import annotations

from tests.interop.interop_kit import (
    check_barge_in,
    check_speech,
    check_text,
    check_tool,
    needs,
    run_client,
)

pytestmark = needs("agents")


def run(served, scenario):
    return run_client("agents", "client.py", scenario, **served)


def test_a_text_turn_is_answered_in_writing(served):
    report = run(served, "text")

    check_text(report)
    assert (report["status"], report["errors"]) == ("completed", [])


def test_a_spoken_turn_is_found_heard_and_answered(served):
    report = run(served, "speech")

    check_speech(report)
    assert report["errors"] == []


def test_a_function_is_called_by_the_sdk_and_its_output_said(served):
    report = run(served, "tool")

    check_tool(report)
    assert report["called"] == [{"city": "Paris"}]
    assert report["errors"] == []


def test_speaking_over_an_answer_keeps_what_was_heard(served):
    report = run(served, "barge_in")

    check_barge_in(report)
    assert report["errors"] == []


def test_a_bad_event_is_named_and_the_session_lives_on(served):
    report = run(served, "bad_event")

    assert (report["event_id"], report["code"]) == ("mine_1", "item_delete_invalid_item_id")
    assert len(report["errors"]) == 1
    assert report["status"] == "completed"


def test_an_out_of_band_response_leaves_the_conversation_alone(served):
    report = run(served, "out_of_band")

    check_text(report)
    assert report["metadata"] == {"topic": "who"}
    assert report["items"] == []
    assert report["errors"] == []
