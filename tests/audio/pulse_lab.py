"""A desktop's sound system for tests: PulseAudio with null sinks that can be unplugged.

``vspeaker`` is the speaker; what is played into ``vmic_in`` is heard by the microphone ``vmic``.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import numpy as np
import pytest

from tests.audio.jack_lab import Samples, eventually, tone

WAIT_S = 8.0
LAB_RATE_HZ = 48_000

_PLUGINS = (
    Path("/usr/lib/x86_64-linux-gnu/alsa-lib/libasound_module_pcm_pulse.so"),
    Path("/usr/lib/aarch64-linux-gnu/alsa-lib/libasound_module_pcm_pulse.so"),
    Path("/usr/lib/alsa-lib/libasound_module_pcm_pulse.so"),
)


def skip_without_pulse() -> None:
    """Skip the test, with what is missing, where there is no PulseAudio to be had."""
    programs = [
        name for name in ("pulseaudio", "pactl", "parec", "pacat") if not shutil.which(name)
    ]
    plugin = [] if any(path.exists() for path in _PLUGINS) else ["libasound2-plugins"]
    if programs or plugin:
        pytest.skip(
            f"no {', '.join([*programs, *plugin])}: apt-get install pulseaudio pulseaudio-utils "
            "libasound2-plugins for a sound system to unplug things from"
        )
    try:
        import sounddevice  # noqa: F401
    except (ImportError, OSError) as error:
        pytest.skip(f"no PortAudio ({error}): apt-get install libportaudio2")


class Recorder:
    """Everything that a speaker plays, mono at its own rate: at another PulseAudio changes it."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self._pieces: list[bytes] = []
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as out:
            while piece := out.read1(9_600):
                self._pieces.append(piece)

    def heard(self) -> Samples:
        """Return all samples so far."""
        whole = b"".join(self._pieces)
        return np.frombuffer(whole[: len(whole) // 2 * 2], np.int16)

    def stop(self) -> None:
        self.process.kill()
        self.process.wait(timeout=3)
        self._thread.join(timeout=3)


class PulseLab:
    """A PulseAudio server of its own socket and home."""

    def __init__(self, folder: Path) -> None:
        """Start it. The folder must have a short path: sockets' names are limited."""
        self.folder = folder
        self._processes: list[subprocess.Popen[bytes]] = []
        self._modules: dict[str, str] = {}
        self._hums: dict[str, subprocess.Popen[bytes]] = {}
        self.recorders: dict[str, Recorder] = {}
        home = folder / "home"
        home.mkdir()
        routed = "pcm.!default { type pulse }\nctl.!default { type pulse }\n"
        (home / ".asoundrc").write_text(routed)
        socket = folder / "native"
        self.environ = {
            **os.environ,
            "HOME": str(home),
            "XDG_RUNTIME_DIR": str(folder),
            "PULSE_SERVER": f"unix:{socket}",
            "PULSE_COOKIE": str(folder / "cookie"),
            "JACK_NO_START_SERVER": "1",
        }
        server = self._start(
            ["pulseaudio", "-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1"]
            + ["--disallow-exit=yes", "-L"]
            + [f"module-native-protocol-unix auth-anonymous=1 socket={socket}"]
        )
        deadline = time.monotonic() + WAIT_S
        while not socket.exists():
            assert server.poll() is None and time.monotonic() < deadline, "PulseAudio did not start"
            with suppress(subprocess.TimeoutExpired):
                server.wait(timeout=0.02)

    def _start(
        self, command: list[str], stdin: Any = subprocess.DEVNULL
    ) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            command,
            env=self.environ,
            stdin=stdin,
            stdout=subprocess.PIPE if command[0] == "parec" else subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._processes.append(process)
        return process

    def pactl(self, *arguments: str) -> str:
        """Run pactl and return what it prints."""
        done = subprocess.run(
            ["pactl", *arguments], env=self.environ, capture_output=True, text=True, timeout=5
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    async def plug_speaker(self, name: str, rate_hz: int = LAB_RATE_HZ) -> None:
        """Plug in a speaker; it becomes the default, and is recorded.

        The microphone has to be there before: PulseAudio moves recorders when the default changes.
        """
        self._plug_sink(name, rate_hz, channels=2)
        self.pactl("set-default-sink", name)
        listen = ["parec", "-d", f"{name}.monitor", "--raw", "--latency-msec=10"]
        listen += ["--format=s16le", f"--rate={rate_hz}", "--channels=1"]
        recorder = self.recorders[name] = Recorder(self._start(listen))
        await eventually(lambda: recorder.heard().size > rate_hz // 50)

    def plug_microphone(self, name: str, rate_hz: int = LAB_RATE_HZ) -> None:
        """Plug in a mono microphone; it becomes the default. It hears what is said to it."""
        self._plug_sink(f"{name}_in", rate_hz, channels=1)
        self._modules[name] = self.pactl(
            "load-module",
            "module-remap-source",
            f"master={name}_in.monitor",
            f"source_name={name}",
            f"source_properties=device.description={name}",
        )
        self.pactl("set-default-source", name)

    def _plug_sink(self, name: str, rate_hz: int, *, channels: int) -> None:
        self._modules[name] = self.pactl(
            "load-module",
            "module-null-sink",
            f"sink_name={name}",
            f"rate={rate_hz}",
            f"channels={channels}",
            "norewinds=1",  # blocks of 50 ms at most, more like a card's than 2 s
            f"sink_properties=device.description={name}",
        )

    def unplug(self, name: str) -> None:
        """Pull a device out."""
        self.pactl("unload-module", self._modules.pop(name))
        if f"{name}_in" in self._modules:
            if name in self._hums:
                self._hums.pop(name).kill()  # or it would hum in the speaker next
            self.pactl("unload-module", self._modules.pop(f"{name}_in"))

    def hum(self, name: str, hertz: float) -> None:
        """Let a tone be heard by a microphone for 20 s."""
        file = self.folder / f"{name}.raw"
        file.write_bytes(tone(20_000, hertz, LAB_RATE_HZ).tobytes())
        play = ["pacat", "--playback", "-d", f"{name}_in", "--raw", "--format=s16le"]
        play += [f"--rate={LAB_RATE_HZ}", "--channels=1", "--latency-msec=20"]
        with file.open("rb") as sound:
            self._hums[name] = self._start(play, stdin=sound)

    def close(self) -> None:
        """End everything that was started."""
        for process in reversed(self._processes):
            process.kill()
        for recorder in self.recorders.values():
            recorder.stop()
        for process in self._processes:
            process.wait(timeout=3)


class Conversation:
    """A process of its own with the sound card of a conversation, on the lab's devices."""

    def __init__(self, lab: PulseLab) -> None:
        self._lab = lab
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self.reports: list[dict[str, Any]] = []
        self._arrived = asyncio.Condition()

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.audio.pulse_driver",
            env=self._lab.environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            limit=1 << 24,
        )
        self._reading = asyncio.create_task(self._read())
        await self.report("listening")
        return self

    async def __aexit__(self, *raised: object) -> None:
        assert self._process is not None and self._reading is not None
        try:
            self._stdin.close()
            async with asyncio.timeout(WAIT_S):
                await self._process.wait()
        finally:
            if self._process.returncode is None:
                self._process.kill()
                await self._process.wait()
            await self._reading
        if raised[0] is None:
            assert self._process.returncode == 0

    @property
    def _stdin(self) -> asyncio.StreamWriter:
        assert self._process is not None and self._process.stdin is not None
        return self._process.stdin

    async def _read(self) -> None:
        assert self._process is not None and self._process.stdout is not None
        async for line in self._process.stdout:
            async with self._arrived:
                self.reports.append(json.loads(line))
                self._arrived.notify_all()

    async def report(self, what: str, **facts: Any) -> dict[str, Any]:
        """Wait for a report with these facts and return it; earlier ones are forgotten."""

        def is_meant(report: dict[str, Any]) -> bool:
            return report["what"] == what and facts.items() <= report.items()

        async with self._arrived, asyncio.timeout(WAIT_S):
            await self._arrived.wait_for(lambda: any(map(is_meant, self.reports)))
            place = next(i for i, report in enumerate(self.reports) if is_meant(report))
            found = self.reports[place]
            del self.reports[: place + 1]
            return found

    def news(self) -> list[str]:
        """Return what people were told and nobody awaited yet."""
        return [report["detail"] for report in self.reports if report["what"] == "news"]

    def order(self, do: str, **facts: Any) -> None:
        """Have the process do something."""
        self._stdin.write(json.dumps({"do": do, **facts}).encode() + b"\n")

    def play(self, item: str, sound: Samples) -> None:
        """Let the speaker say something at 24 kHz."""
        self.order("play", item=item, pcm=base64.b64encode(sound.tobytes()).decode())

    async def heard_ms(self, item: str) -> int:
        """Return how much of an item was heard, as the speaker says."""
        self.order("heard")
        parts = (await self.report("heard"))["parts"]
        return next((part["heard_ms"] for part in parts if part["item_id"] == item), -1)

    async def until_heard(self, item: str, least_ms: int) -> None:
        """Wait until so much of an item was heard."""
        async with asyncio.timeout(WAIT_S):
            while await self.heard_ms(item) < least_ms:  # noqa: ASYNC110 (another process)
                await asyncio.sleep(0.02)

    async def until_open(self, *rates_hz: int) -> None:
        """Wait until microphone and speaker are open at these rates."""
        rates: list[int] = []
        async with asyncio.timeout(WAIT_S):
            while rates != [*rates_hz]:
                await asyncio.sleep(0.02)  # the process is asked again
                self.order("frames")
                rates = (await self.report("frames"))["rates"]

    async def captures(self, count: int) -> tuple[float, Samples]:
        """Return when the first of the next frames came, and what they hold."""
        self.order("frames")
        await self.report("frames")
        frames: list[tuple[float, str]] = []
        async with asyncio.timeout(WAIT_S):
            while len(frames) < count:
                await asyncio.sleep(0.02)  # the process is asked again
                self.order("frames")
                frames += (await self.report("frames"))["frames"]
        sound = b"".join(base64.b64decode(near) for _, near in frames)
        return frames[0][0], np.frombuffer(sound, np.int16)
