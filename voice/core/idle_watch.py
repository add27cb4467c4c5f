"""When the user has been silent for too long: ``idle_timeout_ms`` of server_vad.

The timeout counts from the end of the last answer's playback (PROTOCOL §2.4). The server does not
hear that; it knows what it sent and when. A client plays as soon as it can, so each stretch of
sound begins when it was sent or when the one before it has sounded, whichever is later.
"""

from __future__ import annotations

from collections.abc import Iterable

from voice.core import server_messages as msg
from voice.core.bounded import BoundedDict
from voice.protocol import client_events as cl
from voice.protocol import server_events as ev
from voice.protocol.formats import PCM16, AudioFormat
from voice.protocol.response_object import Response
from voice.protocol.server_events import AudioDelta

MAX_RESPONSES = 16
"""Responses whose audio format is remembered; fewer can run at once."""


class IdleWatch:
    """Follows what is sent and asked; knows since when nothing happens.

    Nothing is watched before the first answer: the timeout is about a conversation that stops.
    """

    def __init__(self) -> None:
        self._played_ms = 0
        self._quiet_since_ms: int | None = None
        self._formats: BoundedDict[str, AudioFormat] = BoundedDict(MAX_RESPONSES)

    def note_sent(self, actions: Iterable[msg.ServerAction], now_ms: int) -> None:
        """Follow what was just sent."""
        for action in actions:
            if not isinstance(action, msg.Send):
                continue
            match action.event:
                case AudioDelta() as delta:
                    sounds_ms = self._format_of(delta.response_id).bytes_to_ms(len(delta.audio))
                    self._played_ms = max(self._played_ms, now_ms) + sounds_ms
                case ev.ResponseCreated(response=response):
                    self._note_format(response)
                case ev.ResponseDone(response=response):
                    self._note_done(response, now_ms)
                case ev.InputAudioBufferSpeechStarted() | ev.InputAudioBufferCommitted():
                    self.stir(now_ms)

    def note_asked(self, event: object, now_ms: int) -> None:
        """Follow what the client did: a truncation stops its speaker."""
        if isinstance(event, cl.ConversationItemTruncate | cl.ResponseCancel):
            self._played_ms = min(self._played_ms, now_ms)
            self.stir(now_ms)
        elif isinstance(event, cl.ConversationItemCreate | cl.ResponseCreate):
            self.stir(now_ms)

    def stir(self, now_ms: int) -> None:
        """Something happened: count again from now, or from the end of what still sounds."""
        if self._quiet_since_ms is not None:
            self._quiet_since_ms = max(self._played_ms, now_ms)

    def deadline_ms(self, timeout_ms: int | None) -> int | None:
        """When the silence will have lasted ``timeout_ms``; None where nothing is watched."""
        if timeout_ms is None or self._quiet_since_ms is None:
            return None
        return self._quiet_since_ms + timeout_ms

    def _note_done(self, response: Response, now_ms: int) -> None:
        self._formats.pop(str(response.id), None)
        if response.conversation_id is None:
            return
        if response.status == "cancelled":
            self._played_ms = min(self._played_ms, now_ms)
        self._quiet_since_ms = max(self._played_ms, now_ms)

    def _note_format(self, response: Response) -> None:
        output = response.audio.output if response.audio else None
        if output is not None and output.format is not None:
            self._formats[str(response.id)] = output.format

    def _format_of(self, response_id: str) -> AudioFormat:
        return self._formats.get(response_id, PCM16)
