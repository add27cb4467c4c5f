"""A virtual sound card: JACK's dummy driver, and a client that hears and speaks for a person."""

from __future__ import annotations

import asyncio
import functools
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeAlias

import numpy as np
import pytest
from numpy.typing import NDArray

from voice.audio.driver_chatter import driver_chatter_hidden
from voice.audio.ports import RATE_HZ

PERIOD_MS = 20
LATENCY_MS = 2 * PERIOD_MS
WAIT_S = 8.0

Samples: TypeAlias = NDArray[np.int16]


class Lab:
    """A JACK server with a dummy card, and a client wired to whatever PortAudio opens."""

    def __init__(self, client: Any, rate_hz: int, server: subprocess.Popen[bytes]) -> None:
        self.rate_hz = rate_hz
        self.server = server
        self._client = client
        self._ear = self._client.inports.register("ear")
        self._mouth = self._client.outports.register("mouth")
        self._heard: list[NDArray[np.float32]] = []
        self._to_say = np.zeros(0, np.float32)
        self._echo_gain = np.float32(0.0)
        self._coming = np.zeros(0, np.float32)
        self.xruns = 0
        self._client.set_process_callback(self._process)
        self._client.set_xrun_callback(self._count_xrun)
        self._client.activate()

    def _process(self, frames: int) -> None:
        heard = self._ear.get_array().copy()
        self._heard.append(heard)
        piece, self._to_say = self._to_say[:frames], self._to_say[frames:]
        out = self._mouth.get_array()
        out[:] = 0.0
        out[: piece.size] = piece
        if self._echo_gain:
            self._coming = np.concatenate([self._coming, heard * self._echo_gain])
            out += self._coming[:frames]
            self._coming = self._coming[frames:]

    def _count_xrun(self, delayed_us: float) -> None:
        self.xruns += 1

    def say(self, pcm: Samples) -> None:
        """Play samples into the microphone, 100 ms from now: new wires need a period or two."""
        lead = np.zeros(self.rate_hz // 10, np.float32)
        self._to_say = np.concatenate([lead, pcm.astype(np.float32) / np.float32(32768.0)])

    def echo(self, delay_ms: int, decibels: float) -> None:
        """Let the microphone hear the speaker from now on, so much later and louder."""
        self._coming = np.zeros(self.rate_hz * delay_ms // 1000, np.float32)
        self._echo_gain = np.float32(10.0 ** (decibels / 20.0))

    def heard(self) -> Samples:
        """Return everything that came out of the speaker since it was wired."""
        if not self._heard:
            return np.zeros(0, np.int16)
        return np.rint(np.concatenate(self._heard) * 32768.0).astype(np.int16)

    async def wire_speaker(self) -> None:
        """Listen to PortAudio's output."""
        await self._connect("PortAudio:out_0", "bench:ear")
        self._heard.clear()
        await eventually(lambda: len(self._heard) > 1)

    async def wire_microphone(self) -> None:
        """Speak into PortAudio's input."""
        await self._connect("bench:mouth", "PortAudio:in_0")

    async def _connect(self, source: str, target: str) -> None:
        def are_there() -> bool:
            names = {port.name for port in self._client.get_ports()}
            return {source, target} <= names

        await eventually(are_there)
        for other in self._client.get_all_connections(target):
            self._client.disconnect(other, target)
        self._client.connect(source, target)

    def close(self) -> None:
        """Leave the server, if it is still there."""
        self._client.deactivate(ignore_errors=True)
        self._client.close(ignore_errors=True)


def on_a_steady_card(
    test: Callable[..., Coroutine[Any, Any, None]],
) -> Callable[..., Coroutine[Any, Any, None]]:
    """Skip a test of ``lab`` that failed while the card itself lost whole periods.

    JACK counts them (a machine too busy for 20 ms); then neither samples nor times can be right.
    """

    @functools.wraps(test)
    async def run(lab: Lab, **fixtures: Any) -> None:
        try:
            await test(lab=lab, **fixtures)
        except AssertionError:
            if lab.xruns:
                pytest.skip(f"the virtual card lost {lab.xruns} periods: the machine is too busy")
            raise

    return run


async def eventually(condition: Callable[[], bool]) -> None:
    """Wait until something another thread does has happened."""
    async with asyncio.timeout(WAIT_S):
        while not condition():  # noqa: ASYNC110 (the card's thread sets no asyncio.Event)
            await asyncio.sleep(0.005)


def client_of(jack: Any, name: str) -> Any:
    """Return a client of a server that is just starting."""
    deadline = time.monotonic() + WAIT_S
    while True:
        try:
            with driver_chatter_hidden():
                return jack.Client("bench", servername=name, no_start_server=True)
        except jack.JackOpenError:
            assert time.monotonic() < deadline, "the JACK server did not start"
            threading.Event().wait(0.02)


def stopped(server: subprocess.Popen[bytes]) -> None:
    """End a JACK server, whatever state the test left it in."""
    with suppress(ProcessLookupError):
        server.send_signal(signal.SIGCONT)
    server.terminate()
    try:
        server.wait(timeout=3)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait(timeout=3)


def tone(milliseconds: int, hertz: float = 440.0, rate_hz: int = RATE_HZ) -> Samples:
    """Return a loud sine that neither begins nor ends with zeros."""
    seconds = (np.arange(rate_hz * milliseconds // 1000) + 1) / rate_hz
    samples = np.rint(12_000 * np.sin(2 * np.pi * hertz * seconds)).astype(np.int16)
    samples[samples == 0] = 1
    return samples


def sounding(samples: Samples) -> Samples:
    """Return what lies between the first and the last sample that is not silence."""
    (places,) = np.nonzero(samples)
    return samples[places[0] : places[-1] + 1] if places.size else samples[:0]


def pitch_hz(samples: Samples, rate_hz: int) -> float:
    """Return the strongest frequency."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(samples.size)))
    return float(spectrum.argmax()) * rate_hz / samples.size
