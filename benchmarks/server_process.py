"""A ``voice serve`` in a process of its own, and what the operating system says of it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import platform
import sys
from collections.abc import AsyncIterator
from pathlib import Path

TOKEN = "bench-server-token"
START_LIMIT_S = 60
CLOCK_HZ = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


class Server:
    """A running ``voice serve`` and what the operating system says of it."""

    def __init__(self, url: str, process: asyncio.subprocess.Process) -> None:
        self.url = url
        self.process = process

    def cpu_s(self) -> float:
        """CPU seconds since its start; 0 where the system does not say."""
        try:
            fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(") ", 1)[1].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) / CLOCK_HZ

    def rss_mb(self) -> float:
        """Resident memory; 0 where the system does not say."""
        try:
            status = Path(f"/proc/{self.process.pid}/status").read_text()
        except OSError:
            return 0.0
        line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1024

    def open_files(self) -> int:
        """Open file descriptors; 0 where the system does not say."""
        try:
            return len(os.listdir(f"/proc/{self.process.pid}/fd"))
        except OSError:
            return 0


@contextlib.asynccontextmanager
async def serving(**settings: object) -> AsyncIterator[Server]:
    """Run ``voice serve`` until the block ends; ``settings`` are of section ``server``."""
    chosen = {"port": 0, "token": TOKEN, **settings}
    environment = {f"VOICE_SERVER__{name.upper()}": str(value) for name, value in chosen.items()}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-c", "from voice.ui.cli import main; main()", "serve"),
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | environment,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(START_LIMIT_S):
            while b"ready at " not in (line := await process.stdout.readline()):
                if not line:
                    raise SystemExit("voice serve ended before it was ready")
        yield Server(line.split()[-1].decode(), process)
    finally:
        process.terminate()
        await process.wait()


def machine_cpu_s() -> float:
    """CPU seconds that the whole machine has worked, stolen time included; 0 where unknown."""
    try:
        numbers = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
    except OSError:
        return 0.0
    user, nice, system, _idle, _iowait, *rest = map(int, numbers)
    return (user + nice + system + sum(rest)) / CLOCK_HZ


def cpu_name() -> str:
    """Return what the machine calls its processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    return next(
        (x.split(":", 1)[1].strip() for x in lines if "model name" in x), platform.machine()
    )
