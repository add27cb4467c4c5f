"""``voice devices``: the list, its JSON, and the level bar; on a virtual sound system."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.audio.pulse_lab import PulseLab, skip_without_pulse
from voice.sound_levels import MicrophoneLevel
from voice.ui.devices_command import level_line


@pytest.fixture
async def lab() -> AsyncIterator[PulseLab]:
    skip_without_pulse()
    with tempfile.TemporaryDirectory(prefix="lab") as folder:
        pulse = PulseLab(Path(folder))
        try:
            pulse.plug_microphone("mic")
            await pulse.plug_speaker("loud")
            yield pulse
        finally:
            pulse.close()


async def voice(lab: PulseLab, *arguments: str) -> str:
    """Return what the command prints."""
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "voice.ui.cli", *arguments],
        env=lab.environ,
        capture_output=True,
        text=True,
        timeout=15,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.device
async def test_microphones_and_speakers_are_listed_with_the_default_marked(lab: PulseLab) -> None:
    printed = await voice(lab, "devices")
    rows = json.loads(await voice(lab, "devices", "--json"))

    default = next(row for row in rows if row["is_default_input"])
    microphones, speakers = printed.split("Speakers")
    assert default["name"] == "default"
    assert default["host_api"] == "ALSA"
    marked = f"  *   {default['index']}  default  (ALSA, {default['rate_hz']} Hz"
    assert marked in microphones
    assert marked in speakers


@pytest.mark.parametrize(("dbfs", "signs"), [(-90.0, 0), (-60.0, 0), (-30.0, 20), (0.0, 40)])
def test_the_bar_grows_with_the_level(dbfs: float, signs: int) -> None:
    line = level_line(MicrophoneLevel("USB microphone", dbfs))

    assert line.count("#") == signs
    assert "USB microphone" in line
