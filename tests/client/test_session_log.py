"""The log of a session: what an operator needs, and nothing of what was said."""

import logging

import pytest

from voice.client.session_log import MAX_REASON, SessionLog
from voice.core import updates as u
from voice.log_lines import fields_of
from voice.protocol.dialects import Dialect
from voice.protocol.session_config import SessionConfig


@pytest.fixture
def logged(caplog):
    """Return the function that gives updates to a log, and one that reads its lines."""
    caplog.set_level(logging.INFO, logger="voice.client.session_log")
    now = iter([10.0, 10.25, 20.0])
    session_log = SessionLog("cloud", lambda: next(now))

    def take(*updates):
        for update in updates:
            session_log.take(update)
        return [(record.getMessage(), fields_of(record)) for record in caplog.records]

    return take


def test_connections_are_told_with_attempt_and_cause(logged):
    lines = logged(
        u.SessionReady(SessionConfig(), Dialect.GA),
        u.ConnectionLost("the cable is out", 500, 2),
        u.Reconnected("partial", 3),
        u.EndpointChanged("own", 1, "the cloud is gone"),
        u.EndpointChanged("cloud", 0, ""),
        u.SessionRenewed("full"),
        u.Ended(u.EndKind.LINK_LOST, 1006, "gone"),
    )
    assert [line for line, _ in lines] == [
        "session open at cloud, ga",
        "connection lost, attempt 2: the cable is out",
        "connection back, conversation restored: partial",
        "going on at own: the cloud is gone",
        "going on at cloud: the better one is back",
        "session renewed, conversation: full",
        "session ended: the connection was lost",
    ]
    assert lines[1][1] == {
        "event": "lost",
        "attempt": 2,
        "cause": "the cable is out",
        "retry_in_ms": 500,
    }


def test_a_tool_is_told_by_name_time_and_status(logged):
    [(line, fields)] = logged(
        u.ToolCallStarted("c1", "clock", '{"city": "Secretville"}'),
        u.ToolCallFinished("c1", "clock", "noon in Secretville", is_error=False),
    )
    assert line == "tool clock done in 250 ms"
    assert fields["status"] == "done"
    assert "Secretville" not in repr(fields)


def test_leave_for_a_call_is_told_by_its_verdict(logged):
    [(line, fields)] = logged(
        u.ApprovalRequested("ask1", "docs", "search", '{"query": "Secretville"}'),
        u.ApprovalOver("ask1", "refused"),
    )
    assert line == "leave for the endpoint's call: refused"
    assert fields == {"event": "leave", "request": "ask1", "verdict": "refused"}


def test_a_turn_is_told_in_ms_after_the_last_word(logged):
    [(line, fields)] = logged(
        u.TurnTimeline(
            "r1", speech_end_ms=1_000, turn_end_ms=1_500, first_token_ms=1_700, first_audio_ms=1_900
        )
    )
    assert line.endswith("turn_end 500, first_token 700, first_audio 900")
    assert fields["first_audio_ms"] == 900


def test_what_nobody_asked_for_has_no_turn_to_measure(logged):
    assert logged(u.TurnTimeline("r1", first_audio_ms=7)) == []


def test_warnings_and_errors_are_told_by_code(logged):
    lines = logged(
        u.WarningIssued("day_cap_near", "the day's cap is near"),
        u.WarningIssued("microphone_lost", "x" * 5_000),
        u.ErrorReported("invalid_value", "Invalid value: 'my secret words'"),
    )
    assert lines[0][0] == "day_cap_near: the day's cap is near"
    assert len(lines[1][0]) < MAX_REASON + 30
    assert lines[2][0] == "error: invalid_value"


def test_words_are_never_told(logged):
    assert (
        logged(
            u.UserTranscript("i1", "my secret", is_final=True),
            u.AssistantTranscript("r1", "i2", "your secret", is_final=True),
            u.TranscriptCorrected("i2", "your"),
            u.PhaseChanged(u.Phase.SPEAKING),
        )
        == []
    )
    [(line, fields)] = logged(u.Interrupted("i2", 300, "your", " secret"))
    assert line == "interrupted after 300 ms"
    assert "secret" not in repr(fields)


def test_a_pause_is_told_without_the_words_that_were_heard(logged):
    paused, resumed = logged(
        u.PlaybackPaused("14 dB above the echo"),
        u.PlaybackResumed("backchannel", "my secret", "'my secret' is a backchannel"),
    )
    assert paused[0] == "playback paused"
    assert resumed[0] == "playback goes on: backchannel"
    assert "secret" not in repr(resumed)


def test_the_end_of_a_turn_and_news_of_devices_are_told_with_their_cause(logged):
    stopped, device = logged(
        u.UserSpeechStopped("224 ms of silence after complete words"),
        u.DeviceUpdate("microphone", "USB", False, "it was unplugged"),
    )
    assert stopped[0] == "the user's turn is over: 224 ms of silence after complete words"
    assert device[0] == "microphone 'USB' is gone: it was unplugged"
