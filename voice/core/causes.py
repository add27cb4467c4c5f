"""Why it spoke, waited or stopped: short plain phrases for people and for the black box."""

from __future__ import annotations

from voice.core.turn_state import TurnState
from voice.core.updates import Phase
from voice.protocol.session_config import ServerVad, TurnDetection

STOP_KEY = "the stop key"
TALK_KEY = "the talk key"
TALK_KEY_UP = "the talk key was let go"
TYPED = "typed words"
TURN_BY_HAND = "the turn was ended by hand"
ENDPOINT_HEARD = "the endpoint heard speech"
ENDPOINT_COMMITTED = "the endpoint took the turn"
NOT_HEARD = "the endpoint did not hear what the ear took for speech"
LINK_LOST = "the connection was lost"
SESSION_OVER = "the session ended"
END_UNKNOWN = "the endpoint never said that the speech ended"

_AFTER = {
    Phase.SPEAKING: "the answer was heard to its end",
    Phase.THINKING: "nothing is to be said",
    Phase.WORKING: "the tool is done",
    Phase.CONNECTING: "the connection stands",
    Phase.RECONNECTING: "the connection stands again",
}

_DURING = {
    Phase.CONNECTING: "the connection is being opened",
    Phase.RECONNECTING: LINK_LOST,
    Phase.SPEAKING: "the answer sounds",
    Phase.WORKING: "a tool runs",
    Phase.CLOSED: SESSION_OVER,
}


def phase_cause(before: Phase, phase: Phase, turn: TurnState) -> str:
    """Return why ``phase`` follows on ``before``, where no handler knew better."""
    if phase is Phase.THINKING:
        is_owed = turn is TurnState.OWED
        return "the turn is over" if is_owed else "the answer is being made"
    if phase is Phase.LISTENING and turn in (TurnState.SILENT, TurnState.OWED):
        return _AFTER.get(before, "")
    return _DURING.get(phase, "the user speaks")


def turn_end_cause(rules: TurnDetection | None) -> str:
    """Return why the endpoint ended a turn, as far as its rules tell."""
    if isinstance(rules, ServerVad):
        return f"{rules.silence_duration_ms} ms of silence"
    return "the endpoint heard the turn end"
