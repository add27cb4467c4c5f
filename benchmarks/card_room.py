"""A virtual sound card that stands in a room: its microphone hears its speaker, and a person."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.virtual_card import PERIOD_MS, WAIT_S, VirtualCard
from voice.audio.pcm import Pcm
from voice.audio.ports import RATE_HZ
from voice.testing.room import Room

MS = RATE_HZ // 1000
"""Samples of a millisecond."""

_FULL_SCALE = np.float32(32768.0)


class CardInRoom(VirtualCard):
    """What the card's speaker plays comes back to its microphone, as the room makes it sound.

    All is on one clock, ``position``: samples of the card since it was entered. The way from the
    room to the microphone takes one period more, since JACK cannot run in a circle.
    """

    LEAST_DELAY_MS = PERIOD_MS

    def __init__(self) -> None:
        """Prepare; nothing runs before it is entered."""
        super().__init__()
        self.position = 0
        """How many samples of the card's time have passed."""
        self._room = Room(noise_dbfs=-70.0, echo_db=-90.0)
        self._said: Pcm = np.zeros(0, np.int16)
        self._kept_from = 0
        self._lock = threading.Lock()

    def enter(self, room: Room) -> None:
        """Put the card into another room, with nobody in it."""
        self._room, self._said = room, np.zeros(0, np.int16)

    def say(self, pcm: Pcm) -> int:
        """Let a person say ``pcm`` now; returns where the first sample of it is."""
        with self._lock:
            self._said = pcm
            return self.position

    def forget(self) -> None:
        """Drop what was recorded so far."""
        with self._lock:
            super().forget()
            self._kept_from = self.position

    def recorded(self, begin: int, end: int | None = None) -> NDArray[np.int16]:
        """Return what came out of the speaker between two positions, none before ``forget``."""
        with self._lock:
            heard, kept_from = self.heard(), self._kept_from
        last = None if end is None else max(0, end - kept_from)
        return heard[max(0, begin - kept_from) : last]

    async def live_in_room(self, limit_s: float = WAIT_S) -> None:
        """Wire what PortAudio opens to the room, and to nothing else."""
        await self.listen(limit_s)
        microphone = await self._port_of_portaudio("in")
        for other in self._client.get_all_connections(microphone):
            self._client.disconnect(other, microphone)
        self._client.connect("bench:mouth", microphone)
        self.forget()

    async def until(self, position: int) -> None:
        """Wait for a moment of the card's time."""
        while (rest := position - self.position) > 0:  # noqa: ASYNC110 (JACK's thread counts)
            await asyncio.sleep(max(0.005, rest / RATE_HZ / 2))

    def _register(self, client: Any) -> None:
        super()._register(client)
        self._mouth = client.outports.register("mouth")

    def _process(self, frames: int) -> None:
        with self._lock:
            super()._process(frames)
            said, self._said = self._said[:frames], self._said[frames:]
            self.position += frames
        far = np.rint(self._heard[-1] * _FULL_SCALE).astype(np.int16)
        near = np.zeros(frames, np.int16)
        near[: said.size] = said
        self._mouth.get_array()[:] = self._room.hear(far, near).astype(np.float32) / _FULL_SCALE
