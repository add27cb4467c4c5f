"""The clients of Node: agents over WebSocket, the old beta client, and ``openai`` over TLS."""

from __future__ import annotations

import pytest

from tests.interop.interop_kit import (
    check_barge_in,
    check_speech,
    check_text,
    check_tool,
    needs,
    run_client,
)

pytestmark = needs("node")

CLIENTS = pytest.mark.parametrize("client", ["agents", "beta", "openai"])


@pytest.fixture
def run(request, client):
    """Run a scenario; ``openai`` dials nothing but TLS."""
    variables = request.getfixturevalue("served_tls" if client == "openai" else "served")

    def scenario(name):
        report = run_client("node", f"{client}.mjs", name, **variables)
        # Of agents: what its own zod schemas refuse.
        assert report.get("invalid", []) == []
        return report

    return scenario


@CLIENTS
def test_a_text_turn_is_answered_in_writing(run, client):
    report = run("text")

    check_text(report)
    assert (report["status"], report["errors"]) == ("completed", [])


@CLIENTS
def test_a_spoken_turn_is_found_heard_and_answered(run, client):
    report = run("speech")

    check_speech(report)
    assert report["errors"] == []


@CLIENTS
def test_a_function_is_called_and_its_output_said(run, client):
    report = run("tool")

    check_tool(report)
    assert report.get("called", [{"city": "Paris"}]) == [{"city": "Paris"}]
    assert report["errors"] == []


@CLIENTS
def test_speaking_over_an_answer_keeps_what_was_heard(run, client):
    report = run("barge_in")

    check_barge_in(report)
    assert report["errors"] == []


@CLIENTS
def test_a_bad_event_is_named_and_the_session_lives_on(run, client):
    report = run("bad_event")

    # The beta client names its events itself.
    assert report["event_id"].startswith("evt_" if client == "beta" else "mine_1")
    assert report["code"] == "invalid_value"
    assert report["status"] == "completed"


@pytest.mark.parametrize("client", ["agents", "openai"])
def test_an_out_of_band_response_leaves_the_conversation_alone(run, client):
    report = run("out_of_band")

    check_text(report)
    assert report["metadata"] == {"topic": "who"}
    assert report["items"] == []
    assert report["errors"] == []
