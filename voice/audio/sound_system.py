"""What the desktop's sound system calls its microphone and its speaker at the moment.

On PulseAudio and PipeWire PortAudio sees one device, "default", whatever is behind it, and a stream
is moved to another microphone without a word. Their program ``pactl`` tells; where it is missing
nothing is told, and devices are known by PortAudio's names alone.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_LIMIT_S = 1.0

_ROUTED = ("default", "pulse", "pipewire", "sysdefault")
"""ALSA's names for "whatever the sound system has chosen"."""


@dataclass(frozen=True, slots=True)
class SystemDevice:
    """A device behind ALSA's "default": its own name, one for people, and its rate."""

    key: str
    name: str
    rate_hz: int | None = None


@dataclass(frozen=True, slots=True)
class SystemDefaults:
    """The chosen microphone and speaker; None where there is none."""

    microphone: SystemDevice | None
    speaker: SystemDevice | None


def is_routed(host_api: str, name: str) -> bool:
    """Return whether a device of PortAudio's stands for the sound system's choice."""
    return host_api == "ALSA" and name.casefold() in _ROUTED


def chosen_devices() -> tuple[str, str] | None:
    """Ask for the keys of the chosen microphone and speaker; None where nobody can tell.

    Cheap enough for once a second: 4 ms of CPU. Blocks for up to a second.
    """
    if not sys.platform.startswith("linux") or shutil.which("pactl") is None:
        return None
    info = _pactl("info")
    if info is None:
        return None
    lines = dict(line.partition(": ")[::2] for line in info.splitlines())
    return lines.get("Default Source", ""), lines.get("Default Sink", "")


def system_defaults() -> SystemDefaults | None:
    """Ask for the chosen devices; None where nobody can tell. Blocks for up to three seconds.

    A microphone that only repeats what the chosen speaker plays counts as none: it is what
    PulseAudio falls back to when the last microphone is unplugged.
    """
    chosen = chosen_devices()
    if chosen is None:
        return None
    source, sink = chosen
    microphone = None if source == f"{sink}.monitor" else _described("sources", source)
    return SystemDefaults(microphone, _described("sinks", sink))


def _described(things: str, key: str) -> SystemDevice | None:
    """Return a source or a sink with its description and rate; None where it is not there."""
    if not key or key == "auto_null" or key == "auto_null.monitor":
        return None
    listed = _pactl("list", things)
    if listed is None:
        return SystemDevice(key, key)
    name, is_it = None, False
    for line in listed.splitlines():
        label, _, value = line.strip().partition(": ")
        if label == "Name":
            is_it = value == key
        elif is_it and label == "Description":
            name = value
        elif is_it and label == "Sample Specification":
            # "s16le 2ch 48000Hz"
            digits = value.rpartition(" ")[2].removesuffix("Hz")
            return SystemDevice(key, name or key, int(digits) if digits.isdigit() else None)
    return SystemDevice(key, name or key) if name else None


def _pactl(*arguments: str) -> str | None:
    """Return what the program prints; None where it fails or takes too long."""
    try:
        done = subprocess.run(
            ["pactl", *arguments],
            env={**os.environ, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_LIMIT_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout


def cards_fingerprint() -> str | None:
    """Return a text that changes when a sound card comes or goes; None where there is no such."""
    try:
        return Path("/proc/asound/cards").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None


def is_jack_fragile() -> bool:
    """Return whether the loaded JACK library ends the process when it outlives its server.

    JACK's own does, PipeWire's library of the same name does not.
    """
    try:
        maps = Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    libraries = [line for line in maps.splitlines() if "libjack" in line]
    return bool(libraries) and not any("pipewire" in line for line in libraries)
