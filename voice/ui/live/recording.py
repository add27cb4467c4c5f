"""The record key: where the black box is, how to begin one, and how to end it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from voice.blackbox.recorder import Recorder

AGAIN_S = 5.0
"""A second press within this time ends the recording."""


class RecordingKey:
    """What ``r`` does.

    A recording cannot begin in mid-session: a replay needs every step from the first one on.
    """

    def __init__(self, recorder: Recorder | None) -> None:
        self._recorder = recorder
        self._pressed_s: float | None = None
        self._is_ended = False

    @property
    def state(self) -> str:
        """One line: whether there is a recording, and where."""
        recorder = self._recorder
        if recorder is None:
            return "off"
        if recorder.stopped_because is not None:
            return f"stopped: {recorder.stopped_because}"
        return f"{'ended' if self._is_ended else 'on'}, {recorder.path}"

    @property
    def hint(self) -> str:
        """What the key does, in one or two words."""
        return "record"

    async def press(self, now_s: float) -> str:
        """Take a press; returns what to tell."""
        recorder = self._recorder
        if recorder is None:
            return (
                "this session is not recorded, and a recording begins with its session, since a "
                "replay needs every step: start with 'voice talk --record FILE', or set "
                "record.always = true"
            )
        if recorder.stopped_because is not None:
            return f"the recording has stopped: {recorder.stopped_because}; see {recorder.path}"
        if self._is_ended:
            return f"the recording has ended: voice replay {recorder.path}"
        if self._pressed_s is not None and now_s - self._pressed_s <= AGAIN_S:
            self._is_ended = True
            await asyncio.to_thread(recorder.close)
            return f"the recording has ended: voice replay {recorder.path}"
        self._pressed_s = now_s
        return (
            f"recording to {recorder.path}; r again within {AGAIN_S:.0f} s ends it for good, "
            "the conversation goes on"
        )
