"""The space bar: a stop key, or a talk button that terminals never tell to be released.

A terminal sends a key that is held as repeats: the first after half a second, then some thirty a
second. So a held key is released when the repeats stop.
"""

from __future__ import annotations

from typing import Literal

from voice.core.client_inputs import Button

Mode = Literal["off", "hold", "toggle"]

FIRST_REPEAT_S = 0.6
"""How long the first repeat may take to come: most systems wait 250 to 500 ms."""

REPEAT_S = 0.15
"""How long a further one may take; repeats come every 25 to 40 ms, more slowly over a network."""


class TalkKey:
    """Turns presses of one key into buttons; time is an argument.

    ``off``: a press interrupts. ``toggle``: one press begins to talk, the next ends it. ``hold``:
    talking lasts as long as the key repeats.
    """

    def __init__(self, mode: Mode) -> None:
        self.mode = mode
        self.is_down = False
        self._release_at_s = 0.0

    def press(self, now_s: float) -> Button | None:
        """Take a press, or a repeat of one; returns the button to press, if any."""
        if self.mode == "off":
            return Button.INTERRUPT
        was_down = self.is_down
        if self.mode == "toggle":
            self.is_down = not was_down
            return Button.TALK_UP if was_down else Button.TALK_DOWN
        self.is_down = True
        self._release_at_s = now_s + (REPEAT_S if was_down else FIRST_REPEAT_S)
        return None if was_down else Button.TALK_DOWN

    def tick(self, now_s: float) -> Button | None:
        """Return the release of a held key once its repeats have stopped; call it often."""
        if self.mode == "hold" and self.is_down and now_s >= self._release_at_s:
            self.is_down = False
            return Button.TALK_UP
        return None

    @property
    def hint(self) -> str:
        """What the key does now, in two or three words."""
        if self.mode == "off":
            return "interrupt"
        if self.mode == "toggle":
            return "end your turn" if self.is_down else "talk"
        return "talking" if self.is_down else "hold to talk"
