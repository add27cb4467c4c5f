"""Makes this project's own environment and installs the project into it.

Run by the Makefile with the system's Python; needs nothing but the standard library. Says what it
does in a few lines, and on failure what to do about it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections import deque
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST = (3, 11)
TAIL_LINES = 15


def main() -> int:
    """Make or mend the environment; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--venv", type=Path, default=ROOT / ".venv")
    parser.add_argument("--extra", default="", help="an extra of pyproject.toml: test or dev")
    parser.add_argument("--copy", action="store_true", help="install as a user would: not editable")
    options = parser.parse_args()
    if sys.version_info < OLDEST:
        wanted = ".".join(map(str, OLDEST))
        say(f"Python {wanted} or newer is needed, this is {sys.version.split()[0]}")
        say("choose another one with: make PYTHON=/path/to/python3.11 …")
        return 1
    python = python_of(options.venv)
    if not runs(python) and not make_venv(options.venv):
        return 1
    return install(python, options.extra, editable=not options.copy)


def say(line: str) -> None:
    """Print a line of progress at once."""
    print(line, flush=True)


def python_of(venv: Path) -> Path:
    """Return the path of an environment's interpreter."""
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def runs(python: Path) -> bool:
    """Return whether an environment's interpreter works and has pip."""
    if not python.exists():
        return False
    return quietly([str(python), "-m", "pip", "--version"]) is None


def quietly(command: list[str]) -> str | None:
    """Run a command; return None when it succeeded, else the last lines that it printed."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return None if done.returncode == 0 else "\n".join(done.stdout.splitlines()[-TAIL_LINES:])


def make_venv(venv: Path) -> bool:
    """Make an empty environment, by whichever way this Python offers."""
    if (venv / "pyvenv.cfg").exists():
        shutil.rmtree(venv)  # ours, and broken: an older Python that is gone, or a half-made one
    say(f"making {os.path.relpath(venv)} with Python {sys.version.split()[0]}")
    me, where = sys.executable, str(venv)
    failure = quietly([me, "-m", "venv", where])
    if failure is None:
        return True
    if quietly([me, "-m", "virtualenv", "--quiet", where]) is None:
        return True
    bare = [me, "-m", "venv", "--without-pip", "--clear", where]
    fill = [me, "-m", "pip", "--python", str(python_of(venv)), "install", "--quiet", "pip"]
    if quietly(bare) is None and quietly(fill) is None:
        return True
    shutil.rmtree(venv, ignore_errors=True)
    if "ensurepip" not in failure:
        say(failure)
    sudo = "" if getattr(os, "geteuid", lambda: 0)() == 0 else "sudo "
    say("This Python cannot make environments. On Debian and Ubuntu one command mends it:")
    say(f"    {sudo}apt-get install python3-venv")
    return False


def install(python: Path, extra: str, *, editable: bool) -> int:
    """Install the project with the pinned versions; return the exit status."""
    target = f"{ROOT}[{extra}]" if extra else str(ROOT)
    command = [str(python), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    # Python compiles what it uses on first use; compiling everything costs 65 MB of disk.
    command += ["--no-compile", "--progress-bar", "off", "-c", str(ROOT / "constraints.txt")]
    command += ["--editable", target] if editable else [target]
    purpose = f" for {extra}" if extra else ""
    say(f"installing the packages{purpose} (a minute or two the first time)")
    began = time.monotonic()
    last: deque[str] = deque(maxlen=TAIL_LINES)
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as pip:
        assert pip.stdout is not None
        fetched = 0
        for line in pip.stdout:
            last.append(line.rstrip())
            if line.startswith("Collecting "):
                fetched += 1
                show(f"  {fetched} packages: {line.split()[1]}")
            elif line.startswith("Installing collected packages"):
                show("  unpacking")
    show("")
    if pip.returncode != 0:
        say("\n".join(last))
        say("The packages could not be installed; above is what pip said last.")
        say(
            "Without a network, set up pip's own settings for your mirror or proxy, then try again."
        )
        return 1
    say(f"installed in {time.monotonic() - began:.0f} s")
    return 0


def show(line: str) -> None:
    """Show a passing line of progress on a terminal; nothing in a log."""
    if sys.stdout.isatty():
        print(f"\r\033[K{line[:78]}", end="", flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
