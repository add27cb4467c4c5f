"""Runs the driver's scenes in a real terminal, tmux, and takes what stands on its screen."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[3]
LIMIT_S = 15.0
LOOK_EVERY_S = 0.05

WHY_NOT = (
    "" if shutil.which("tmux") else "tmux is not installed, so there is no terminal to draw on"
)


class Terminal:
    """One tmux session that runs one program; tmux draws what the program writes."""

    def __init__(self, socket: str, size: tuple[int, int]) -> None:
        self._socket = socket
        self.size = size

    def start(self, command: list[str], environment: dict[str, str]) -> None:
        """Start the program; afterwards a shell-like wait keeps its last screen."""
        settings = [f"{name}={value}" for name, value in environment.items()]
        unset = [word for name in ("NO_COLOR",) if name not in environment for word in ("-u", name)]
        line = shlex.join(["env", *unset, *settings, *command])
        width, height = (str(number) for number in self.size)
        shell = f'cd {shlex.quote(str(ROOT))}; {line}; echo "exit status $?"; exec cat'
        self._tmux("-f", "/dev/null", "new-session", "-d", "-x", width, "-y", height, shell)

    def press(self, *keys: str) -> None:
        """Press keys, by tmux's names."""
        self._tmux("send-keys", *keys)

    def screen(self, *, in_colour: bool = False) -> str:
        """Return what stands on the screen, with its escape sequences where ``in_colour``."""
        return self._tmux("capture-pane", "-p", *(["-e"] if in_colour else []))

    def until(self, is_so: Callable[[str], bool]) -> str:
        """Return the screen once something is so of it; raises AssertionError at the limit."""
        end_s = time.monotonic() + LIMIT_S
        while time.monotonic() < end_s:
            shown = self.screen()
            if is_so(shown):
                return shown
            _look_away()
        raise AssertionError(f"it never came; the screen shows\n{self.screen()}")

    def close(self) -> None:
        """End the terminal and all that runs in it."""
        with contextlib.suppress(subprocess.CalledProcessError):
            self._tmux("kill-server")

    def _tmux(self, *arguments: str) -> str:
        done = subprocess.run(
            ["tmux", "-L", self._socket, *arguments],
            check=True,
            capture_output=True,
            encoding="utf-8",
            env=_environment(),
            timeout=LIMIT_S,
        )
        return done.stdout


@contextlib.contextmanager
def scene(
    name: str, size: tuple[int, int], *, home: Path, **environment: str
) -> Iterator[Terminal]:
    """Show a scene of the driver in a terminal of its own, whose programs end with the block."""
    terminal = Terminal(f"voice-{uuid.uuid4().hex[:8]}", size)
    given = {
        "TERM": "xterm-256color",
        "LC_ALL": "C.UTF-8",
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home),
        "XDG_CACHE_HOME": str(home),
        **environment,
    }
    try:
        terminal.start([sys.executable, "-m", "tests.ui.live.driver", name], given)
        yield terminal
    finally:
        terminal.close()


def _environment() -> dict[str, str]:
    """Return ours without the size of another terminal, which programs would believe."""
    kept = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    return {**kept, "LC_ALL": "C.UTF-8"}


def _look_away() -> None:
    """Leave the processor to the program; tmux tells nobody when a screen changes."""
    subprocess.run(["sleep", str(LOOK_EVERY_S)], check=True, timeout=LIMIT_S)
