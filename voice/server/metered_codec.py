"""A codec that counts what passes: every frame of a session goes through its codec anyway."""

from __future__ import annotations

from voice.protocol.client_events import AudioAppend, ClientEvent
from voice.protocol.codec import ServerCodec
from voice.protocol.dialects import Dialect
from voice.protocol.formats import PCM16
from voice.protocol.server_events import (
    AudioDelta,
    ErrorEvent,
    InputAudioBufferCommitted,
    ResponseDone,
    ServerEvent,
    SessionCreated,
    SessionUpdated,
)
from voice.protocol.session_config import SessionConfig
from voice.server.meters import Meters


class MeteredCodec(ServerCodec):
    """The server's end of one connection, counted in ``meters``."""

    def __init__(self, dialect: Dialect, meters: Meters) -> None:
        """Start with a dialect; ``meters`` are the server's and not owned."""
        super().__init__(dialect)
        self._meters = meters
        self._output_format = PCM16

    def decode(self, frame: str | bytes) -> ClientEvent:
        """Read one frame of a client and count it; raises RemoteProtocolError."""
        meters = self._meters
        meters.bytes_in += len(frame)
        event = super().decode(frame)
        if type(event) is AudioAppend:
            meters.audio_in_s += self.audio_format.bytes_to_ms(len(event.audio)) / 1_000
        return event

    def encode(self, event: ServerEvent) -> list[str]:
        """Write an event as the frames to send, and count them."""
        self._count(event)
        frames = super().encode(event)
        self._meters.bytes_out += sum(map(len, frames))
        return frames

    def _count(self, event: ServerEvent) -> None:
        meters = self._meters
        match event:
            case AudioDelta():
                meters.audio_out_s += self._output_format.bytes_to_ms(len(event.audio)) / 1_000
            case InputAudioBufferCommitted():
                meters.turns += 1
            case ResponseDone():
                meters.responses[event.response.status or "unknown"] += 1
            case ErrorEvent():
                meters.failed(event.error.code or "unknown")
            case SessionCreated() | SessionUpdated():
                session = event.session
                if isinstance(session, SessionConfig) and session.audio and session.audio.output:
                    self._output_format = session.audio.output.format or self._output_format
