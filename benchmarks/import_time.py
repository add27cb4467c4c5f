"""What importing ``voice`` and its session cost in CPU time, and where it goes.

Run with ``make bench-import``. Fresh interpreters, one after another; the time is process CPU, so a
busy machine does not matter much. Exits with 1 above the limit.
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys

LIMIT_MS = 200
RUNS = 15
TIMED = (
    "import time; began = time.process_time(); {work}; "
    "print((time.process_time() - began) * 1000, len(__import__('sys').modules))"
)
PACKAGE = "import voice"
SESSION = "from voice import Session"


def main() -> int:
    """Measure and print; return the exit status."""
    print(f"CPU of {RUNS} fresh interpreters each, limit {LIMIT_MS} ms:")
    medians = [measure(work) for work in (PACKAGE, SESSION)]
    print(f"the dearest modules of {SESSION!r}:")
    report = fresh("-X", "importtime", "-c", SESSION).stderr
    costs = re.findall(r"import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)", report)
    for own_us, name in sorted(costs, key=lambda cost: -int(cost[0]))[:10]:
        print(f"{int(own_us) / 1000:8.1f} ms  {name}")
    return 0 if max(medians) <= LIMIT_MS else 1


def measure(work: str) -> float:
    """Print what a statement costs and return the median in milliseconds."""
    fresh("-c", work)  # compiles what was never imported before, as the first run of all does
    runs = [fresh("-c", TIMED.format(work=work)).stdout.split() for _ in range(RUNS)]
    times = sorted(float(run[0]) for run in runs)
    median = statistics.median(times)
    print(
        f"{median:6.0f} ms  {work} (best {times[0]:.0f}, worst {times[-1]:.0f}; "
        f"{runs[0][1]} modules loaded)"
    )
    return median


def fresh(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a new interpreter that keeps its bytecode, as Python does unless it is told not to."""
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60, env=kept)


if __name__ == "__main__":
    sys.exit(main())
