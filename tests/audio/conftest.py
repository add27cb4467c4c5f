"""The virtual sound card as fixtures, and a machine with devices that are none."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator

import pytest

from tests.audio.card_kit import Card, Machine, desktop
from tests.audio.jack_lab import PERIOD_MS, Lab, client_of, stopped
from voice.audio.devices import rescan
from voice.audio.ports import RATE_HZ


@pytest.fixture
def start_lab(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], Lab]]:
    """Start virtual sound cards; each is gone after the test."""
    if shutil.which("jackd") is None:
        pytest.skip("no jackd: apt-get install jackd2 for a virtual sound card")
    try:
        import jack
        import sounddevice
    except (ImportError, OSError) as error:
        pytest.skip(f"no sound libraries ({error}): apt-get install libportaudio2 libjack-jackd2-0")
    labs: list[Lab] = []

    def start(rate_hz: int) -> Lab:
        name = f"voice-lab-{os.getpid()}-{len(labs)}"
        period = str(rate_hz * PERIOD_MS // 1000)
        environ = {**os.environ, "JACK_NO_AUDIO_RESERVATION": "1"}
        server = subprocess.Popen(
            ["jackd", "-n", name, "-r", "-S", "-d", "dummy", "-r", str(rate_hz), "-p", period]
            + ["-C", "2", "-P", "2"],
            env=environ,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        monkeypatch.setenv("JACK_DEFAULT_SERVER", name)
        monkeypatch.setenv("JACK_NO_START_SERVER", "1")
        try:
            client = client_of(jack, name)
        except BaseException:
            stopped(server)
            raise
        labs.append(Lab(client, rate_hz, server))
        rescan()
        return labs[-1]

    yield start
    # libjack aborts the process where PortAudio is ended after its server.
    for lab in labs:
        lab.server.send_signal(signal.SIGCONT)
    sounddevice._terminate()
    for lab in labs:
        lab.close()
        stopped(lab.server)
    monkeypatch.undo()
    sounddevice._initialize()


@pytest.fixture
def lab(request: pytest.FixtureRequest, start_lab: Callable[[int], Lab]) -> Lab:
    """A card at our own rate, or at the one that the test asks for."""
    return start_lab(getattr(request, "param", RATE_HZ))


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A desktop whose devices are doubles."""
    return desktop(monkeypatch)


@pytest.fixture
def card(machine: Machine) -> Card:
    """A watched sound card on that machine."""
    return Card(machine)
