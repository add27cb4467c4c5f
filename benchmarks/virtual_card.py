"""A virtual sound card that keeps every sample which comes out of it: JACK's dummy driver."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from voice.audio.devices import rescan
from voice.audio.driver_chatter import driver_chatter_hidden
from voice.audio.ports import RATE_HZ

PERIOD_MS = 20
LATENCY_MS = 2 * PERIOD_MS
WAIT_S = 8.0


class NoVirtualCard(Exception):
    """There is no JACK server or no library for it; the message says how to get it."""


class VirtualCard:
    """A JACK server with a dummy card called "system", and a client that hears its speaker.

    A context manager; PortAudio lists this card's devices while it is entered.
    """

    def __init__(self) -> None:
        """Prepare; nothing runs before it is entered."""
        self.xruns = 0
        self._heard: list[NDArray[np.float32]] = []  # bounded: forget() empties it
        self._environ: dict[str, str | None] = {}
        self._server: subprocess.Popen[bytes] | None = None
        self._client: Any = None

    def __enter__(self) -> Self:
        """Start the server. Raises NoVirtualCard."""
        if shutil.which("jackd") is None:
            raise NoVirtualCard("no jackd; on Debian and Ubuntu: apt-get install jackd2")
        try:
            import jack
            import sounddevice  # noqa: F401
        except (ImportError, OSError) as error:
            raise NoVirtualCard(
                f"{error}; apt-get install libportaudio2 libjack-jackd2-0, pip install JACK-Client"
            ) from error
        name = f"voice-bench-{os.getpid()}"
        self._set_environ({"JACK_DEFAULT_SERVER": name, "JACK_NO_START_SERVER": "1"})
        try:
            self._server, self._client = _running(jack, name)
        except NoVirtualCard:
            self._set_environ(self._environ)
            raise
        self._register(self._client)
        self._client.set_process_callback(self._process)
        self._client.set_xrun_callback(self._count_xrun)
        self._client.activate()
        rescan()
        return self

    def __exit__(self, *_: object) -> None:
        """End the server; PortAudio lists the machine's own devices again."""
        import sounddevice

        assert self._server is not None
        self._server.send_signal(signal.SIGCONT)
        # libjack aborts the process where PortAudio is ended after its server.
        sounddevice._terminate()
        self._client.deactivate(ignore_errors=True)
        self._client.close(ignore_errors=True)
        self._server.terminate()
        try:
            self._server.wait(timeout=3)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.wait(timeout=3)
        self._set_environ(self._environ)
        sounddevice._initialize()

    async def listen(self, limit_s: float = WAIT_S) -> None:
        """Wire PortAudio's output to the ear alone, as soon as it is opened."""
        source = await self._port_of_portaudio("out", limit_s)
        self._client.connect(source, "bench:ear")
        self._heard.clear()
        await self._eventually(lambda: len(self._heard) > 1)

    async def _port_of_portaudio(self, kind: str, limit_s: float = WAIT_S) -> str:
        """Return the newest port, once there is one; PortAudio counts them on and on.

        In a second process it is called PortAudio-01.
        """

        def found() -> list[str]:
            return [port.name for port in self._client.get_ports(f"PortAudio[^:]*:{kind}_")]

        await self._eventually(lambda: bool(found()), limit_s)
        return found()[-1]

    async def _eventually(self, condition: Callable[[], bool], limit_s: float = WAIT_S) -> None:
        async with asyncio.timeout(limit_s):
            while not condition():  # noqa: ASYNC110 (JACK's threads set no asyncio.Event)
                await asyncio.sleep(0.01)

    def forget(self) -> None:
        """Drop what was heard so far."""
        self._heard.clear()

    def heard(self) -> NDArray[np.int16]:
        """Return what came out of the speaker since ``forget``."""
        pieces = [np.zeros(0, np.float32), *self._heard]
        return np.rint(np.concatenate(pieces) * 32768.0).astype(np.int16)

    async def stall(self, seconds: float) -> None:
        """Let the whole card stand still for a while."""
        assert self._server is not None
        self._server.send_signal(signal.SIGSTOP)
        await asyncio.sleep(seconds)
        self._server.send_signal(signal.SIGCONT)

    def _register(self, client: Any) -> None:
        self._ear = client.inports.register("ear")

    def _process(self, frames: int) -> None:
        self._heard.append(self._ear.get_array().copy())

    def _count_xrun(self, delayed_us: float) -> None:
        self.xruns += 1

    def _set_environ(self, values: dict[str, Any]) -> None:
        for name, value in values.items():
            self._environ.setdefault(name, os.environ.get(name))
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _running(jack: Any, name: str) -> tuple[subprocess.Popen[bytes], Any]:
    """Return a server and a client of it; another is started where it ends at once.

    Servers that are started at the same moment trip over the memory that all of them share.
    """
    deadline = time.monotonic() + WAIT_S
    server = _started(name)
    while time.monotonic() < deadline:
        with suppress(jack.JackOpenError), driver_chatter_hidden():
            return server, jack.Client("bench", servername=name, no_start_server=True)
        if server.poll() is not None:
            server = _started(name)
        time.sleep(0.02)
    server.kill()
    server.wait()
    raise NoVirtualCard(f"the JACK server did not start within {WAIT_S:g} s")


def _started(name: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        ["jackd", "-n", name, "-r", "-S", "-d", "dummy", "-r", str(RATE_HZ)]
        + ["-p", str(RATE_HZ * PERIOD_MS // 1000), "-C", "2", "-P", "2"],
        env={**os.environ, "JACK_NO_AUDIO_RESERVATION": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
