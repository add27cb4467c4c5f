"""Why it spoke, waited or stopped, in words."""

import pytest

from voice.core.causes import phase_cause, turn_end_cause
from voice.core.turn_state import TurnState
from voice.core.updates import Phase
from voice.protocol.session_config import SemanticVad, ServerVad


@pytest.mark.parametrize(
    ("before", "phase", "turn", "cause"),
    [
        (Phase.SPEAKING, Phase.LISTENING, TurnState.SILENT, "the answer was heard to its end"),
        (Phase.THINKING, Phase.LISTENING, TurnState.SILENT, "nothing is to be said"),
        (Phase.CONNECTING, Phase.LISTENING, TurnState.SILENT, "the connection stands"),
        (Phase.SPEAKING, Phase.LISTENING, TurnState.SPEAKING, "the user speaks"),
        (Phase.LISTENING, Phase.THINKING, TurnState.OWED, "the turn is over"),
        (Phase.LISTENING, Phase.THINKING, TurnState.SILENT, "the answer is being made"),
        (Phase.THINKING, Phase.WORKING, TurnState.SILENT, "a tool runs"),
        (Phase.THINKING, Phase.SPEAKING, TurnState.SILENT, "the answer sounds"),
        (Phase.SPEAKING, Phase.RECONNECTING, TurnState.SILENT, "the connection was lost"),
    ],
)
def test_each_change_of_phase_has_a_cause(
    before: Phase, phase: Phase, turn: TurnState, cause: str
) -> None:
    assert phase_cause(before, phase, turn) == cause


def test_the_end_of_a_turn_is_explained_by_the_rules_of_the_session() -> None:
    assert turn_end_cause(ServerVad(silence_duration_ms=300)) == "300 ms of silence"
    assert turn_end_cause(SemanticVad()) == "the endpoint heard the turn end"
