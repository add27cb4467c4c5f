"""Speech over our own voice, as the ear at this end hears it: pause, judge, go on or stop."""

from __future__ import annotations

from voice.core.barge_in import interrupt
from voice.core.client_state import ClientState
from voice.core.messages import (
    NearKind,
    NearSpeech,
    NearVerdict,
    PausePlayback,
    ResumePlayback,
)
from voice.core.updates import PlaybackPaused, PlaybackResumed


class NearSpeechHandlers:
    """Take what the ear finds out."""

    def __init__(self, state: ClientState) -> None:
        self._state = state
        self._is_paused = False

    def on_speech(self, event: NearSpeech) -> None:
        """Somebody is heard over our voice: fall silent and wait for the verdict."""
        state = self._state
        if state.playback.is_sounding and not self._is_paused:
            self._is_paused = True
            state.actions.append(PausePlayback())
            state.publish(PlaybackPaused(event.cause))

    def on_verdict(self, event: NearVerdict) -> None:
        """Go on, or stop."""
        state = self._state
        if not self._is_paused:
            return
        self._is_paused = False
        if event.kind is NearKind.INTERRUPTION:
            interrupt(state, by_speech=False)
        else:
            state.actions.append(ResumePlayback())
            state.publish(PlaybackResumed(event.kind.value, event.words, event.cause))
