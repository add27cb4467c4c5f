"""What our own speaker lets sound, to be looked up by the time at which the microphone hears it."""

from __future__ import annotations

import threading

import numpy as np

from voice.audio.clock_tracking import ClockTracker
from voice.audio.pcm import Pcm
from voice.audio.ports import RATE_HZ

KEPT_S = 3.0
_KEPT = int(KEPT_S * RATE_HZ)

_LOST_SAMPLES = RATE_HZ // 100
"""10 ms: a reader so far from where it should be jumps there instead of stepping."""

_TOLERATED = 1.0
"""Samples that the reader may be off before it takes a step; so it stands still without drift."""


def likely_adc_time(adc_s: float, now_s: float, block_s: float) -> float:
    """Return when a captured block began to sound, mistrusting a driver that reports nonsense.

    Some drivers report 0, the future, or a time long past. Then it is as late as can be, its own
    length ago: an echo canceller waits for an echo, and cannot undo one before its cause.
    """
    if now_s - 2.0 <= adc_s <= now_s:
        return adc_s
    return now_s - block_s


class Reference:
    """The last 3 s that were handed to the sound card, aligned with what is captured.

    Time stamps of both streams are smoothed. From block to block the reader moves by one sample at
    most, which follows 4000 ppm of drift; where a stream lost samples or began anew it jumps.
    ``push`` is called by the speaker's thread, ``read`` by one reader.
    """

    def __init__(self) -> None:
        """Begin with silence."""
        self._lock = threading.Lock()
        self._ring = np.zeros(_KEPT, np.int16)
        self._pushed = 0
        self._next_dac_s = 0.0
        self._period_s = 1.0 / RATE_HZ
        self._speaker = ClockTracker()
        self._microphone = ClockTracker()
        self._reader: int | None = None
        self.steps = 0
        """How often the reader moved by a sample."""
        self.jumps = 0
        """How often it went elsewhere, as a stream lost samples or began anew."""

    def push(self, dac_s: float, pcm: Pcm) -> None:
        """Keep the next block, silence included, which sounds from ``dac_s`` on: int16, mono."""
        with self._lock:
            begins_s = self._speaker.stamp(dac_s, pcm.size)
            self._period_s = (1.0 + self._speaker.drift) / RATE_HZ
            place = self._pushed % _KEPT
            head = pcm[: _KEPT - place]
            self._ring[place : place + head.size] = head
            self._ring[: pcm.size - head.size] = pcm[head.size :]
            self._pushed += pcm.size
            self._next_dac_s = begins_s + pcm.size * self._period_s

    def read(self, adc_s: float, count: int) -> Pcm:
        """Return what sounded while the next ``count`` captured samples came in, from ``adc_s`` on.

        Blocks are read in the order of their capture. Zeros where nothing sounded, where it is
        longer than 3 s ago, and where it is not known yet.
        """
        captured_s = self._microphone.stamp(adc_s, count)
        with self._lock:
            if self._pushed == 0:
                return np.zeros(count, np.int16)
            due = self._pushed + (captured_s - self._next_dac_s) / self._period_s
            begin = self._moved_to(due)
            self._reader = begin + count
            return self._cut(begin, begin + count)

    def _moved_to(self, due: float) -> int:
        """Return where to read, as near to ``due`` as the reader's pace allows."""
        if self._reader is None or abs(due - self._reader) > _LOST_SAMPLES:
            self.jumps += self._reader is not None
            return round(due)
        off = due - self._reader
        if abs(off) <= _TOLERATED:
            return self._reader
        self.steps += 1
        return self._reader + (1 if off > 0 else -1)

    def _cut(self, begin: int, end: int) -> Pcm:
        """Return samples by their number; those that are not there are zeros."""
        out = np.zeros(end - begin, np.int16)
        first = max(begin, 0, self._pushed - _KEPT)
        last = min(end, self._pushed)
        if first < last:
            places = np.arange(first, last) % _KEPT
            out[first - begin : last - begin] = self._ring[places]
        return out
