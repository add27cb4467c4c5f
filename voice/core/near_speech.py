"""Speech over our own voice, as the ear at this end hears it: pause, wait, go on or stop."""

from __future__ import annotations

from voice.core.barge_in import interrupt
from voice.core.client_actions import PausePlayback, ResumePlayback
from voice.core.client_inputs import NearKind, NearSpeech, NearVerdict
from voice.core.client_state import ClientState
from voice.core.near_state import NearEvent, NearState
from voice.core.turn_state import TurnEvent
from voice.core.updates import PlaybackPaused, PlaybackResumed

HEARD_NEAR = "speech over our voice"
NO_VERDICT = "nothing was judged in time"
BOTH_HEARD = "the endpoint heard speech, and nothing spoke against it"


class NearSpeechHandlers:
    """Take what the ear finds out."""

    def __init__(self, state: ClientState) -> None:
        self._state = state

    def on_speech(self, event: NearSpeech) -> None:
        """Somebody is heard over our voice: fall silent and wait for the verdict."""
        state = self._state
        if state.uplink.is_muted or not state.playback.is_sounding:
            return
        if not state.near.move(NearEvent.HEARD, state.now_ms):
            return
        cause = event.cause or HEARD_NEAR
        state.actions.append(PausePlayback())
        state.publish(PlaybackPaused(cause))

    def on_verdict(self, event: NearVerdict) -> None:
        """Go on from where the answer was paused, or stop it for good."""
        state = self._state
        if event.kind is NearKind.INTERRUPTION and not state.uplink.is_muted:
            self._stop(event.cause or HEARD_NEAR)
        elif state.near.is_paused:
            cause = event.cause or f"it was {event.kind.value}"
            self._go_on(NearEvent.RELEASED, PlaybackResumed(event.kind.value, event.words, cause))

    def settle(self) -> None:
        """Look at the joint state after a step: forget a turn that was overruled once it is over.

        What the endpoint cut short for a mere sound is asked for once more; an answer that it
        begins by itself takes the place of that.
        """
        state, near = self._state, self._state.near
        if near.state is NearState.OVERRULED and not state.turn.is_speaking:
            near.move(NearEvent.TURN_OVER, state.now_ms)
        if near.take_cut_short():
            state.wishes.want()

    def expire(self) -> None:
        """Act on the deadline of the verdict, if it has passed."""
        state, near = self._state, self._state.near
        if not near.is_late(state.now_ms):
            return
        if near.state is NearState.DISPUTED:
            interrupt(state, by_speech=True, cause=BOTH_HEARD)
        elif near.state is NearState.PAUSED:
            message = "a sound over the answer was never judged; the answer goes on"
            state.warn("no_verdict", message)
            self._go_on(NearEvent.EXPIRED, PlaybackResumed("", "", NO_VERDICT))
        else:
            near.move(NearEvent.EXPIRED, state.now_ms)

    def _go_on(self, event: NearEvent, update: PlaybackResumed) -> None:
        state = self._state
        was_disputed = state.near.state is NearState.DISPUTED
        state.near.move(event, state.now_ms)
        state.actions.append(ResumePlayback())
        state.publish(update)
        if was_disputed:
            play_on(state)

    def _stop(self, cause: str) -> None:
        """Stop the answer; the user's words are on their way to the endpoint."""
        state = self._state
        has_heard = state.turn.is_speaking
        if has_heard and not (state.near.is_paused or state.playback.is_sounding):
            return
        interrupt(state, by_speech=has_heard, cause=cause)
        if state.link.is_ready and state.turn_detection is not None:
            state.turn.move(TurnEvent.EXPECTED, state.now_ms)


def play_on(state: ClientState) -> None:
    """Let what was received sound to its end though the endpoint takes a sound for a turn.

    Where it cancels its response then, the end of that response is near, or never comes.
    """
    slot = state.slot
    response_id = state.near.disputed_response
    if not state.endpoint_interrupts or response_id is None or slot.response_id != response_id:
        return
    if state.capabilities.done_after_cancel:
        slot.doubt(state.now_ms)
        return
    state.near.cancelled(response_id)
    state.playback.response_completed(response_id)
    state.calls.response_over(response_id)
    if slot.done(response_id):
        state.wishes.response_over()
