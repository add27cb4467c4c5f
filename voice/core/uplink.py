"""The microphone on its way to the wire: what is kept before it may be sent, and what was sent.

The endpoint dates speech by its offset in the audio that we sent, so the uplink remembers when each
stretch left. It also keeps what the endpoint may yet lose with its connection: the user's turn
until it is answered or known as text, and the last moment, in which a turn may have begun.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from enum import Enum

from voice.protocol.formats import PCM16, AudioFormat

PRE_ROLL_MS = 500
"""Audio kept from before it may be sent: people speak while they press the button."""

MIN_COMMIT_MS = 100
"""Endpoints refuse to commit less (PROTOCOL §2.5)."""

TURN_MS = 10_000
"""Of an unanswered turn so much is kept, the newest; it is sent again on a new connection."""

MOMENT_MS = 2_000
"""What is kept where nobody has said that the user speaks: an endpoint's detector takes a while,
and so does a new connection."""

MARK_EVERY_MS = 40
MAX_MARKS = 3_000
"""Two minutes of marks: longer ago no endpoint dates the end of a turn."""

_SILENCE = {"audio/pcm": b"\0", "audio/pcmu": b"\xff", "audio/pcma": b"\xd5"}
"""The byte of digital silence in each format."""


class Speech(Enum):
    """What the kept audio holds that was neither answered nor written down."""

    NONE = "none, as far as anybody knows"
    OPEN = "a turn that goes on"
    ENDED = "a whole turn"


class Uplink:
    """Pre-roll, silence for a muted microphone, the clock of sent audio, and the turn in the air.

    Each stretch is kept twice at most: as sent, until ``settle``, and as to be sent, in ``kept``.
    """

    def __init__(self, audio_format: AudioFormat = PCM16) -> None:
        self.is_muted = False
        self.speech = Speech.NONE
        """Of what was sent since ``settle``."""
        self._kept: deque[bytes] = deque()  # bounded: keep forgets what is before the limit
        self._kept_bytes = 0
        self._sent_bytes = 0
        self._committed_bytes = 0
        self._next_mark_bytes = 0
        self._marks: deque[tuple[int, int]] = deque(maxlen=MAX_MARKS)
        self._air: deque[bytes] = deque()  # bounded: sent forgets what is before the limit
        self._air_bytes = 0
        self._turn_end_bytes = 0
        self.set_format(audio_format)

    def set_format(self, audio_format: AudioFormat) -> None:
        """Use the endpoint's effective input format; what was kept in another is dropped."""
        self._format = audio_format
        self._mark_bytes = audio_format.ms_to_bytes(MARK_EVERY_MS)
        self._silence = _SILENCE[audio_format.type]
        self.forget()

    def keep(self, audio: bytes) -> None:
        """Keep a frame that may not be sent yet, and forget the ones before the limit."""
        self._kept.append(audio)
        self._kept_bytes += len(audio)
        while self._kept_bytes - len(self._kept[0]) >= self._keep_limit_bytes:
            self._kept_bytes -= len(self._kept.popleft())

    def take_kept(self) -> list[bytes]:
        """Return what is to be sent, in order, and keep the pre-roll alone from now on."""
        kept = list(self._kept)
        self.drop_kept()
        return kept

    def drop_kept(self) -> None:
        """Forget what is to be sent."""
        self._kept.clear()
        self._kept_bytes = 0
        self._keep_limit_bytes = self._format.ms_to_bytes(PRE_ROLL_MS)

    def forget(self) -> None:
        """Forget all audio: it is of another time, or of another format."""
        self.drop_kept()
        self._forget_sent()
        self.speech = Speech.NONE

    def sent(self, audio: bytes, now_ms: int) -> None:
        """Note that this leaves now. On the hot path."""
        size = len(audio)
        self._sent_bytes += size
        if self._sent_bytes >= self._next_mark_bytes:
            self._marks.append((self._sent_bytes, now_ms))
            self._next_mark_bytes = self._sent_bytes + self._mark_bytes
        air = self._air
        air.append(audio)
        self._air_bytes += size
        while self._air_bytes > self._air_limit_bytes and len(air) > 1:
            self._air_bytes -= len(air.popleft())

    def newest(self, duration_ms: int) -> list[bytes]:
        """Return the last frames that left, together at most so long."""
        left_bytes = self._format.ms_to_bytes(duration_ms)
        frames: list[bytes] = []
        for audio in reversed(self._air):
            left_bytes -= len(audio)
            if left_bytes < 0:
                break
            frames.append(audio)
        return frames[::-1]

    # --- the turn in the air ----------------------------------------------------------------------

    def turn_began(self, offset_ms: int | None = None) -> None:
        """Keep everything from ``offset_ms`` of the sent audio on; None means from here.

        Where a turn before it is not settled, that is kept as well.
        """
        was_none, self.speech = self.speech is Speech.NONE, Speech.OPEN
        if was_none:
            self._air_limit_bytes = self._format.ms_to_bytes(TURN_MS)
            self._drop_sent_before(self._offset(offset_ms))

    def turn_ended(self, offset_ms: int | None = None) -> None:
        """Note where the open turn ended; None means here."""
        if self.speech is Speech.OPEN:
            self.speech = Speech.ENDED
            self._turn_end_bytes = self._offset(offset_ms)

    @property
    def holds_whole_turn(self) -> bool:
        """Whether a turn is kept that has ended, perhaps with another after it."""
        begin = self._sent_bytes - self._air_bytes
        has_end = self.speech is Speech.OPEN and self._turn_end_bytes > begin
        return self.speech is Speech.ENDED or has_end

    def settle(self) -> None:
        """Forget the turn that ended: it was answered, or its words are known."""
        if self.speech is Speech.NONE:
            return
        self._drop_sent_before(self._turn_end_bytes)
        if self.speech is Speech.ENDED:
            self.speech = Speech.NONE
            self._air_limit_bytes = self._format.ms_to_bytes(MOMENT_MS)

    def rewind(self, *, with_moment: bool) -> None:
        """Take back what the connection may have lost: it is to be sent again, before all else.

        ``with_moment`` says that a turn may have begun of which nobody has told us yet.
        """
        is_known = self.speech is not Speech.NONE
        if is_known or with_moment:
            self._kept.extendleft(reversed(self._air))
            self._kept_bytes += self._air_bytes
            limit_ms = TURN_MS if is_known else MOMENT_MS
            self._keep_limit_bytes = self._format.ms_to_bytes(limit_ms)
        self._forget_sent()

    def hold(self) -> None:
        """Keep a whole turn of what may not be sent yet: a person has begun to speak."""
        self._keep_limit_bytes = self._format.ms_to_bytes(TURN_MS)

    def resent(self) -> None:
        """Note that what was taken back has left again; a turn in it is still to be settled."""
        if self.speech is not Speech.NONE:
            self._air_limit_bytes = self._format.ms_to_bytes(TURN_MS)
            self._turn_end_bytes = self._sent_bytes

    def _offset(self, offset_ms: int | None) -> int:
        """Return an offset that is in the audio: endpoints have been seen to count otherwise."""
        if offset_ms is None:
            return self._sent_bytes
        return min(self._format.ms_to_bytes(offset_ms), self._sent_bytes)

    def _drop_sent_before(self, offset: int) -> None:
        air, begin = self._air, self._sent_bytes - self._air_bytes
        while air and begin + len(air[0]) <= offset:
            begin += len(air[0])
            self._air_bytes -= len(air.popleft())

    def _forget_sent(self) -> None:
        self._air.clear()
        self._marks.clear()
        self._air_bytes = self._sent_bytes = self._committed_bytes = 0
        self._next_mark_bytes = self._turn_end_bytes = 0
        self._air_limit_bytes = self._format.ms_to_bytes(MOMENT_MS)

    # --- what was sent ----------------------------------------------------------------------------

    def silence(self, size: int) -> bytes:
        """Return ``size`` bytes of silence, which stand in for a muted microphone.

        An endpoint that detects turns must hear the silence to end one (PROTOCOL §2.4).
        """
        return self._silence * size

    def silence_ms(self, duration_ms: int) -> bytes:
        """Return so much silence."""
        return self.silence(self._format.ms_to_bytes(duration_ms))

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
