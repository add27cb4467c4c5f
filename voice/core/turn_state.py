"""The user's turn as the client sees it: silent, speaking, on the button, owed an answer."""

from __future__ import annotations

from enum import Enum

from voice.core.deadline_machine import DeadlineMachine

TALK_TAIL_MS = 200
"""The microphone stays open this long after the talk button is released (the last syllable)."""

OWED_DEADLINE_MS = 3_000
"""An endpoint that starts responses by itself may start none (a cough); then we stop waiting."""

EXPECTED_DEADLINE_MS = 3_000
"""The ear at this end heard the user; if the endpoint then hears nothing, it was nothing for it."""

SPEECH_DEADLINE_MS = 120_000
"""A turn whose end is never reported is given up after this long."""


class TurnState(Enum):
    """Where the user's turn stands."""

    SILENT = "silent"
    EXPECTED = "the ear heard the user; the endpoint will"
    SPEAKING = "speaking"
    HELD = "the talk button is down"
    RELEASING = "the talk button was released just now"
    OWED = "the endpoint is about to answer by itself"


_S, _P, _H = TurnState.SILENT, TurnState.SPEAKING, TurnState.HELD
_R, _O, _E = TurnState.RELEASING, TurnState.OWED, TurnState.EXPECTED


class TurnEvent(Enum):
    """What can happen to the turn."""

    EXPECTED = "the ear at this end hears the user, whose words are on their way"
    STARTED = "the endpoint hears speech"
    STOPPED = "the endpoint hears no more speech, and will not answer by itself"
    STOPPED_OWING = "the endpoint hears no more speech, and will answer by itself"
    PRESSED = "talk button down"
    RELEASED = "talk button up"
    ANSWERED = "a response began"
    EXPIRED = "the deadline of the state"
    LOST = "the connection is lost, and what the endpoint knew of the turn"
    RESENT = "the audio of an unanswered turn was sent again"


TRANSITIONS: dict[tuple[TurnState, TurnEvent], TurnState] = {
    (_S, TurnEvent.EXPECTED): _E,
    (_O, TurnEvent.EXPECTED): _E,
    (_E, TurnEvent.STARTED): _P,
    (_E, TurnEvent.STOPPED): _S,
    (_E, TurnEvent.STOPPED_OWING): _O,
    (_E, TurnEvent.PRESSED): _H,
    (_E, TurnEvent.EXPIRED): _S,
    (_E, TurnEvent.LOST): _S,
    (_S, TurnEvent.STARTED): _P,
    (_O, TurnEvent.STARTED): _P,
    (_P, TurnEvent.STOPPED): _S,
    (_P, TurnEvent.STOPPED_OWING): _O,
    (_S, TurnEvent.PRESSED): _H,
    (_P, TurnEvent.PRESSED): _H,
    (_R, TurnEvent.PRESSED): _H,
    (_O, TurnEvent.PRESSED): _H,
    (_H, TurnEvent.RELEASED): _R,
    (_O, TurnEvent.ANSWERED): _S,
    (_P, TurnEvent.EXPIRED): _S,
    (_R, TurnEvent.EXPIRED): _S,
    (_O, TurnEvent.EXPIRED): _S,
    (_P, TurnEvent.LOST): _S,
    (_O, TurnEvent.LOST): _S,
    (_S, TurnEvent.RESENT): _O,
}
"""The whole machine; a missing key changes nothing, since people and endpoints do odd things."""

_LIMITS_MS = {
    _E: EXPECTED_DEADLINE_MS,
    _P: SPEECH_DEADLINE_MS,
    _R: TALK_TAIL_MS,
    _O: OWED_DEADLINE_MS,
}


class UserTurn(DeadlineMachine[TurnState, TurnEvent]):
    """The turn of the one user of a session, with the deadline of its state."""

    def __init__(self) -> None:
        super().__init__(TurnState.SILENT, TRANSITIONS, _LIMITS_MS)

    @property
    def is_silent(self) -> bool:
        """Whether we may ask for a response: nobody speaks and none is owed."""
        return self.state is TurnState.SILENT

    @property
    def is_speaking(self) -> bool:
        """Whether a response that begins now would talk over the user."""
        return self.state not in (TurnState.SILENT, TurnState.OWED)

    def expire(self, now_ms: int) -> TurnState | None:
        """Leave a state whose deadline has passed; return the state that was left, or None."""
        if not self.is_late(now_ms):
            return None
        left = self.state
        self.move(TurnEvent.EXPIRED, now_ms)
        return left
