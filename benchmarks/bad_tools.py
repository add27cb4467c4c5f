"""Ten kinds of bad tool, in a module of their own so that a process can import them."""

from __future__ import annotations

import os
import re
import sys
import threading
import time
from typing import Any

from tools import tool

HOLD_S = 0.6
"""How long the tools that hold something hold it; it is still a fault, and an end."""

_FLOOD_BYTES = 50_000_000
_never = threading.Event()


@tool(timeout_s=0.3)
async def blocks_the_loop() -> str:
    """Sleep where it should await."""
    time.sleep(HOLD_S)  # noqa: ASYNC251
    return "blocked"


@tool(timeout_s=HOLD_S)
def spins() -> str:
    """Compute in Python, in a thread."""
    until_s = time.perf_counter() + HOLD_S
    number = 0
    while time.perf_counter() < until_s:
        number += 1
    return str(number)


@tool(heavy=True, timeout_s=1.5)
def holds_the_interpreter() -> str:
    """Compute in C without ever letting go, as a bad regular expression does."""
    return str(re.match(r"(a+)+$", "a" * 40 + "b"))


@tool(timeout_s=0.3)
def never_returns() -> str:
    """Wait for what never comes."""
    _never.wait()
    return "never"


@tool
def exits() -> str:
    """End the program."""
    raise SystemExit(3)


@tool
def returns_ten_megabytes() -> str:
    """Return far too much."""
    return "x" * 10_000_000


@tool
def returns_bytes() -> bytes:
    """Return what is no text."""
    return b"\xff" * 1_000


@tool
def returns_a_cycle() -> dict[str, Any]:
    """Return what contains itself."""
    value: dict[str, Any] = {}
    value["self"] = value
    return value


@tool(heavy=True)
def dies() -> str:
    """End its process without a word."""
    os._exit(7)


@tool(heavy=True)
def forks() -> str:
    """Come back as parent and as child."""
    return "parent" if os.fork() else "child"


@tool(heavy=True)
def floods() -> str:
    """Write 50 MB where answers travel."""
    for _ in range(_FLOOD_BYTES // 1_000_000):
        sys.stdout.write("x" * 1_000_000)
    return "flooded"


KINDS = (
    blocks_the_loop,
    spins,
    holds_the_interpreter,
    never_returns,
    exits,
    returns_ten_megabytes,
    returns_bytes,
    returns_a_cycle,
    dies,
    forks,
    floods,
)
