"""A simulated room: turns what the speaker plays and what a person says into what is recorded.

The echo goes through a delay, an impulse response with a decaying tail and, where wanted, a small
loudspeaker that distorts; the person's own voice comes direct. Everything is drawn from a seed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from typing import TypeVar

import numpy as np

from voice.audio.pcm import Floats, Pcm, to_bytes
from voice.audio.ports import BLOCK_MS, RATE_HZ, Captured

_Result = TypeVar("_Result")

_FULL_SCALE = np.float32(32768.0)
_DIRECT_SHARE = 0.5
"""Share of the echo's energy that comes by the direct path; the tail has the rest."""


class Room:
    """One speaker and one microphone in a room; give it the sound in blocks, in order.

    ``echo_db`` is the level of the echo at the microphone relative to what was played, for a white
    sound; ``reverb_ms`` the time in which the tail falls by 60 dB; ``noise_dbfs`` the level of the
    room's noise; ``distortion`` from 0 for a perfect loudspeaker to 1 for one that saturates.
    """

    def __init__(
        self,
        delay_ms: float = 60.0,
        echo_db: float = -12.0,
        *,
        reverb_ms: float = 200.0,
        noise_dbfs: float = -65.0,
        distortion: float = 0.0,
        seed: int = 0,
    ) -> None:
        self._random = np.random.default_rng(seed)
        self._response = _impulse_response(self._random, reverb_ms, echo_db)
        self._delay = round(delay_ms * RATE_HZ / 1_000)
        self._noise = np.float32(10.0 ** (noise_dbfs / 20.0))
        self._drive = np.float32(3.0 * distortion)
        self._coming: Floats = np.zeros(0, np.float32)
        self._spectra: dict[int, np.ndarray] = {}

    def hear(self, far: Pcm, near: Pcm) -> Pcm:
        """Return what the microphone records while ``far`` is played and ``near`` is said.

        Both are int16 at 24 kHz, shape (samples,), of one length; so is the result.
        """
        if far.size != near.size:
            raise ValueError(f"expected blocks of one length, got {far.size} and {near.size}")
        self._play(far)
        heard = self._coming[: far.size] + near.astype(np.float32) / _FULL_SCALE
        self._coming = self._coming[far.size :]
        heard += self._random.standard_normal(far.size, np.float32) * self._noise
        return np.clip(np.rint(heard * _FULL_SCALE), -32768, 32767).astype(np.int16)

    def _play(self, far: Pcm) -> None:
        """Add the echo of a block to what is still to come."""
        sound = far.astype(np.float32) / _FULL_SCALE
        if self._drive > 0:
            sound = np.tanh(sound * self._drive) / self._drive
        echo_length = far.size + self._response.size - 1
        wanted = self._delay + echo_length
        if self._coming.size < wanted:
            rest = np.zeros(wanted - self._coming.size, np.float32)
            self._coming = np.concatenate([self._coming, rest])
        if not far.any():
            return
        size = 1 << (echo_length - 1).bit_length()
        if size not in self._spectra:
            self._spectra[size] = np.fft.rfft(self._response, size)
        echo = np.fft.irfft(np.fft.rfft(sound, size) * self._spectra[size], size)
        self._coming[self._delay : wanted] += echo[:echo_length].astype(np.float32)


def _impulse_response(random: np.random.Generator, reverb_ms: float, echo_db: float) -> Floats:
    """Return a direct path and a decaying tail with the energy that ``echo_db`` asks for."""
    tail = random.standard_normal(max(1, round(reverb_ms * RATE_HZ / 1_000)))
    tail *= 10.0 ** (-3.0 * np.arange(tail.size) / tail.size)
    tail *= np.sqrt((1.0 - _DIRECT_SHARE) / np.sum(np.square(tail)))
    tail[0] += np.sqrt(_DIRECT_SHARE)
    tail *= 10.0 ** (echo_db / 20.0) / np.sqrt(np.sum(np.square(tail)))
    return np.asarray(tail, np.float32)


