"""Microphone and speaker sound to wire audio and back; nothing at all where both are alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from voice.audio.ports import RATE_HZ
from voice.protocol.formats import PCM16, AudioFormat

if TYPE_CHECKING:
    from voice.audio.wire import WireDecoder, WireEncoder


class WireSound:
    """The sound of one session, to and from the formats of its wire.

    PCM16 at 24 kHz, which is the format of microphone and speaker, passes as it is.
    """

    def __init__(self) -> None:
        self._input = self._output = PCM16
        self._encoder: WireEncoder | None = None
        self._decoder: WireDecoder | None = None
        self._part: tuple[str, int] | None = None
        self.is_plain = True
        """Whether the speaker's audio passes as it is."""

    def set_formats(self, heard: AudioFormat, said: AudioFormat) -> None:
        """Use these formats for the microphone's and for the speaker's audio from now on."""
        if heard != self._input:
            self._input, self._encoder = heard, self._new_encoder(heard)
        if said != self._output:
            self._output, self._decoder, self._part = said, None, None
            self.is_plain = said == PCM16

    def to_wire(self, pcm: bytes) -> bytes:
        """Return the wire audio of a microphone frame; may be empty for a very short one."""
        if self._encoder is None:
            return pcm
        from voice.audio.pcm import from_bytes

        return self._encoder.encode(from_bytes(pcm))

    def to_speaker(self, item_id: str, content_index: int, audio: bytes) -> bytes:
        """Return the samples of an audio delta; each part is a stream of its own."""
        if self.is_plain:
            return audio
        from voice.audio.pcm import to_bytes

        decoder = self._decoder
        if decoder is None or self._part != (item_id, content_index):
            from voice.audio.wire import WireDecoder

            self._part = (item_id, content_index)
            decoder = self._decoder = WireDecoder(self._output, RATE_HZ, "high")
        return to_bytes(decoder.decode(audio))

    def finish(self) -> tuple[str, int, bytes] | None:
        """Return what is still to be played of the last part, now that no more of it comes.

        That is what its filter held back, some 60 ms; None where there is nothing.
        """
        decoder, part, self._decoder = self._decoder, self._part, None
        if decoder is None or part is None:
            return None
        from voice.audio.pcm import to_bytes

        return *part, to_bytes(decoder.flush())

    def drop(self) -> None:
        """Forget what is still to be played."""
        self._decoder = None

    @staticmethod
    def _new_encoder(audio_format: AudioFormat) -> WireEncoder | None:
        if audio_format == PCM16:
            return None
        from voice.audio.wire import WireEncoder

        return WireEncoder(RATE_HZ, audio_format)
