"""A client core and a codec that tell a recorder what they do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from voice.blackbox.recorder import Recorder
from voice.blackbox.values import encode, fingerprint
from voice.core.client import ClientCore
from voice.core.client_actions import Action
from voice.core.client_inputs import Input
from voice.protocol.client_events import ClientEvent
from voice.protocol.codec import ClientCodec
from voice.protocol.server_events import AudioDelta, ServerEvent
from voice.protocol.session_config import SessionConfig


class RecordedCore(ClientCore):
    """A ClientCore whose every step goes to a recorder; takes the arguments of ClientCore.

    Functions among the arguments are the core's sources of ids and chance: what they return is
    recorded, so that a replay draws the same.
    """

    def __init__(self, config: SessionConfig, *, recorder: Recorder, **arguments: Any) -> None:
        self._recorder = recorder
        self._draws: list[Any] = []
        plain = {name: value for name, value in arguments.items() if not callable(value)}
        sources: dict[str, Any] = {
            name: self._drawing(value) for name, value in arguments.items() if callable(value)
        }
        super().__init__(config, **plain, **sources)
        drawn, self._draws = self._draws, []
        recorder.start(
            {
                "config": encode(config, fingerprint),
                "arguments": encode(plain, fingerprint),
                "sources": sorted(sources),
                "draws": drawn,
            }
        )

    def handle(self, event: ServerEvent | Input, now_ms: int) -> list[Action]:
        """Take one event as ClientCore does, and record the step."""
        actions = super().handle(event, now_ms)
        draws, self._draws = self._draws, []
        # A copy: the shell may empty the list while the recorder still has to write it.
        self._recorder.step(now_ms, event, list(actions), draws)
        return actions

    def _drawing(self, source: Callable[..., Any]) -> Callable[..., Any]:
        def draw(*arguments: Any) -> Any:
            drawn = source(*arguments)
            self._draws.append(drawn)
            return drawn

        return draw


class RecordedCodec(ClientCodec):
    """A ClientCodec whose frames go to a recorder as well."""

    def __init__(self, recorder: Recorder, now_ms: Callable[[], int], *arguments: Any) -> None:
        super().__init__(*arguments)
        self._recorder = recorder
        self._now_ms = now_ms

    def encode(self, event: ClientEvent) -> list[str]:
        """Write an event, and record its frames."""
        frames = super().encode(event)
        for frame in frames:
            self._recorder.frame(self._now_ms(), "out", frame, is_audio=False)
        return frames

    def encode_append(self, audio: bytes) -> str:
        """Write a chunk of audio, and record that it went out."""
        frame = super().encode_append(audio)
        self._recorder.frame(self._now_ms(), "out", frame, is_audio=True)
        return frame

    def decode(self, frame: str | bytes) -> ServerEvent:
        """Read a frame, and record it, even where it is no event."""
        try:
            event = super().decode(frame)
        except Exception:
            self._recorder.frame(self._now_ms(), "in", frame, is_audio=False)
            raise
        self._recorder.frame(self._now_ms(), "in", frame, is_audio=isinstance(event, AudioDelta))
        return event
