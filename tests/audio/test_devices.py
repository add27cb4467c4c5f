"""The machine's devices as PortAudio lists them, and what is said where it is missing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.audio.jack_lab import Lab
from voice.audio.devices import check, list_devices
from voice.audio.ports import RATE_HZ

pytestmark = pytest.mark.device


@pytest.mark.device
def test_the_check_names_the_devices_that_would_be_used(lab: Lab) -> None:
    report = check("system", "SYSTEM")

    assert report.microphone == report.speaker
    assert report.speaker.host_api.startswith("JACK")
    assert report.speaker.rate_hz == RATE_HZ
    assert report.speaker in list_devices()


def test_without_portaudio_the_message_names_the_package(tmp_path: Path) -> None:
    (tmp_path / "sounddevice.py").write_text(
        'raise OSError("PortAudio library not found")\n', encoding="utf-8"
    )
    program = "\n".join(
        [
            "from voice.audio.devices import check",
            "from voice.errors import DeviceError",
            "try:",
            "    check()",
            "except DeviceError as error:",
            "    print(type(error).__name__, error)",
        ]
    )

    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), os.getcwd()])},
        capture_output=True,
        text=True,
        timeout=15,
        check=True,
    )

    assert done.stdout.startswith("DeviceError PortAudio")
    assert done.stdout.count("\n") == 1
    if sys.platform.startswith("linux"):
        assert "apt-get install libportaudio2" in done.stdout
