"""Where a recording speaks: spans between pauses, each short enough to be recognised at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

SPEECH_FROM: Final = 0.5
SPEECH_UNTIL: Final = 0.35
"""Speech begins at the first probability and lasts until it stays below the second."""

PAUSE_MS = 600
"""A shorter silence is part of the speech around it."""

PADDING_MS = 250
"""Kept before and after speech: soft beginnings, fading ends."""

LONGEST_SPAN_MS = 15_000
"""A longer span is cut: recognising costs more than its length in proportion, and conversations
wait for the piece that is being worked on."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a recording, in ms from its start."""

    start_ms: int
    end_ms: int


def speech_spans(
    probabilities: Sequence[float], *, frame_ms: float, total_ms: int
) -> tuple[Span, ...]:
    """Return the spans that hold speech, in order, none overlapping and none too long.

    ``probabilities`` has one entry for each ``frame_ms`` from the start of the recording.
    """
    pause = max(1, round(PAUSE_MS / frame_ms))
    most = max(2, int((LONGEST_SPAN_MS - 2 * PADDING_MS) / frame_ms))
    runs = [
        piece
        for start, end in _runs(probabilities, pause)
        for piece in _cut(probabilities, start, end, most)
    ]
    spans: list[Span] = []
    for index, (start, end) in enumerate(runs):
        before = spans[-1].end_ms if spans else 0
        after = int(runs[index + 1][0] * frame_ms) if index + 1 < len(runs) else total_ms
        start_ms = max(before, int(start * frame_ms) - PADDING_MS)
        end_ms = min(int(end * frame_ms) + PADDING_MS, after, total_ms)
        spans.append(Span(start_ms, max(start_ms, end_ms)))
    return tuple(spans)


def _runs(probabilities: Sequence[float], pause: int) -> list[tuple[int, int]]:
    """Return the frames [start, end) of speech between pauses of at least ``pause`` frames."""
    runs: list[tuple[int, int]] = []
    start, last = -1, -1
    for index, probability in enumerate(probabilities):
        if probability >= SPEECH_FROM or (start >= 0 and probability >= SPEECH_UNTIL):
            if start < 0:
                start = index
            last = index
        elif start >= 0 and index - last >= pause:
            runs.append((start, last + 1))
            start = -1
    if start >= 0:
        runs.append((start, last + 1))
    return runs


def _cut(probabilities: Sequence[float], start: int, end: int, most: int) -> list[tuple[int, int]]:
    """Cut a run into pieces of at most ``most`` frames, where it is least like speech."""
    pieces: list[tuple[int, int]] = []
    while end - start > most:
        middle = start + most // 2
        cut = min(range(middle, start + most), key=lambda index: probabilities[index])
        pieces.append((start, cut))
        start = cut
    pieces.append((start, end))
    return pieces
