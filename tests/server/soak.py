"""Sessions in turn over real sockets, each of which talks: ``make soak-server``.

``python -m tests.server.soak --sessions 2000`` connects, types a turn, speaks a turn, and goes, so
often; then as many live objects, files and tasks must be there as after the first few.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tests.fuzz.echo_engines import echo_engines
from tests.fuzz.memory import resident_bytes
from tests.server.serving_kit import connect, server, until
from voice.engines.scripted import tone

ENDINGS = 4
"""Ways in which a session ends: closed well, in the middle of an answer, of a turn, cut off."""

MAX_OBJECTS_GROWN = 0.01


@dataclass(frozen=True)
class Measure:
    """What lives in this process."""

    objects: int
    files: int
    tasks: int
    sessions: int
    resident: int

    def __str__(self) -> str:
        return (
            f"{self.objects:,} objects, {self.files} files, {self.tasks} tasks, "
            f"{self.sessions} sessions, {self.resident / 2**20:.1f} MiB"
        )


class Soak(contextlib.AsyncExitStack):
    """A server, and clients that come and go."""

    async def __aenter__(self):
        """Start the server."""
        await super().__aenter__()
        running = server(echo_engines(word_ms=10), admits_by_load=False)
        self.running = await self.enter_async_context(running)
        self._count = 0
        return self

    async def take(self, sessions):
        """Open so many sessions in turn."""
        for _ in range(sessions):
            self._count += 1
            await self._session(self._count % ENDINGS)
            await until(lambda: not self.running.state.connections)

    async def _session(self, ending):
        # Without a bound: a full queue would keep the client's library from reading the close.
        async with connect(self.running, max_queue=None) as client:
            await client.until("session.created")
            await client.say("Hello there.")
            await client.until("response.done")
            await client.append(tone(200, rate_hz=24_000))
            await client.until("input_audio_buffer.speech_started")
            if ending == 1:
                return
            await client.append(tone(700, amplitude=0, rate_hz=24_000))
            await client.until("response.created")
            if ending == 2:
                return
            await client.until("response.done")
            if ending == 3:
                client.socket.transport.abort()

    def measure(self):
        """Return what lives now, all garbage collected."""
        for _ in range(3):
            gc.collect()
        folder = Path("/proc/self/fd")
        files = len(os.listdir(folder)) if folder.exists() else 0
        tasks = len(asyncio.all_tasks())
        sessions = len(self.running.state.connections)
        return Measure(len(gc.get_objects()), files, tasks, sessions, resident_bytes())


async def _run(sessions):
    begun = time.perf_counter()
    async with Soak() as soak:
        await soak.take(max(sessions // 10, 20))
        before = soak.measure()
        await soak.take(sessions)
        after = soak.measure()
    took_s = time.perf_counter() - begun
    sys.stdout.write(f"before: {before}\nafter:  {after}\n{sessions} sessions, {took_s:.0f} s\n")
    is_same = (before.files, before.tasks, before.sessions) == (
        after.files,
        after.tasks,
        after.sessions,
    )
    return is_same and after.objects <= before.objects * (1 + MAX_OBJECTS_GROWN)


def main():
    """Soak from the command line; ends with 1 where something was left behind."""
    parser = argparse.ArgumentParser(description="Open sessions in turn, and look what is left.")
    parser.add_argument("--sessions", type=int, default=2_000)
    options = parser.parse_args()
    sys.exit(0 if asyncio.run(_run(options.sessions)) else 1)


if __name__ == "__main__":
    main()
