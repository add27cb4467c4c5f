"""The machine's devices as PortAudio lists them, and what is said where it is missing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.audio.jack_lab import Lab
from tests.audio.portaudio_kit import (
    FakePortAudio,
    MovedStream,
    OurClock,
    PortAudioError,
    installed,
)
from voice.audio import devices
from voice.audio.devices import BlockTime, check, list_devices, rescan
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


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch) -> tuple[FakePortAudio, OurClock]:
    return installed(monkeypatch)


@pytest.fixture
def portaudio(fakes: tuple[FakePortAudio, OurClock]) -> FakePortAudio:
    return fakes[0]


@pytest.fixture
def ours(fakes: tuple[FakePortAudio, OurClock]) -> OurClock:
    return fakes[1]


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


def pass_by(stream: MovedStream, ours: OurClock, count: int) -> BlockTime:
    """Let blocks pass and return the time of the last."""
    for _ in range(count):
        ours.now_s += 0.01
        stream.call_back()
    return stream.times[-1]


@pytest.mark.parametrize("away_s", [1.8e9, -400.0])
def test_every_streams_time_is_told_by_our_clock(
    portaudio: FakePortAudio, ours: OurClock, away_s: float
) -> None:
    speaker = MovedStream(portaudio, ours, "output", ahead_s=0.03)
    speaker.away_s = away_s
    told = pass_by(speaker, ours, 50)
    microphone = MovedStream(portaudio, ours, "input", ahead_s=-0.02)
    heard = pass_by(microphone, ours, 50)

    assert told.at_s - told.now_s == pytest.approx(0.03, abs=1e-4)
    assert heard.now_s - told.now_s == pytest.approx(0.5, abs=1e-3)
    assert heard.at_s == pytest.approx(ours.now_s - 0.02, abs=1e-3)


@pytest.mark.parametrize("set_s", [-3600.0, 3600.0])
def test_a_wall_clock_that_is_set_does_not_stop_what_is_heard(
    portaudio: FakePortAudio, ours: OurClock, set_s: float
) -> None:
    speaker = MovedStream(portaudio, ours, "output", ahead_s=0.03)
    pass_by(speaker, ours, 50)

    speaker.away_s += set_s
    told = pass_by(speaker, ours, 10)

    assert told.now_s == pytest.approx(ours.now_s, abs=1e-3)
    assert speaker.stream.now_s() == pytest.approx(ours.now_s, abs=1e-3)


def test_a_driver_without_a_clock_tells_nothing_of_the_converter(
    portaudio: FakePortAudio, ours: OurClock
) -> None:
    speaker = MovedStream(portaudio, ours, "output", ahead_s=0.03)
    speaker.tells_time = False

    told = pass_by(speaker, ours, 50)

    assert told == BlockTime(pytest.approx(ours.now_s), 0.0)
    assert speaker.stream.now_s() == pytest.approx(ours.now_s)


def test_time_stands_still_soon_after_the_last_block(
    portaudio: FakePortAudio, ours: OurClock
) -> None:
    speaker = MovedStream(portaudio, ours, "output", ahead_s=0.03)
    pass_by(speaker, ours, 50)
    last_s = ours.now_s

    ours.now_s += 0.02
    soon_s = speaker.stream.now_s()
    ours.now_s += 10.0
    later_s = speaker.stream.now_s()
    speaker.stream.close()

    assert soon_s == pytest.approx(last_s + 0.02, abs=1e-3)
    assert later_s == pytest.approx(last_s + 0.05, abs=1e-3)
    assert speaker.stream.now_s() == pytest.approx(last_s, abs=1e-3)
