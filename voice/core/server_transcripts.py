"""The transcription events of the user's turns: deltas while they speak, then all, or a failure.

Deltas come before the item does, under the id that ``speech_started`` announced: clients that know
deltas key them by that id, the others pass them over (PROTOCOL §2.15).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from voice.core.bounded import BoundedDict
from voice.core.live_transcript import LiveTranscript
from voice.core.stamp import EventStamp
from voice.core.turn_signals import TurnTranscribed
from voice.protocol import server_events as ev
from voice.protocol.server_events import ServerEvent

MAX_LIVE = 16
"""Turns whose words are on their way and of which something was told already."""


class ServerTranscripts:
    """Writes transcription events; to be called only while the client wants them."""

    def __init__(self, *, new_id: Callable[[str], str]) -> None:
        self._stamp = EventStamp(new_id)
        self._live: BoundedDict[str, LiveTranscript] = BoundedDict(MAX_LIVE)

    def so_far(self, item_id: str, text: str) -> list[ServerEvent]:
        """Tell what is sure of a turn that goes on."""
        live = self._live.get(item_id)
        if live is None:
            live = self._live[item_id] = LiveTranscript()
        return self._delta(item_id, live.guess(text))

    def finished(self, turn: TurnTranscribed, audio_ms: int) -> list[ServerEvent]:
        """Tell the rest and the whole, or that the recogniser failed."""
        live = self._live.pop(turn.item_id, None) or LiveTranscript()
        ids: dict[str, Any] = {"item_id": turn.item_id, "content_index": 0}
        if turn.error is not None:
            error = {"type": "server_error", "code": None, "message": turn.error}
            return [
                self._stamp(ev.ConversationItemInputAudioTranscriptionFailed, **ids, error=error)
            ]
        completed = self._stamp(
            ev.ConversationItemInputAudioTranscriptionCompleted,
            **ids,
            transcript=turn.text,
            usage={"type": "duration", "seconds": audio_ms / 1_000},
        )
        return [*self._delta(turn.item_id, live.finish(turn.text)), completed]

    def forget(self, item_id: str) -> None:
        """Nobody will hear the end of this turn."""
        self._live.pop(item_id, None)

    def _delta(self, item_id: str, delta: str) -> list[ServerEvent]:
        if not delta:
            return []
        return [
            self._stamp(
                ev.ConversationItemInputAudioTranscriptionDelta,
                item_id=item_id,
                content_index=0,
                delta=delta,
            )
        ]
