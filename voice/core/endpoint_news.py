"""What a person is told when the conversation goes on at another endpoint, and how often."""

from __future__ import annotations

from voice.core.client_state import ClientState
from voice.core.updates import EndpointChanged

NOTICE_AGAIN_MS = 600_000
"""An endpoint that comes and goes is spoken of once in this time (FAULTS N25)."""


class EndpointNews:
    """Tells of each change of the endpoint once.

    That a better one is gone is told aloud too, at the next quiet moment; that it is back is only
    shown, since nobody has to know it.
    """

    def __init__(self, state: ClientState) -> None:
        self._state = state
        self._told = 0
        self._notice = ""
        self._noticed_at_ms: int | None = None

    def tell(self, reason: str) -> None:
        """Tell which endpoint is used, where it is another than was told last."""
        state, index = self._state, self._state.routes.current
        if index == self._told:
            return
        # A place that is left since it costs too much is not out of reach: nothing to say aloud.
        is_worse = index > self._told and not state.routes.is_barred_at(self._told)
        self._told = index
        state.publish(EndpointChanged(state.routes.route.name, index, reason))
        if self._notice and state.wishes.withdraw(self._notice):
            # Nobody has heard it, and it is no longer true as it stands.
            self._noticed_at_ms = None
        self._notice = state.routes.route.notice if is_worse and self._is_due else ""
        if self._notice:
            self._noticed_at_ms = state.now_ms
            state.wishes.announce(self._notice)

    @property
    def _is_due(self) -> bool:
        noticed_at_ms = self._noticed_at_ms
        return noticed_at_ms is None or self._state.now_ms - noticed_at_ms >= NOTICE_AGAIN_MS
