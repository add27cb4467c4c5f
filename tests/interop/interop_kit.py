"""A real ``voice serve`` and other people's clients, each a process of its own environment."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soxr

from tests.interop import make_environments

ROOT = Path(__file__).resolve().parent.parent.parent
HERE = ROOT / "tests" / "interop"
WIRE_HZ = 24_000
SILENCE_S = 1.5
LIMIT_S = 19
CLIPS = {"question": "hello_who_are_you", "interruption": "interrupt"}


def needs(environment: str) -> pytest.MarkDecorator:
    """Return the mark that skips, loudly, what has no environment on this machine."""
    reason = (
        f"!! NO INTEROP with {environment}: `make test-interop` makes build/interop/{environment}"
    )
    return pytest.mark.skipif(not make_environments.is_ready(environment), reason=reason)


def write_clips(folder: Path) -> dict[str, str]:
    """Write the clips as PCM16 at 24 kHz with silence behind; return the clients' environment."""
    found = {}
    for name, fixture in CLIPS.items():
        with wave.open(str(ROOT / "audio_fixtures" / f"{fixture}.wav")) as clip:
            samples = np.frombuffer(clip.readframes(clip.getnframes()), np.int16)
            speech = soxr.resample(samples, clip.getframerate(), WIRE_HZ)
        silence = np.zeros(int(WIRE_HZ * SILENCE_S), np.int16)
        path = folder / f"{name}.pcm"
        path.write_bytes(np.concatenate([speech, silence]).astype(np.int16).tobytes())
        found[f"VOICE_CLIP_{name.upper()}"] = str(path)
    return found


def run_client(
    environment: str, script: str, scenario: str, *arguments: str, **variables: str
) -> dict[str, Any]:
    """Run one scenario of a client; return its report, or fail with what the client said."""
    home = make_environments.home(environment)
    source = HERE / environment / script
    if script.endswith(".py"):
        command = [str(make_environments.python_of(environment)), str(source)]
    else:
        # Node looks for packages beside the script, whatever the working directory.
        for there in (source, HERE / "shared" / "stranger.mjs"):
            shutil.copy(there, home)
        command = ["node", str(home / script)]
    kept = {k: v for k, v in os.environ.items() if not k.endswith("_API_KEY") and "PROXY" not in k}
    try:
        done = subprocess.run(
            [*command, scenario, *arguments],
            env={**kept, "PYTHONPATH": str(HERE / "shared"), **variables},
            cwd=home,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
        )
    except subprocess.TimeoutExpired as error:
        said = (error.stderr or b"").decode(errors="replace")[-2_000:]
        pytest.fail(f"{environment}/{script} {scenario} hangs; it said:\n{said}")
    if done.returncode != 0:
        pytest.fail(f"{environment}/{script} {scenario} failed:\n{done.stderr[-4_000:]}")
    report: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return report


# --- what every client must have seen, in whatever way it shows it --------------------------------


def check_text(report: dict[str, Any]) -> None:
    """Check a written answer to "Hello, who are you?"."""
    assert "assistant" in report["text"].lower(), report


def check_speech(report: dict[str, Any]) -> None:
    """Check a spoken turn: what was heard, what was said, and that it sounded."""
    words = report["heard"].lower()
    assert "hello" in words and "who are you" in words, report
    assert "assistant" in report["said"].lower(), report
    assert report["audio_ms"] > 800, report


def check_tool(report: dict[str, Any]) -> None:
    """Check a function call: its name, its arguments, and that the answer holds the output."""
    assert report["name"] == "get_weather", report
    assert json.loads(report["arguments"]) == {"city": "Paris"}, report
    assert "sunny" in report["said"], report


def check_barge_in(report: dict[str, Any]) -> None:
    """Check that an interrupted answer keeps its first words and no more."""
    kept, whole = report["kept"].strip(), report["whole"].strip()
    assert kept and whole.startswith(kept), report
    assert len(kept) < len(whole), report
