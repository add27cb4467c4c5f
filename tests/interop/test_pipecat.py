"""pipecat's OpenAIRealtimeLLMService: most errors end its session, so none may come."""

from __future__ import annotations

from tests.interop.interop_kit import check_speech, check_text, needs, run_client

pytestmark = needs("pipecat")


def run(served, scenario):
    report = run_client("pipecat", "client.py", scenario, **served)
    assert report["errors"] == []
    return report


def test_a_text_turn_is_answered_in_writing(served):
    check_text(run(served, "text"))


def test_a_spoken_turn_is_found_heard_and_answered(served):
    check_speech(run(served, "speech"))


def test_a_function_is_called_and_its_output_said(served):
    report = run(served, "tool")

    assert report["calls"] == [{"name": "get_weather", "arguments": {"city": "Paris"}}]
    assert "sunny" in report["said"]


def test_the_pipeline_goes_on_after_an_answer_is_spoken_over(served):
    report = run(served, "barge_in")

    assert report["whole"]
    assert "assistant" in report["then"].lower()
