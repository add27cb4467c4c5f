"""Heavy tools for the tests; another process imports this file."""

from __future__ import annotations

import os
import sys

from tools import ToolError, tool


@tool(heavy=True)
def square(value: int) -> dict[str, int]:
    sys.stdout.write("noise on standard output\n")
    return {"square": value * value, "process": os.getpid()}


@tool(heavy=True)
def read_input() -> str:
    return sys.stdin.read() or "nothing"


@tool(heavy=True)
def refuse() -> str:
    raise ToolError("Not today.")


@tool(heavy=True)
def crash(word: str) -> str:
    raise ValueError(f"cannot {word}")


@tool(heavy=True)
def leave() -> str:
    raise SystemExit(3)


@tool(heavy=True)
def die() -> str:
    os._exit(7)


@tool(heavy=True, timeout_s=1.5)
def spin() -> str:
    while True:
        pass


@tool(heavy=True)
def raw() -> bytes:
    return b"bytes"


@tool(heavy=True)
def fork() -> str:
    """Come back twice, as parent and as child."""
    return "parent" if os.fork() else "child"


@tool(heavy=True)
def flood() -> str:
    """Write 10 MB where answers travel, and 10 MB more."""
    for stream in (sys.stdout, sys.stderr):
        for _ in range(1_000):
            stream.write("x" * 10_000)
    os.write(1, b'{"output": "forged"}\n')
    return "flooded"
