"""When words have sounded in speech whose maker gives no times: estimated, rather late than early.

Only loud stretches count, so that pauses between sentences do not push a word ahead of its sound.
Pure but for numpy.
"""

from __future__ import annotations

import numpy as np

from voice.engines.ports import Pcm, SpokenWord

SLOWEST_CHARS_PER_S = 9.0
"""Slower than nearly all speech (15 is usual): what is reported while more is still to come."""

MARGIN_MS = 200
"""Added to each estimate; a voice does not spend its time on all letters alike."""

_FRAME_MS = 10
_LOUD = 250


class WordEstimate:
    """Follows the audio of one text; ``hear`` and ``finish`` return the words that have sounded."""

    def __init__(self, text: str, rate_hz: int, *, speed: float = 1.0) -> None:
        """Begin with nothing heard; ``speed`` is what the speaker was asked for."""
        self._words = text.split()
        # A word costs its letters and the gap behind it.
        self._ends = np.cumsum([len(word) + 1.0 for word in self._words])
        self._rate_hz = rate_hz
        self._frame_samples = rate_hz * _FRAME_MS // 1_000
        self._chars_per_frame = SLOWEST_CHARS_PER_S * min(1.0, speed) * _FRAME_MS / 1_000
        self._samples = 0
        self._left = np.zeros(0, np.int16)
        self._loud: list[int] = []
        self._frames = 0
        self._told = 0
        self._last_ms = 0

    @property
    def told(self) -> int:
        """How many words were reported so far."""
        return self._told

    @property
    def heard_ms(self) -> int:
        """Length of the audio so far, rounded up."""
        return -(-self._samples * 1_000 // self._rate_hz)

    def hear(self, pcm: Pcm) -> tuple[SpokenWord, ...]:
        """Take more audio; return the words that even a slow speaker has said by now."""
        self._take(pcm)
        words = []
        while self._told < len(self._words) - 1:
            frame = int(np.ceil(self._ends[self._told] / self._chars_per_frame))
            if frame >= len(self._loud):
                break
            words.append(self._tell(self._at_ms(frame)))
        return tuple(words)

    def finish(self) -> tuple[SpokenWord, ...]:
        """Return the words not reported yet, spread over all that was loud; none for no words."""
        if not self._words:
            return ()
        frames = len(self._loud)
        total = float(self._ends[-1])
        words = []
        while self._told < len(self._words) - 1:
            frame = int(np.ceil(self._ends[self._told] / total * frames))
            words.append(self._tell(self._at_ms(frame) + MARGIN_MS))
        words += [self._tell(self.heard_ms)] if self._told < len(self._words) else []
        return tuple(words)

    def _take(self, pcm: Pcm) -> None:
        self._samples += int(pcm.size)
        both = np.concatenate([self._left, pcm])
        count = both.size // self._frame_samples
        self._left = both[count * self._frame_samples :]
        framed = both[: count * self._frame_samples].reshape(count, self._frame_samples)
        peaks = np.abs(framed.astype(np.int32)).max(axis=1, initial=0)
        self._loud += [self._frames + int(index) for index in np.flatnonzero(peaks > _LOUD)]
        self._frames += count

    def _at_ms(self, frame: int) -> int:
        """Return the end of the loud frame of that number; the end of all audio beyond the last."""
        if frame >= len(self._loud):
            return self.heard_ms
        return (self._loud[frame] + 1) * _FRAME_MS

    def _tell(self, end_ms: int) -> SpokenWord:
        self._last_ms = max(self._last_ms, min(end_ms, self.heard_ms))
        word = SpokenWord(self._words[self._told], self._last_ms)
        self._told += 1
        return word
