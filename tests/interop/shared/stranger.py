"""What the Python clients share: the clip to say, the words to ask, and how a report leaves.

Runs in the clients' own environments: nothing but the standard library. A client is a module with
one coroutine function for each scenario, which returns a dict; the last line that it prints is that
dict as JSON.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

URL = os.environ["VOICE_URL"]
"""``ws://127.0.0.1:PORT/v1/realtime``."""

KEY = "any-key"
CHUNK_BYTES = 24 * 2 * 40
SPEED = 2
"""How much faster than a person the clips are sent."""

LIMIT_S = 17
QUESTION = "Hello, who are you?"
STORY = "Tell me a joke."
WEATHER = "What is the weather in Paris?"
REPORT = "In Paris it is sunny and 21 degrees."

WEATHER_SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string", "description": "The name of the city"}},
    "required": ["city"],
    "additionalProperties": False,
}
WEATHER_TOOL = {
    "type": "function",
    "name": "get_weather",
    "description": "Get the current weather in a city.",
    "parameters": WEATHER_SCHEMA,
}


def pieces(clip: str) -> list[bytes]:
    """Return a clip (PCM16, 24 kHz) in pieces of 40 ms."""
    audio = Path(os.environ[f"VOICE_CLIP_{clip.upper()}"]).read_bytes()
    return [audio[i : i + CHUNK_BYTES] for i in range(0, len(audio), CHUNK_BYTES)]


async def spoken(clip: str) -> AsyncIterator[bytes]:
    """Give the pieces of a clip as a microphone would, ``SPEED`` times faster."""
    for piece in pieces(clip):
        yield piece
        await asyncio.sleep(len(piece) / 48_000 / SPEED)


def main(scenarios: dict[str, Callable[..., Awaitable[dict[str, Any]]]]) -> None:
    """Run the scenario that the command line names and print its report."""
    name, *arguments = sys.argv[1:]

    async def run() -> dict[str, Any]:
        async with asyncio.timeout(LIMIT_S):
            return await scenarios[name](*arguments)

    assert inspect.iscoroutinefunction(scenarios[name])
    print(json.dumps(asyncio.run(run())), flush=True)
    # Some clients leave threads behind that would hold the process.
    os._exit(0)
