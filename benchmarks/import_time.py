"""What ``import voice`` costs in CPU time, and which modules it costs the most.

Run with ``make bench-import``. Fresh interpreters, one after another; the time is process CPU, so a
busy machine does not matter much. Exits with 1 above the limit.
"""

from __future__ import annotations

import re
import statistics
import subprocess
import sys

LIMIT_MS = 200
RUNS = 15
PROGRAM = (
    "import time; began = time.process_time(); import voice; "
    "print((time.process_time() - began) * 1000, len(__import__('sys').modules))"
)


def main() -> int:
    """Measure and print; return the exit status."""
    runs = [fresh("-c", PROGRAM).stdout.split() for _ in range(RUNS)]
    times = sorted(float(run[0]) for run in runs)
    median = statistics.median(times)
    print(f"import voice: median {median:.0f} ms CPU, best {times[0]:.0f}, worst {times[-1]:.0f}")
    print(f"({RUNS} fresh interpreters, limit {LIMIT_MS} ms, {runs[0][1]} modules loaded)")
    report = fresh("-X", "importtime", "-c", "import voice").stderr
    costs = re.findall(r"import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)", report)
    for own_us, name in sorted(costs, key=lambda cost: -int(cost[0]))[:10]:
        print(f"{int(own_us) / 1000:8.1f} ms  {name}")
    return 0 if median <= LIMIT_MS else 1


def fresh(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a new interpreter."""
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=True, timeout=60
    )


if __name__ == "__main__":
    sys.exit(main())