class RoomCard:
    """A sound card in a room whose time is that of the blocks that are asked for.

    ``answer`` is what our voice says; ``pause``, ``resume`` and ``stop`` act on it as a speaker
    does, ``reaction_ms`` later. ``says`` puts somebody into the room. Implements
    ``EchoMicrophone``.
    """

    def __init__(self, room: Room, *, length_ms: int, reaction_ms: int = 20) -> None:
        self.now_ms = 0
        self.played_samples = 0
        """How much of the answer has sounded."""
        self.paused_ms: list[int] = []
        """When our voice fell silent."""
        self._room = room
        self._end_ms = length_ms
        self._reaction_ms = reaction_ms
        self._answer: Pcm = np.zeros(0, np.int16)
        self._answer_ms = 0
        self._person: Pcm = np.zeros(length_ms * RATE_HZ // 1_000, np.int16)
        self._orders: list[tuple[int, bool]] = []
        self._is_silent = False
        self._working = 0
        self._is_idle = asyncio.Event()
        self._is_idle.set()
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []

    def answers(self, pcm: Pcm, *, at_ms: int) -> None:
        """Let our voice say ``pcm`` from ``at_ms`` on."""
        self._answer, self._answer_ms, self.played_samples = pcm, at_ms, 0

    def says(self, pcm: Pcm, *, at_ms: int) -> None:
        """Let somebody in the room say ``pcm`` from ``at_ms`` on; what does not fit is left out."""
        first = at_ms * RATE_HZ // 1_000
        fitting = pcm[: max(0, self._person.size - first)]
        self._person[first : first + fitting.size] += fitting

    @property
    def is_sounding(self) -> bool:
        """Whether our voice still has something to say, paused or not."""
        return self._answer_ms <= self.now_ms and self.played_samples < self._answer.size

    def pause(self) -> None:
        """Fall silent and keep what is left."""
        self._orders.append((self.now_ms + self._reaction_ms, True))

    def resume(self) -> None:
        """Go on."""
        self._orders.append((self.now_ms + self._reaction_ms, False))

    def stop(self) -> None:
        """Fall silent for good."""
        self._answer = self._answer[: self.played_samples]

    async def captured(self) -> AsyncIterator[Captured]:
        """Yield the blocks of the whole time; waits for work that is under way, in no time."""
        size = RATE_HZ * BLOCK_MS // 1_000
        while self.now_ms < self._end_ms:
            far = self._sounds(size)
            start = self.now_ms * RATE_HZ // 1_000
            near = self._room.hear(far, self._person[start : start + size])
            self.now_ms += BLOCK_MS
            await self._settle()
            yield Captured(to_bytes(near), to_bytes(far), (self.now_ms - BLOCK_MS) / 1_000)

    async def frames(self) -> AsyncIterator[bytes]:
        """Yield the microphone alone."""
        async for captured in self.captured():
            yield captured.near

    async def close(self) -> None:
        """End the time."""
        self._end_ms = self.now_ms

    async def takes(self, work: Awaitable[_Result], ms: int) -> _Result:
        """Return what ``work`` returns, ``ms`` later in the room's time, however long it takes."""
        due_ms = self.now_ms + ms
        self._working += 1
        self._is_idle.clear()
        try:
            result = await work
        finally:
            self._working -= 1
            if not self._working:
                self._is_idle.set()
        if self.now_ms < due_ms:
            come = asyncio.get_running_loop().create_future()
            self._waiting.append((due_ms, come))
            await come
        return result

    async def _settle(self) -> None:
        await asyncio.sleep(0)
        await self._is_idle.wait()
        for due_ms, come in [w for w in self._waiting if w[0] <= self.now_ms]:
            self._waiting.remove((due_ms, come))
            if not come.done():
                come.set_result(None)
        await asyncio.sleep(0)

    def _sounds(self, size: int) -> Pcm:
        while self._orders and self._orders[0][0] <= self.now_ms:
            _, is_silent = self._orders.pop(0)
            if is_silent and not self._is_silent:
                self.paused_ms.append(self.now_ms)
            self._is_silent = is_silent
        far = np.zeros(size, np.int16)
        if self._is_silent or not self.is_sounding:
            return far
        sounded = self._answer[self.played_samples : self.played_samples + size]
        far[: sounded.size] = sounded
        self.played_samples += sounded.size
        return far
