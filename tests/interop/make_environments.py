"""Makes the environments of strangers' programs, each apart from ours and from the others.

``python tests/interop/make_environments.py [NAME …]`` fills ``build/interop/NAME`` from
``tests/interop/NAME/requirements.txt`` (pip) or ``package.json`` (npm); ``--of foreign`` does it
for ``tests/foreign``. Packages in a ``no-deps.txt`` are installed last and without what they ask
for. What is there and still matches its pins is kept. What cannot be had (no network, no node)
costs one loud line and leaves exit status 0: its tests are then skipped, loudly too.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
import venv
from dataclasses import dataclass
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
LIMIT_S = 900
TAIL_LINES = 3
PINS = ("requirements.txt", "package.json")
NO_DEPS = "no-deps.txt"


@dataclass(frozen=True)
class Environments:
    """The environments of one folder of tests: ``tests/NAME``, made in ``build/NAME``."""

    folder: str

    @property
    def source(self) -> Path:
        """Where the pins are."""
        return TESTS / self.folder

    def names(self) -> list[str]:
        """Return the names of all environments."""
        return sorted(f.name for f in self.source.iterdir() if self._pins(f.name) is not None)

    def home(self, name: str) -> Path:
        """Return the folder of an environment, whether or not it is there."""
        return TESTS.parent / "build" / self.folder / name

    def python_of(self, name: str) -> Path:
        """Return the interpreter of a Python program's environment."""
        return self.home(name) / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    def is_ready(self, name: str) -> bool:
        """Tell whether an environment is there and made from the present pins."""
        stamp = self.home(name) / "pins.sha256"
        return stamp.is_file() and stamp.read_text("utf-8") == self._digest(name)

    def make(self, name: str) -> str | None:
        """Make one environment; return None, or in one line why it cannot be had."""
        if self.is_ready(name):
            return None
        folder, pins = self.home(name), self._pins(name)
        assert pins is not None, f"no pins for {name}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        try:
            if pins.name == "package.json":
                _make_node(folder, pins)
            else:
                self._make_python(name, pins)
        except (OSError, subprocess.SubprocessError) as error:
            shutil.rmtree(folder, ignore_errors=True)
            return _reason(error)
        (folder / "pins.sha256").write_text(self._digest(name), "utf-8")
        return None

    def _pins(self, name: str) -> Path | None:
        found = (self.source / name / file for file in PINS)
        return next((path for path in found if path.is_file()), None)

    def _digest(self, name: str) -> str:
        pins = self._pins(name)
        assert pins is not None, f"no pins for {name}"
        apart = pins.parent / NO_DEPS
        more = apart.read_bytes() if apart.is_file() else b""
        return hashlib.sha256(pins.read_bytes() + more + sys.version.encode()).hexdigest()

    def _make_python(self, name: str, pins: Path) -> None:
        folder = self.home(name)
        venv.create(folder, with_pip=True)
        quiet = ["--quiet", "--disable-pip-version-check", "--no-input", "--no-compile"]
        install = [str(self.python_of(name)), "-m", "pip", "install", *quiet]
        _run([*install, "-r", str(pins)], folder)
        apart = pins.parent / NO_DEPS
        if apart.is_file():
            _run([*install, "--no-deps", "-r", str(apart)], folder)


INTEROP = Environments("interop")
BUILD = TESTS.parent / "build" / "interop"
is_ready, home, python_of, make = INTEROP.is_ready, INTEROP.home, INTEROP.python_of, INTEROP.make


def _make_node(folder: Path, pins: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise FileNotFoundError("npm is not installed")
    shutil.copy(pins, folder / "package.json")
    _run([npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--silent"], folder)


def _run(command: list[str], folder: Path) -> None:
    subprocess.run(
        command,
        cwd=folder,
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=LIMIT_S,
    )


def _reason(error: Exception) -> str:
    said = getattr(error, "stdout", None) or str(error)
    text = said if isinstance(said, str) else said.decode(errors="replace")
    return " | ".join(text.strip().splitlines()[-TAIL_LINES:]) or type(error).__name__


def main(wanted: list[str]) -> int:
    """Make the wanted environments, or all."""
    environments = INTEROP
    if wanted[:1] == ["--of"]:
        environments, wanted = Environments(wanted[1]), wanted[2:]
    unknown = sorted(set(wanted) - set(environments.names()))
    if unknown:
        print(f"unknown: {', '.join(unknown)}; there are: {', '.join(environments.names())}")
        return 2
    for name in wanted or environments.names():
        began = time.monotonic()
        was_ready = environments.is_ready(name)
        failure = environments.make(name)
        where = f"build/{environments.folder}/{name}"
        if failure is not None:
            print(f"!! SKIPPED: no environment for {name}: {failure}", flush=True)
        elif not was_ready:
            print(f"made {where} in {time.monotonic() - began:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
