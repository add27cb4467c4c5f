"""The microphone on its way to the wire: what is kept before it may be sent, and when it was sent.

The endpoint dates speech by its offset in the audio that we sent, so the uplink remembers when each
stretch left.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque

from voice.protocol.formats import PCM16, AudioFormat

PRE_ROLL_MS = 500
"""Audio kept from before it may be sent: people speak while they press the button."""

MIN_COMMIT_MS = 100
"""Endpoints refuse to commit less (PROTOCOL §2.5)."""

MARK_EVERY_MS = 40
MAX_MARKS = 3_000
"""Two minutes of marks: longer ago no endpoint dates the end of a turn."""

_SILENCE = {"audio/pcm": b"\0", "audio/pcmu": b"\xff", "audio/pcma": b"\xd5"}
"""The byte of digital silence in each format."""


class Uplink:
    """Pre-roll, silence for a muted microphone, and the clock of the audio that was sent."""

    def __init__(self, audio_format: AudioFormat = PCM16) -> None:
        self.is_muted = False
        self._kept: deque[bytes] = deque()  # bounded: keep forgets what is before the pre-roll
        self._kept_bytes = 0
        self._sent_bytes = 0
        self._committed_bytes = 0
        self._next_mark_bytes = 0
        self._marks: deque[tuple[int, int]] = deque(maxlen=MAX_MARKS)
        self.set_format(audio_format)

    def set_format(self, audio_format: AudioFormat) -> None:
        """Use the endpoint's effective input format; what was kept in another is dropped."""
        self._format = audio_format
        self._pre_roll_bytes = audio_format.ms_to_bytes(PRE_ROLL_MS)
        self._mark_bytes = audio_format.ms_to_bytes(MARK_EVERY_MS)
        self._silence = _SILENCE[audio_format.type]
        self.drop_kept()

    def keep(self, audio: bytes) -> None:
        """Keep a frame that may not be sent yet, and forget the ones before the pre-roll."""
        self._kept.append(audio)
        self._kept_bytes += len(audio)
        while self._kept_bytes - len(self._kept[0]) >= self._pre_roll_bytes:
            self._kept_bytes -= len(self._kept.popleft())

    def take_kept(self) -> list[bytes]:
        """Return the pre-roll in order, and keep nothing."""
        kept = list(self._kept)
        self.drop_kept()
        return kept

    def drop_kept(self) -> None:
        """Forget the pre-roll."""
        self._kept.clear()
        self._kept_bytes = 0

    def sent(self, size: int, now_ms: int) -> None:
        """Note that ``size`` bytes leave now."""
        self._sent_bytes += size
        if self._sent_bytes >= self._next_mark_bytes:
            self._marks.append((self._sent_bytes, now_ms))
            self._next_mark_bytes = self._sent_bytes + self._mark_bytes

    def silence(self, size: int) -> bytes:
        """Return ``size`` bytes of silence, which stand in for a muted microphone.

        An endpoint that detects turns must hear the silence to end one (PROTOCOL §2.4).
        """
        return self._silence * size

    def sent_at_ms(self, offset_ms: int) -> int | None:
        """Return when the sample at ``offset_ms`` of all sent audio left; None if long ago."""
        offset = self._format.ms_to_bytes(offset_ms)
        if not self._marks or offset > self._sent_bytes:
            return None
        position = bisect_right(self._marks, (offset, -1))
        if position == 0 and self._marks[0][0] - offset > self._mark_bytes:
            return None
        return self._marks[min(position, len(self._marks) - 1)][1]

    @property
    def is_committable(self) -> bool:
        """Whether enough audio left since the last commit for another."""
        since = self._sent_bytes - self._committed_bytes
        return self._format.bytes_to_ms(since) >= MIN_COMMIT_MS

    def committed(self) -> None:
        """Note that what was sent so far is a turn of its own, or was cleared."""
        self._committed_bytes = self._sent_bytes
