"""What sounded and when: the tape that file devices keep, and how tapes are laid side by side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from voice.audio.pcm import Pcm
from voice.audio.ports import RATE_HZ

LONGEST_TAPE_SAMPLES = 3600 * RATE_HZ
"""An hour (170 MB): a tape records nothing more after that."""


@dataclass(frozen=True, slots=True)
class Take:
    """A stretch of sound and the clock time of its first sample."""

    start_s: float
    pcm: Pcm


class Tape:
    """Takes in the order in which they sounded, at most an hour of them."""

    def __init__(self) -> None:
        """Start with an empty tape."""
        self._starts: list[float] = []
        self._parts: list[list[Pcm]] = []
        self._samples = 0
        self._end_s = float("-inf")

    def add(self, start_s: float, pcm: Pcm) -> None:
        """Record ``pcm``; what follows on the last take within a millisecond joins it."""
        pcm = pcm[: max(0, LONGEST_TAPE_SAMPLES - self._samples)]
        if pcm.size == 0:
            return
        if self._parts and abs(start_s - self._end_s) < 0.001:
            self._parts[-1].append(pcm)
        else:
            self._starts.append(start_s)
            self._parts.append([pcm])
            self._end_s = start_s
        self._end_s += pcm.size / RATE_HZ
        self._samples += pcm.size

    def takes(self) -> list[Take]:
        """Return what was recorded so far."""
        pairs = zip(self._starts, self._parts, strict=True)
        return [Take(start, np.concatenate(parts)) for start, parts in pairs]


def laid_out(takes: list[Take], origin_s: float) -> Pcm:
    """Return one track at 24 kHz on which each take stands at its time after ``origin_s``.

    Takes that began earlier lose what came before; where takes overlap the later one is moved
    back. At most an hour long.
    """
    places: list[tuple[int, Pcm]] = []
    end = 0
    for take in takes:
        at = round((take.start_s - origin_s) * RATE_HZ)
        pcm = take.pcm[-at:] if at < 0 else take.pcm
        at = max(at, end)
        pcm = pcm[: max(0, LONGEST_TAPE_SAMPLES - at)]
        if pcm.size:
            places.append((at, pcm))
            end = at + int(pcm.size)
    track = np.zeros(end, np.int16)
    for at, pcm in places:
        track[at : at + pcm.size] = pcm
    return track
