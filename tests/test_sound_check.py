"""The sound check on real (virtual) sound cards, and on machines with half of one or none."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.audio.conftest import lab, start_lab  # noqa: F401 (fixtures)
from tests.audio.jack_lab import PERIOD_MS, Lab, eventually, on_a_steady_card
from tests.audio.pulse_lab import PulseLab, skip_without_pulse
from voice import sound_check
from voice.audio import devices
from voice.audio.device_choice import DeviceDescription
from voice.audio.ports import RATE_HZ
from voice.calibration import FILE_NAME, load_calibration
from voice.client.probe import Step
from voice.client.probe_talk import Outcome
from voice.errors import DeviceError
from voice.settings import Settings, load_settings
from voice.sound_check import check_sound, programme

pytestmark = pytest.mark.device

CLAIMED_MS = 2 * PERIOD_MS
"""What the virtual card claims for its converters; the wire of the lab goes past them."""


def settings_for(folder: Path, **audio: object) -> Settings:
    overrides = {f"audio.{key}": value for key, value in audio.items()}
    return load_settings(overrides={**overrides, "tools.data_dir": str(folder)})


async def checked(settings: Settings, told: list[str] | None = None) -> list[Step]:
    told = [] if told is None else told
    return [step async for step in check_sound(settings, tell=told.append)]


def with_devices(monkeypatch: pytest.MonkeyPatch, *found: DeviceDescription) -> None:
    monkeypatch.setattr(devices, "list_devices", lambda: list(found))


@pytest.mark.device
@on_a_steady_card
async def test_a_known_echo_is_measured_and_kept(lab: Lab, tmp_path: Path) -> None:  # noqa: F811
    lab.echo(delay_ms=80, decibels=-12.0)
    settings = settings_for(tmp_path, input="system", output="system")
    told: list[str] = []

    async with asyncio.TaskGroup() as group:
        group.create_task(lab.wire_speaker())
        group.create_task(lab.wire_microphone())
        steps = {step.name: step for step in await checked(settings, told)}

    kept = load_calibration(tmp_path, "system", "system")
    assert kept is not None
    assert kept.delay_ms == pytest.approx(80 + PERIOD_MS - CLAIMED_MS, abs=3.0)
    assert kept.echo_db == pytest.approx(-12.0, abs=0.5)
    assert kept.drift_ppm == pytest.approx(0.0, abs=1.0)
    assert kept.erle_db is not None and kept.erle_db > 25
    trip_ms = (steps["echo delay"].figures or {})["round_trip_ms"]
    assert trip_ms == pytest.approx(80 + PERIOD_MS, abs=PERIOD_MS + 1)
    assert {step.outcome for step in steps.values()} == {Outcome.OK}
    assert len(steps) == 8
    assert len(told) == 1 and "'system'" in told[0]


@pytest.fixture
async def pulse() -> AsyncIterator[PulseLab]:
    """A sound system whose microphone hears its speaker."""
    skip_without_pulse()
    with tempfile.TemporaryDirectory(prefix="lab") as folder:
        system = PulseLab(Path(folder))
        try:
            system.plug_microphone("mic")
            await system.plug_speaker("loud")
            echo = ["source=loud.monitor", "sink=mic_in", "latency_msec=40", "adjust_time=0"]
            system.pactl("load-module", "module-loopback", *echo)
            yield system
        finally:
            system.close()


async def doctor(pulse: PulseLab, folder: Path, *flags: str) -> asyncio.subprocess.Process:
    """Run the command on the sound system; its endpoint is one that nobody serves."""
    command = [sys.executable, "-m", "voice.ui.cli", "doctor", *flags]
    command += ["--url", "ws://127.0.0.1:9/v1/realtime", "--set", f"tools.data_dir={folder}"]
    return await asyncio.create_subprocess_exec(
        *command, env=pulse.environ, stdout=asyncio.subprocess.PIPE
    )


@pytest.mark.device
async def test_the_command_prints_the_figures_of_a_desktop(pulse: PulseLab, tmp_path: Path) -> None:
    process = await doctor(pulse, tmp_path, "--json")
    async with asyncio.timeout(18):
        out, _ = await process.communicate()

    steps: dict[str, Any] = {step["name"]: step for step in json.loads(out)["steps"]}
    assert steps["microphone"]["detail"].startswith("'mic' at 48000 Hz")
    assert steps["speaker"]["detail"].startswith("'loud' at 48000 Hz")
    assert 20 <= steps["echo delay"]["figures"]["round_trip_ms"] <= 400
    assert steps["echo"]["figures"]["echo_db"] == pytest.approx(0.0, abs=1.5)
    assert steps["clipping"]["outcome"] == "ok"
    assert steps["reach"]["outcome"] == "failed"
    assert load_calibration(tmp_path, "mic", "loud") is not None


@pytest.mark.device
async def test_a_microphone_that_stalls_is_a_step_that_failed(
    pulse: PulseLab, tmp_path: Path
) -> None:
    process = await doctor(pulse, tmp_path)
    assert process.stdout is not None
    async with asyncio.timeout(15):
        first = await process.stdout.readline()
        await eventually(lambda: bool(pulse.recorders["loud"].heard().any()))
        pulse.pactl("suspend-source", "mic", "1")
        out = await process.stdout.read()
        await process.wait()

    assert b"playing on 'loud', listening with 'mic'" in first
    assert out.startswith(b"FAIL microphone")
    assert b"stands still" in out
    assert not (tmp_path / FILE_NAME).exists()


async def test_a_machine_without_a_sound_card_is_told_so_in_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with_devices(monkeypatch)

    (step,) = await checked(settings_for(tmp_path))

    assert (step.name, step.outcome) == ("sound card", Outcome.SKIPPED)
    assert "voice ask works with audio files" in step.detail


async def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def missing() -> list[DeviceDescription]:
        raise DeviceError("PortAudio is missing; apt-get install libportaudio2")

    monkeypatch.setattr(devices, "list_devices", missing)

    (step,) = await checked(settings_for(tmp_path))

    assert step.outcome is Outcome.SKIPPED
    assert "apt-get install libportaudio2" in step.detail


async def test_a_driver_that_does_not_answer_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    is_over = threading.Event()
    monkeypatch.setattr(sound_check, "_LIST_LIMIT_S", 0.05)
    monkeypatch.setattr(devices, "list_devices", lambda: [] if is_over.wait(10) else [])

    (step,) = await checked(settings_for(tmp_path))
    is_over.set()

    assert step.outcome is Outcome.SKIPPED
    assert "did not answer" in step.detail


@pytest.mark.parametrize(("wanted", "outcome"), [(None, Outcome.WARNING), ("Mic", Outcome.FAILED)])
async def test_a_microphone_that_is_missing_is_a_failure_where_it_was_asked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, wanted: str | None, outcome: Outcome
) -> None:
    with_devices(monkeypatch, DeviceDescription(0, "HDMI", "ALSA", 0, 2, 48_000))

    (step,) = await checked(settings_for(tmp_path, input=wanted))

    assert (step.name, step.outcome) == ("microphone", outcome)
    assert "no microphone was found" in step.detail


async def test_a_device_that_was_asked_for_is_missed_even_where_there_is_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with_devices(monkeypatch)

    (step,) = await checked(settings_for(tmp_path, input="Jabra"))

    assert (step.name, step.outcome) == ("microphone", Outcome.FAILED)
    assert "Jabra" in step.detail


def test_the_whole_check_takes_less_than_eight_seconds() -> None:
    spoken_s = programme().size / RATE_HZ

    assert spoken_s + sound_check.SETTLE_S + sound_check.SILENCE_S + sound_check.TAIL_S < 8.0
