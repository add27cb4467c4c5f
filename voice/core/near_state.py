"""What somebody heard over our own voice means so far: quiet, paused, disputed, judged, overruled.

The ear at this end and the endpoint's own detector hear the same sound, each in its own time. The
ear's verdict counts; this machine holds what the endpoint says until the verdict is there.
"""

from __future__ import annotations

from enum import Enum

from voice.core.deadline_machine import DeadlineMachine

PAUSE_DEADLINE_MS = 1_500
"""A pause without a verdict ends after this long, and the answer goes on."""

DISPUTE_DEADLINE_MS = 600
"""The endpoint hears speech: so long the ear may take to say that it was none for us."""

JUDGED_MS = 1_000
"""So long after a verdict the endpoint's detector may still report the sound that was judged."""


class NearState(Enum):
    """Where the sound over our voice stands."""

    QUIET = "nothing is heard over our voice"
    PAUSED = "the answer is paused and the verdict awaited"
    DISPUTED = "paused; the endpoint takes the sound for a turn, the ear has not judged yet"
    JUDGED = "the answer goes on; the sound was nothing that ends it"
    OVERRULED = "the answer goes on although the endpoint takes the sound for a turn"


class NearEvent(Enum):
    """What can happen to it."""

    HEARD = "the ear hears something"
    STARTED = "the endpoint hears speech"
    RELEASED = "the verdict lets the answer go on"
    EXPIRED = "the deadline of the state"
    CUT = "the speaker was flushed, whatever for"
    TURN_OVER = "what the endpoint took for a turn is over"
    LOST = "the connection is lost, and what the endpoint heard with it"


_Q, _P, _D = NearState.QUIET, NearState.PAUSED, NearState.DISPUTED
_J, _O = NearState.JUDGED, NearState.OVERRULED

TRANSITIONS: dict[tuple[NearState, NearEvent], NearState] = {
    (_Q, NearEvent.HEARD): _P,
    (_J, NearEvent.HEARD): _P,
    (_O, NearEvent.HEARD): _D,
    (_P, NearEvent.STARTED): _D,
    (_J, NearEvent.STARTED): _O,
    (_P, NearEvent.RELEASED): _J,
    (_D, NearEvent.RELEASED): _O,
    (_P, NearEvent.EXPIRED): _Q,
    (_D, NearEvent.EXPIRED): _Q,
    (_J, NearEvent.EXPIRED): _Q,
    (_P, NearEvent.CUT): _Q,
    (_D, NearEvent.CUT): _Q,
    (_J, NearEvent.CUT): _Q,
    (_O, NearEvent.CUT): _Q,
    (_O, NearEvent.TURN_OVER): _Q,
    (_D, NearEvent.LOST): _P,
    (_O, NearEvent.LOST): _Q,
}
"""The whole machine; a missing key changes nothing, since two judges and a person are at work."""

_LIMITS_MS = {_P: PAUSE_DEADLINE_MS, _D: DISPUTE_DEADLINE_MS, _J: JUDGED_MS}


class NearSound(DeadlineMachine[NearState, NearEvent]):
    """The sound over our voice, with the deadline of its state."""

    def __init__(self) -> None:
        super().__init__(NearState.QUIET, TRANSITIONS, _LIMITS_MS)
        self.disputed_response: str | None = None
        """The response that the endpoint was giving when it took the sound for a turn."""
        self.is_cut_short = False
        """Whether the endpoint cancelled that response."""

    @property
    def is_paused(self) -> bool:
        """Whether the speaker was told to pause and neither to go on nor to stop."""
        return self.state in (NearState.PAUSED, NearState.DISPUTED)

    @property
    def is_overruling(self) -> bool:
        """Whether the endpoint's word that the user speaks does not count, or not yet."""
        return self.state in (NearState.DISPUTED, NearState.OVERRULED)

    def move(self, event: NearEvent, now_ms: int) -> bool:
        """Take one step and return whether the state changed."""
        if event is NearEvent.CUT or event is NearEvent.LOST:
            self.disputed_response, self.is_cut_short = None, False
        return super().move(event, now_ms)

    def dispute(self, response_id: str | None, now_ms: int) -> bool:
        """Take the endpoint's word that the user speaks; return whether it does not count yet."""
        if not self.move(NearEvent.STARTED, now_ms):
            return False
        self.disputed_response, self.is_cut_short = response_id, False
        return True

    def cancelled(self, response_id: str) -> None:
        """Note that the endpoint cancelled a response of which what was received is played."""
        if response_id == self.disputed_response:
            self.is_cut_short = True

    def take_cut_short(self) -> bool:
        """Return once, when it was judged, whether an answer ended early for a mere sound."""
        if not self.is_cut_short or self.state is NearState.DISPUTED:
            return False
        self.disputed_response, self.is_cut_short = None, False
        return True
