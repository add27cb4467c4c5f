"""Makes the environments of the strangers' clients, each apart from ours and from the others.

``python tests/interop/make_environments.py [NAME …]`` fills ``build/interop/NAME`` from
``tests/interop/NAME/requirements.txt`` (pip) or ``package.json`` (npm). What is there and still
matches its pins is kept. What cannot be had (no network, no node) costs one loud line and leaves
exit status 0: its tests are then skipped, loudly too.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILD = HERE.parent.parent / "build" / "interop"
LIMIT_S = 900
TAIL_LINES = 3
PINS = ("requirements.txt", "package.json")


def names() -> list[str]:
    """Return the names of all environments."""
    return sorted(folder.name for folder in HERE.iterdir() if _pins(folder.name) is not None)


def home(name: str) -> Path:
    """Return the folder of an environment, whether or not it is there."""
    return BUILD / name


def python_of(name: str) -> Path:
    """Return the interpreter of a Python client's environment."""
    return home(name) / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def is_ready(name: str) -> bool:
    """Tell whether an environment is there and made from the present pins."""
    stamp = home(name) / "pins.sha256"
    return stamp.is_file() and stamp.read_text("utf-8") == _digest(name)


def make(name: str) -> str | None:
    """Make one environment; return None, or in one line why it cannot be had."""
    if is_ready(name):
        return None
    folder, pins = home(name), _pins(name)
    assert pins is not None, f"no pins for {name}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        if pins.name == "package.json":
            _make_node(folder, pins)
        else:
            _make_python(folder, pins)
    except (OSError, subprocess.SubprocessError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        return _reason(error)
    (folder / "pins.sha256").write_text(_digest(name), "utf-8")
    return None


def _pins(name: str) -> Path | None:
    found = (HERE / name / file for file in PINS)
    return next((path for path in found if path.is_file()), None)


def _digest(name: str) -> str:
    pins = _pins(name)
    assert pins is not None, f"no pins for {name}"
    return hashlib.sha256(pins.read_bytes() + sys.version.encode()).hexdigest()


def _make_python(folder: Path, pins: Path) -> None:
    venv.create(folder, with_pip=True)
    python = str(python_of(folder.name))
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input", "--no-compile"]
    _run([python, "-m", "pip", "install", *quiet, "-r", str(pins)], folder)


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
    unknown = sorted(set(wanted) - set(names()))
    if unknown:
        print(f"unknown: {', '.join(unknown)}; there are: {', '.join(names())}")
        return 2
    for name in wanted or names():
        began = time.monotonic()
        was_ready = is_ready(name)
        failure = make(name)
        if failure is not None:
            print(f"!! SKIPPED: no environment for {name}: {failure}", flush=True)
        elif not was_ready:
            print(f"made build/interop/{name} in {time.monotonic() - began:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
