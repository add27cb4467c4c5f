"""Keeps an endpoint from hanging up on a conversation that rests.

Some close a session in which no event came for a while, and do not count pings. A little silence
is an event that changes nothing.
"""

from __future__ import annotations

from voice.core.client_actions import SendAudio
from voice.core.client_state import ClientState

SHARE = 0.8
"""How much of the endpoint's patience is used before it is heard from."""

SILENCE_MS = 20


class Keepalive:
    """Sends silence in good time, at endpoints that are known to be impatient.

    Where the microphone is on the wire this adds one chunk to thousands, never while anybody
    speaks: whether it is on is not asked, as that would cost time with every chunk.
    """

    def __init__(self, state: ClientState) -> None:
        self._state = state
        self._since_ms: int | None = None

    @property
    def deadline_ms(self) -> int | None:
        """When to be heard from next; None where the endpoint is patient or not connected."""
        limit_s = self._state.capabilities.idle_limit_s
        if limit_s is None or self._since_ms is None:
            return None
        return self._since_ms + int(limit_s * 1_000 * SHARE)

    def settle(self) -> None:
        """Count from the moment when the session is there."""
        if not self._state.link.is_ready:
            self._since_ms = None
        elif self._since_ms is None:
            self._since_ms = self._state.now_ms

    def expire(self) -> None:
        """Be heard from, if it is time."""
        state, deadline_ms = self._state, self.deadline_ms
        if deadline_ms is None or state.now_ms < deadline_ms or not state.link.is_ready:
            return
        if state.turn.is_silent:
            state.actions.append(SendAudio(state.uplink.silence_ms(SILENCE_MS)))
        self._since_ms = state.now_ms
