"""Turns as spans: every stage, tool and interruption where it belongs, and nothing said."""

import pytest

from voice.client.turn_spans import TurnSpans
from voice.core import updates as u
from voice.log_lines import SESSION


class Time:
    """A time of day and the clock of the core, moved together."""

    def __init__(self) -> None:
        self.core = 5.0

    def wall_s(self) -> float:
        return 1_000.0 + self.core

    def core_s(self) -> float:
        return self.core


@pytest.fixture
def story():
    """Return a function that takes (time, update) pairs and returns the spans of turns."""
    time, sent = Time(), []
    spans = TurnSpans(sent.append, endpoint="cloud", wall_s=time.wall_s, core_s=time.core_s)

    before = SESSION.set("s1")

    def tell(*steps):
        for at_s, update in steps:
            time.core = at_s
            spans.take(update)
        return sent

    yield tell
    SESSION.reset(before)


TIMELINE = u.TurnTimeline("r1", 6_000, 6_500, 6_600, 6_700, 6_900, 7_400)
SPOKEN = (
    (5.0, u.UserSpeechStarted("u1")),
    (6.5, u.UserSpeechStopped()),
    (6.6, u.UserTranscript("u1", "my secret", is_final=True)),
    (6.7, u.AssistantTranscript("r1", "a1", "your secret", is_final=False)),
    (6.9, u.PhaseChanged(u.Phase.SPEAKING)),
    (7.4, TIMELINE),
    (7.4, u.ResponseFinished("r1", "completed", None, {"input_tokens": 9, "output_tokens": 5})),
)


def stages(span):
    return {child.name: (child.begin_s, child.end_s) for child in span.children}


def test_a_spoken_turn_has_all_its_stages(story):
    [turn] = story(*SPOKEN, (8.5, u.PhaseChanged(u.Phase.LISTENING)))
    assert (turn.name, turn.begin_s, turn.end_s) == ("turn", 1_005.0, 1_008.5)
    found = {name: (a - 1_000, b - 1_000) for name, (a, b) in stages(turn).items()}
    assert found == {
        "turn end": pytest.approx((6.0, 6.5)),
        "transcription": pytest.approx((6.5, 6.6)),
        "brain": pytest.approx((6.5, 6.7)),
        "first audio": pytest.approx((6.7, 6.9)),
        "audio": pytest.approx((6.9, 7.4)),
        "response": pytest.approx((7.4, 7.4)),
        "playback": pytest.approx((6.9, 8.5)),
    }
    assert turn.attributes == {
        "session.id": "s1",
        "endpoint": "cloud",
        "turn.spoken": True,
        "turn.interrupted": False,
        "turn.responses": 1,
    }
    response = next(child for child in turn.children if child.name == "response")
    assert response.attributes["tokens.input"] == 9
    assert response.attributes["response.status"] == "completed"


def test_nothing_that_was_said_is_told(story):
    tools = (
        (7.5, u.ToolCallStarted("c1", "clock", '{"city": "secret"}')),
        (7.6, u.ToolCallFinished("c1", "clock", "secret", is_error=False)),
    )
    assert "secret" not in repr(story(*SPOKEN, *tools, (8.5, u.PhaseChanged(u.Phase.LISTENING))))


def test_tools_belong_to_their_turn_which_waits_for_them(story):
    sent = story(
        (5.0, u.UserSpeechStarted("u1")),
        (6.0, u.ToolCallStarted("c1", "clock", "{}")),
        (6.0, u.ResponseFinished("r1", "completed")),
        (6.0, u.PhaseChanged(u.Phase.WORKING)),
        (7.0, u.ToolCallFinished("c1", "clock", "noon", is_error=True)),
        (7.0, u.PhaseChanged(u.Phase.THINKING)),
        (7.5, u.AssistantTranscript("r2", "a2", "Noon.", is_final=True)),
        (7.6, u.TurnTimeline("r2", 5_500, 5_900, None, 7_500, 7_550, 7_560)),
        (7.6, u.ResponseFinished("r2", "completed")),
        (7.7, u.PhaseChanged(u.Phase.LISTENING)),
    )
    [turn] = sent
    tool = next(child for child in turn.children if child.name == "tool")
    assert (tool.attributes["tool.name"], tool.is_error) == ("clock", True)
    assert tool.end_s - tool.begin_s == pytest.approx(1.0)
    assert turn.attributes["turn.responses"] == 2
    assert stages(turn)["brain"] == (pytest.approx(1_007.0), pytest.approx(1_007.5))


def test_an_interruption_is_told_with_the_turn_that_was_cut(story):
    first, second = story(
        *SPOKEN[:5],
        (7.2, u.UserSpeechStarted("u2")),
        (7.2, u.Interrupted("a1", 300, "your", " secret")),
        (7.2, u.PhaseChanged(u.Phase.LISTENING)),
        (7.3, u.ResponseFinished("r1", "cancelled")),
        (8.0, u.AssistantTranscript("r2", "a2", "Yes.", is_final=True)),
        (8.1, u.ResponseFinished("r2", "completed")),
        (8.2, u.Ended(u.EndKind.HUNG_UP, 1000, "")),
    )
    assert first.attributes["turn.interrupted"] is True
    assert stages(first)["playback"] == (pytest.approx(1_006.9), pytest.approx(1_007.2))
    cut = next(child for child in first.children if child.name == "interruption")
    assert cut.attributes == {"heard_ms": 300}
    assert second.attributes["turn.interrupted"] is False
    assert second.begin_s == pytest.approx(1_007.2)


def test_a_failed_response_makes_the_turn_an_error(story):
    [turn] = story(
        (5.0, u.ResponseFinished("r1", "failed", "server_error")),
        (5.0, u.Ended(u.EndKind.LINK_LOST, 1006, "gone")),
    )
    assert turn.is_error


def test_a_session_without_turns_tells_nothing(story):
    assert story((6.0, u.Ended(u.EndKind.HUNG_UP, 1000, ""))) == []
