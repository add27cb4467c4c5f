"""Whether what came out of a speaker, pauses left out, is what was sent: no sample lost or twice.

Stretches of sound are found in what was sent by their exact samples; where one ends, the next must
go on. Fades of 5 ms at both sides of a pause are part of the sound.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from voice.audio.fades import FADE_SAMPLES
from voice.audio.pcm import Pcm

_SILENCE = 480
"""So many zeros in a row, 20 ms, may be a pause."""

_WINDOW = 240
_INAUDIBLE = 150
"""-47 dBFS: samples below round to nothing at the quiet end of a fade, or are silence anyway."""

_ROUNDED = 48
"""Samples, 2 ms, that may round to nothing at the quiet ends of two fades."""


@dataclass(frozen=True, slots=True)
class Joins:
    """What became of an answer that was sent; counts of samples."""

    stretches: int
    lost: int
    """Audible samples that were sent and did not sound."""
    doubled: int
    strange: int
    """Samples of stretches that are not what was sent."""

    @property
    def is_whole(self) -> bool:
        """Whether everything that was sent sounded once, in order, and nothing else."""
        return not (self.lost or self.doubled or self.strange)


def examine(sent: Pcm, heard: Pcm) -> Joins:
    """Compare a recording at full volume with what was sent; both int16 at one rate."""
    position = lost = doubled = strange = 0
    stretches = _stretches(heard)
    for begin, end in stretches:
        sound = heard[begin:end]
        at = _place(sent, sound, position)
        if at is None:
            strange += int(end - begin)
            continue
        lost += _audible(sent[position:at])
        # The last sample before a hole is let down within 5 ms, and that is nothing sent.
        doubled += max(0, position - at - FADE_SAMPLES)
        inner = slice(FADE_SAMPLES + 1, max(FADE_SAMPLES + 1, sound.size - FADE_SAMPLES - 1))
        there = sent[at : at + sound.size]
        strange += int(np.count_nonzero(there[inner] != sound[: there.size][inner]))
        position = at + sound.size
    lost += _audible(sent[position:])
    return Joins(len(stretches), lost, doubled, strange)


def _stretches(heard: Pcm) -> list[tuple[int, int]]:
    """Return where the sound between silences begins and ends."""
    (places,) = np.nonzero(heard)
    if places.size == 0:
        return []
    cuts = np.flatnonzero(np.diff(places) > _SILENCE)
    begins = [places[0], *places[cuts + 1]]
    ends = [*places[cuts], places[-1]]
    return [(int(b), int(e) + 1) for b, e in zip(begins, ends, strict=True)]


def _place(sent: Pcm, sound: Pcm, position: int) -> int | None:
    """Return where in ``sent`` a stretch begins, nearest to ``position``; None for nowhere."""
    inner = sound[FADE_SAMPLES + 1 : -FADE_SAMPLES - 1]
    if inner.size < _WINDOW // 4:
        # Too little to be found: it is where it should be, or what follows will not join.
        return position
    energy = np.convolve(np.abs(inner.astype(np.int64)), np.ones(_WINDOW, np.int64), "valid")
    first = int(energy.argmax()) if inner.size >= _WINDOW else 0
    window = inner[first : first + _WINDOW]
    loud = int(np.abs(window.astype(np.int64)).argmax())
    candidates = np.flatnonzero(sent == window[loud]) - loud
    shift = FADE_SAMPLES + 1 + first
    found = [
        int(start) - shift
        for start in candidates
        if start >= 0 and np.array_equal(sent[start : start + window.size], window)
    ]
    return min(found, key=lambda at: abs(at - position)) if found else None


def _audible(samples: Pcm) -> int:
    """Return how many samples are lost where these did not sound."""
    is_heard = np.abs(samples.astype(np.int64)) > _INAUDIBLE
    count = int(np.count_nonzero(is_heard))
    return count if count > _ROUNDED else 0
