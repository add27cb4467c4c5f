"""What speaks for the end of a turn besides silence: the words so far, and how they sound."""

from __future__ import annotations

from dataclasses import dataclass

COMPLETE = 0.7
INCOMPLETE = 0.3
"""Bounds of the words' verdict; between them the words say nothing."""

FINISHED = 0.9
UNFINISHED = 0.3
"""Bounds of the sound's verdict; between them the sound says nothing. Of 68 pauses in the middle of
a turn 29 sounded finished, of 129 ends 12 unfinished: so the sound only shifts what words say."""

SOONEST_MS = 224
"""The sound shortens no wait to less: of 33 pauses in the middle of a turn that are no longer than
this, 12 sounded finished."""

_SHORTER = 6 / 7


@dataclass(frozen=True, slots=True)
class TurnEvidence:
    """Probabilities in [0, 1] that the turn is over; None where nothing is known (yet).

    ``words`` judges what was said, ``sound`` the voice that said it.
    """

    words: float | None = None
    sound: float | None = None

    def wait_ms(self, waits_ms: tuple[int, int, int]) -> int:
        """Return the silence that ends the turn.

        ``waits_ms`` holds the silence after complete words, after words unknown, after incomplete
        ones. A voice that sounds unfinished takes the words down by one of these; one that sounds
        finished makes the wait a seventh shorter.
        """
        place = self._place()
        if self.sound is not None and self.sound <= UNFINISHED:
            return waits_ms[min(place + 1, 2)]
        if self.sound is not None and self.sound >= FINISHED:
            return min(waits_ms[place], max(SOONEST_MS, round(waits_ms[place] * _SHORTER)))
        return waits_ms[place]

    def phrase(self) -> str:
        """Return what there was besides silence, for people; empty for nothing."""
        words = ""
        if self.words is not None:
            words = (" after complete words", " after words", " after incomplete words")[
                self._place()
            ]
        if self.sound is None or UNFINISHED < self.sound < FINISHED:
            return words
        verdict = "finished" if self.sound >= FINISHED else "unfinished"
        return f"{words or ' after a voice'} that sounded {verdict}"

    def _place(self) -> int:
        """Return where the wait for these words stands among the three."""
        if self.words is None or INCOMPLETE < self.words < COMPLETE:
            return 1
        return 0 if self.words >= COMPLETE else 2
