"""The response slot: one owner of the question "may a response be asked for now?".

A conversation has one slot. Both the client and the embedded server keep one; neither ever asks
for, or runs, two responses of the default conversation at once (DESIGN §4, FAULTS §1.1).
"""

from __future__ import annotations

from enum import Enum

from voice.errors import LocalProtocolError

ASK_DEADLINE_MS = 10_000
"""A request that nobody answers frees the slot after this long (FAULTS.

Error without response.done).
"""

CANCEL_DEADLINE_MS = 3_000
"""Some endpoints never send ``response.done`` after a cancel.

The slot frees itself after this long.
"""

DOUBT_DEADLINE_MS = 10_000
"""An active response whose endpoint reported an error is given up without a sign of life for so
long (FAULTS P07)."""

IDLE_STREAM_DEADLINE_MS = 60_000
"""An active response that shows no sign of life for this long is given up."""


class SlotState(Enum):
    """Where the conversation's one response stands."""

    IDLE = "idle"
    REQUESTED = "requested"
    ACTIVE = "active"
    CANCELLING = "cancelling"


class SlotEvent(Enum):
    """What can happen to the slot."""

    ASK = "we send response.create"
    CREATED = "response.created"
    CREATED_DEAD = "response.created that must be cancelled at birth"
    REFUSED = "error naming our request"
    CANCEL = "we cancel or the user barges in"
    DONE = "response.done or the deadline"


_I, _R, _A, _C = SlotState.IDLE, SlotState.REQUESTED, SlotState.ACTIVE, SlotState.CANCELLING

TRANSITIONS: dict[tuple[SlotState, SlotEvent], SlotState] = {
    (_I, SlotEvent.ASK): _R,
    (_I, SlotEvent.CREATED): _A,
    (_I, SlotEvent.CREATED_DEAD): _C,
    (_I, SlotEvent.DONE): _I,
    (_R, SlotEvent.CREATED): _A,
    (_R, SlotEvent.CREATED_DEAD): _C,
    (_R, SlotEvent.REFUSED): _I,
    (_R, SlotEvent.CANCEL): _C,
    (_R, SlotEvent.DONE): _I,
    (_A, SlotEvent.CANCEL): _C,
    (_A, SlotEvent.DONE): _I,
    (_A, SlotEvent.CREATED): _A,
    (_A, SlotEvent.CREATED_DEAD): _C,
    (_C, SlotEvent.CANCEL): _C,
    (_C, SlotEvent.DONE): _I,
    (_C, SlotEvent.CREATED): _A,
    (_C, SlotEvent.CREATED_DEAD): _C,
    (_C, SlotEvent.REFUSED): _I,
}
"""The whole machine; a missing key is an illegal move of ours."""


class ResponseSlot:
    """The one response of a conversation: idle, requested, active or cancelling."""

    def __init__(self) -> None:
        self.state = SlotState.IDLE
        self.response_id: str | None = None
        self.request_event_id: str | None = None
        self.deadline_ms: int | None = None

    @property
    def is_idle(self) -> bool:
        """Whether a new response may be asked for."""
        return self.state is SlotState.IDLE

    def ask(self, event_id: str, now_ms: int) -> None:
        """Note that response.create was sent as ``event_id``.

        Raises LocalProtocolError unless the slot is idle.
        """
        self._move(SlotEvent.ASK)
        self.request_event_id = event_id
        self.deadline_ms = now_ms + ASK_DEADLINE_MS

    @property
    def is_unwanted(self) -> bool:
        """Whether a request was given up before its response was created."""
        return self.state is SlotState.CANCELLING and self.request_event_id is not None

    def created(self, response_id: str, now_ms: int, *, dead: bool = False) -> None:
        """Note response.created; ``dead`` where it must be cancelled at birth (the user speaks)."""
        self._move(SlotEvent.CREATED_DEAD if dead else SlotEvent.CREATED)
        self.response_id = response_id
        self.request_event_id = None
        wait_ms = CANCEL_DEADLINE_MS if dead else IDLE_STREAM_DEADLINE_MS
        self.deadline_ms = now_ms + wait_ms

    def alive(self, now_ms: int) -> None:
        """Push the deadline of an active response away: it showed a sign of life."""
        if self.state is SlotState.ACTIVE:
            self.deadline_ms = now_ms + IDLE_STREAM_DEADLINE_MS

    def doubt(self, now_ms: int) -> None:
        """Give an active response little time for its next sign of life: an error came for it."""
        if self.state is SlotState.ACTIVE:
            self.deadline_ms = now_ms + DOUBT_DEADLINE_MS

    def refused(self, event_id: str | None) -> bool:
        """Free the slot if ``event_id`` names our pending request; return whether it did."""
        if event_id is None or event_id != self.request_event_id:
            return False
        self._move(SlotEvent.REFUSED)
        self._clear()
        return True

    def cancel(self, now_ms: int) -> None:
        """Note that the active response is being cancelled, or a request is no longer wanted.

        A request that is no longer wanted keeps its deadline: its response may still be created,
        and is then to be cancelled at birth. Raises LocalProtocolError if the slot is idle.
        """
        was_born = self.response_id is not None
        self._move(SlotEvent.CANCEL)
        if was_born:
            self.deadline_ms = now_ms + CANCEL_DEADLINE_MS

    def done(self, response_id: str | None) -> bool:
        """Free the slot if the finished response is the one in it; return whether it was.

        None, or the id of a response that we never saw created while we wait, frees it too: some
        endpoints end a response that they never announced.
        """
        unseen = self.response_id is None and not self.is_idle
        if response_id is not None and response_id != self.response_id and not unseen:
            return False
        was_busy = not self.is_idle
        self._move(SlotEvent.DONE)
        self._clear()
        return was_busy

    def expire(self, now_ms: int) -> bool:
        """Free the slot if its deadline has passed; return whether it did."""
        if self.deadline_ms is None or now_ms < self.deadline_ms:
            return False
        self._move(SlotEvent.DONE)
        self._clear()
        return True

    def _move(self, event: SlotEvent) -> None:
        try:
            self.state = TRANSITIONS[self.state, event]
        except KeyError:
            raise LocalProtocolError(
                f"response slot: {event.value!r} is illegal while {self.state.value}"
            ) from None

    def _clear(self) -> None:
        self.response_id = None
        self.request_event_id = None
        self.deadline_ms = None
