"""The server's audio buffer: everything appended, addressed in milliseconds since the first byte.

The clock is counted in audio, never in wall time, so a recorded file and a live microphone behave
alike (PROTOCOL §2.4: offsets count from the first byte ever appended, across commits and clears).
"""

from __future__ import annotations

from voice.protocol.formats import AudioFormat

MAX_BUFFERED_MS = 10 * 60_000
"""Audio beyond ten minutes without a commit loses its oldest part."""


class InputBuffer:
    """A sliding window of appended audio in one wire format; bounded."""

    def __init__(self, audio_format: AudioFormat, *, max_ms: int = MAX_BUFFERED_MS) -> None:
        self.format = audio_format
        self._max_bytes = audio_format.ms_to_bytes(max_ms)
        self._max_ms = max_ms
        self._kept = bytearray()
        self._dropped = 0
        self._base_ms = 0
        self._committed = 0

    @property
    def end_ms(self) -> int:
        """Milliseconds of audio appended since the session began."""
        return self._base_ms + self.format.bytes_to_ms(self._dropped + len(self._kept))

    @property
    def uncommitted_ms(self) -> int:
        """Milliseconds of audio that a commit would take."""
        start = max(self._committed, self._dropped)
        return self.format.bytes_to_ms(self._dropped + len(self._kept) - start)

    @property
    def committed_ms(self) -> int:
        """Where the last turn ended, on the same clock; audio since then may be gone."""
        return self._base_ms + self.format.bytes_to_ms(self._committed)

    def append(self, audio: bytes) -> None:
        """Add whole samples; beyond the bound the oldest are dropped."""
        self._kept += audio
        excess = len(self._kept) - self._max_bytes
        if excess > 0:
            self._drop(self.format.samples_to_bytes(self.format.bytes_to_samples(excess)))

    def slice(self, start_ms: int, end_ms: int) -> bytes:
        """Return the audio between two moments, clipped to what is kept."""
        start = self._offset(start_ms)
        return bytes(self._kept[start : max(start, self._offset(end_ms))])

    def commit(self) -> bytes:
        """Return the uncommitted audio and start the next turn after it."""
        start = max(0, self._committed - self._dropped)
        audio = bytes(self._kept[start:])
        self._committed = self._dropped + len(self._kept)
        self._drop(len(self._kept))
        return audio

    def mark_committed(self, end_ms: int) -> None:
        """Note that everything before ``end_ms`` belongs to a finished turn."""
        self._committed = max(self._committed, self._dropped + self._offset(end_ms))

    def clear(self) -> None:
        """Throw the uncommitted audio away."""
        self._committed = self._dropped + len(self._kept)
        self._drop(len(self._kept))

    def forget_before(self, position_ms: int) -> None:
        """Let go of audio that nobody will ask for."""
        self._drop(self._offset(position_ms))

    def change_format(self, audio_format: AudioFormat) -> None:
        """Start over in another wire format; the clock goes on."""
        self._base_ms = self.end_ms
        self._kept.clear()
        self._dropped = self._committed = 0
        self.format = audio_format
        self._max_bytes = audio_format.ms_to_bytes(self._max_ms)

    def _offset(self, position_ms: int) -> int:
        wanted = self.format.ms_to_bytes(max(0, position_ms - self._base_ms)) - self._dropped
        return min(max(0, wanted), len(self._kept))

    def _drop(self, count: int) -> None:
        del self._kept[:count]
        self._dropped += count
