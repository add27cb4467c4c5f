"""The machine's devices as PortAudio lists them, and what is said where it is missing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.audio.jack_lab import Lab
from voice.audio import devices
from voice.audio.devices import check, list_devices, rescan
from voice.audio.ports import RATE_HZ
from voice.errors import DeviceError


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


class PortAudioError(Exception):
    """What the library raises."""


class FakePortAudio:
    """The library's module, as far as devices are listed and looked for."""

    PortAudioError = PortAudioError

    def __init__(self) -> None:
        self._initialized = 1
        self.default = SimpleNamespace(device=(0, 0))
        self.trouble: Exception | None = None
        self.host_api = "ALSA"
        self.calls: list[str] = []

    def query_hostapis(self) -> tuple[dict[str, str], ...]:
        if not self._initialized:
            raise PortAudioError("PortAudio not initialized [PaErrorCode -10000]", -10000)
        return ({"name": self.host_api},)

    def query_devices(self) -> list[dict[str, object]]:
        if self.trouble is not None:
            raise self.trouble
        row = {"index": 0, "name": "default", "hostapi": 0, "default_samplerate": 44100.0}
        return [{**row, "max_input_channels": 2, "max_output_channels": 2}]

    def _terminate(self) -> None:
        assert self._initialized, "it is not loaded"
        self.calls.append("terminate")
        self._initialized -= 1

    def _initialize(self) -> None:
        self.calls.append("initialize")
        if self.trouble is not None:
            raise self.trouble
        self._initialized += 1


@pytest.fixture
def portaudio(monkeypatch: pytest.MonkeyPatch) -> FakePortAudio:
    library = FakePortAudio()
    monkeypatch.setitem(sys.modules, "sounddevice", library)
    monkeypatch.setattr(devices, "is_jack_fragile", lambda: False)
    return library


@pytest.mark.parametrize(
    "trouble",
    [
        PortAudioError("Error querying device 3"),
        UnicodeDecodeError("utf-8", b"Mikrofon \xfc", 9, 10, "invalid start byte"),
    ],
)
def test_a_list_that_cannot_be_read_is_an_error_that_says_what_to_do(
    portaudio: FakePortAudio, trouble: Exception
) -> None:
    portaudio.trouble = trouble

    with pytest.raises(DeviceError, match="could not be listed: .*; start the program again"):
        list_devices()


def test_a_rescan_that_fails_is_made_up_for_by_the_next(portaudio: FakePortAudio) -> None:
    portaudio.trouble = PortAudioError("Unanticipated host error [PaErrorCode -9999]", -9999)
    with pytest.raises(DeviceError, match=r"could not look for sound devices: Unanticipated"):
        rescan()
    with pytest.raises(DeviceError, match="could not be listed: PortAudio not initialized"):
        list_devices()
    portaudio.trouble = None

    rescan()

    assert [row.name for row in list_devices()] == ["default"]
    assert portaudio.calls == ["terminate", "initialize", "initialize"]


@pytest.mark.parametrize(
    ("host_api", "calls"), [("JACK", []), ("ALSA", ["terminate", "initialize"])]
)
def test_jack_is_never_left_while_it_is_in_use(
    portaudio: FakePortAudio, monkeypatch: pytest.MonkeyPatch, host_api: str, calls: list[str]
) -> None:
    monkeypatch.setattr(devices, "is_jack_fragile", lambda: True)
    portaudio.host_api = host_api

    rescan()

    assert portaudio.calls == calls
