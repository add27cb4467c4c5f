"""Runs the command line as a person does: a process of its own, in a folder of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
FIXTURES = ROOT / "audio_fixtures"
LIMIT_S = 18


@dataclass(frozen=True)
class Ran:
    """A command that has ended."""

    status: int
    out: str
    err: str

    @property
    def report(self) -> dict[str, Any]:
        """The object that ``--json`` printed."""
        found: dict[str, Any] = json.loads(self.out)
        return found

    @property
    def errors(self) -> list[str]:
        """The lines of stderr that say what failed."""
        return [line for line in self.err.splitlines() if line.startswith("voice: error: ")]


@dataclass(frozen=True)
class Shell:
    """A folder in which ``voice`` is run, with nothing of the machine's settings or keys."""

    folder: Path

    def environment(self, **more: str) -> dict[str, str]:
        """Return the environment of the commands."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("VOICE_") and not name.endswith("_API_KEY")
        }
        home = str(self.folder / "home")
        own = {
            "HOME": home,
            "XDG_CONFIG_HOME": home,
            "XDG_DATA_HOME": home,
            "PYTHONPATH": str(ROOT),
            "VOICE_TOOLS__DATA_DIR": str(self.folder / "data"),
            "NO_COLOR": "1",
        }
        return {**kept, **own, **more}

    def start(self, *arguments: str | Path, **environment: str) -> subprocess.Popen[str]:
        """Start ``voice`` and return it while it runs; the caller waits for it."""
        return subprocess.Popen(
            [sys.executable, "-m", "voice.ui.cli", *map(str, arguments)],
            cwd=self.folder,
            env=self.environment(**environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def voice(self, *arguments: str | Path, limit_s: float = LIMIT_S, **environment: str) -> Ran:
        """Run ``voice`` to its end; fails the test where it takes longer than ``limit_s``."""
        process = self.start(*arguments, **environment)
        try:
            out, err = process.communicate(timeout=limit_s)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            raise AssertionError(f"voice hangs; it said:\n{out}\n{err}") from None
        return Ran(process.returncode, out, err)


def fixture(name: str) -> Path:
    """Return a recording of ``audio_fixtures``."""
    return FIXTURES / f"{name}.wav"


def assert_failed(ran: Ran, status: int, words: str) -> None:
    """Check that a command failed with one clear line and no traceback."""
    assert ran.status == status, ran.err
    assert len(ran.errors) == 1, ran.err
    assert words in ran.errors[0]
    assert "Traceback" not in ran.err + ran.out
    assert len(ran.errors[0]) < 400
