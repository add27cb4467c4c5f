"""Tools that take the processor, in a module of their own so that a process can import them."""

from __future__ import annotations

import re
import time

from tools import tool


def _hold(seconds: float) -> str:
    """Hold the interpreter in C code, as a bad regular expression does."""
    until_s = time.perf_counter() + seconds
    size = 18
    while time.perf_counter() < until_s:
        begun_s = time.perf_counter()
        re.match(r"(a+)+$", "a" * size + "b")
        if time.perf_counter() - begun_s < 0.2:
            size += 1
    return "computed"


@tool(heavy=True)
def hold_heavy(seconds: float = 0.5) -> str:
    """Compute in a process.

    Args:
        seconds: How long.
    """
    return _hold(seconds)


@tool
def hold_thread(seconds: float = 0.5) -> str:
    """Compute in a thread.

    Args:
        seconds: How long.
    """
    return _hold(seconds)


@tool
async def hold_loop(seconds: float = 0.5) -> str:
    """Compute on the loop.

    Args:
        seconds: How long.
    """
    return _hold(seconds)
