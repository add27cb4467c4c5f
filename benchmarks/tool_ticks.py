"""How late a tick of 20 ms comes beside each kind of bad tool: ``make bench-tools``.

The sound of a session is moved by such ticks on the same loop that calls tools. Three calls of a
kind run at once. Exits with 1 where a tick was more than 50 ms late.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import tempfile
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from benchmarks.bad_tools import KINDS
from tools import Registry

TICK_S = 0.02
LIMIT_MS = 50.0
AT_ONCE = 3
_REST_S = 1.0


async def late_ms(beside: Callable[[], Awaitable[object]]) -> float:
    """Return how late the latest tick came while something was done."""
    loop = asyncio.get_running_loop()
    work = asyncio.ensure_future(beside())
    worst_s = 0.0
    due_s = loop.time() + TICK_S
    while not work.done():
        await asyncio.sleep(max(0.0, due_s - loop.time()))
        worst_s = max(worst_s, loop.time() - due_s)
        due_s = max(due_s + TICK_S, loop.time())
    await work
    return worst_s * 1_000


async def measure(rounds: int) -> dict[str, float]:
    """Return the worst lateness in ms of every kind, ``nothing`` first."""
    worst = {"nothing": await late_ms(lambda: asyncio.sleep(_REST_S))}
    with tempfile.TemporaryDirectory() as folder:
        async with Registry(data_dir=Path(folder), max_threads=64) as registry:
            for kind in KINDS:
                registry.add(kind, "benchmark")
            for _ in range(rounds):
                for kind in KINDS:
                    beside = late_ms(partial(_call, registry, kind.name))
                    worst[kind.name] = max(worst.get(kind.name, 0.0), await beside)
    return worst


async def _call(registry: Registry, name: str) -> None:
    await asyncio.gather(*(registry.call(name, "{}") for _ in range(AT_ONCE)))


def main() -> int:
    """Measure and print one line a kind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    logging.disable(logging.CRITICAL)
    worst = asyncio.run(measure(rounds))
    for name, value in worst.items():
        mark = "" if value <= LIMIT_MS else f"  more than {LIMIT_MS:.0f} ms"
        sys.stdout.write(f"{name:<24}{value:8.1f} ms late at worst{mark}\n")
    return int(any(value > LIMIT_MS for value in worst.values()))


if __name__ == "__main__":
    sys.exit(main())
