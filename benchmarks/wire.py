"""CPU of the hot path: a 20 ms chunk sent, an audio delta received; ours against a hand loop.

Run with ``make bench-wire``. The hand loop is what one would write at best on websockets + orjson +
pybase64: no core, no ledger, no barge-in. Ours is a whole Session: microphone → core → codec →
socket, and socket → codec → core → speaker. The other end is a process of its own; both loops run
here, in turns, on the same kind of event loop, and only this process's CPU time counts.

Chunks come one a wake of the loop, as from a sound card, but every millisecond and not every 20;
deltas come in a burst, as servers send them. The line without a limit shows chunks that come with
no wake between them, as no microphone gives them: there only our own microseconds are left.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import json
import multiprocessing
import os
import platform
import statistics
import time
from collections.abc import AsyncIterator, Callable, Sequence
from multiprocessing.connection import Connection
from typing import Any, TypeAlias

import orjson
import pybase64
import websockets

from voice.audio.ports import RATE_HZ
from voice.client.session import Session
from voice.embedded import run_loop
from voice.protocol.endpoints import Endpoint
from voice.protocol.playback import HeardPart

CHUNK = os.urandom(RATE_HZ // 50 * 2)
DELTA = os.urandom(RATE_HZ // 10 * 2)
"""20 ms up, 100 ms down, as realtime clients and servers cut them."""

LIMIT = 1.3
PACE_S = 0.001
WAIT_LIMIT_S = 60


class Peer:
    """The other end: greets, swallows what is appended, and sends deltas when asked to."""

    def __init__(self, deltas: int) -> None:
        self._frames = delta_frames(deltas)
        self._appended = 0
        self._expected = 0

    async def serve(self, ready: Connection) -> None:
        """Serve until killed; tells its port through ``ready``."""
        async with websockets.serve(self._talk, "127.0.0.1", 0, compression=None) as server:
            ready.send(server.sockets[0].getsockname()[1])
            await asyncio.get_running_loop().create_future()

    async def _talk(self, socket: Any) -> None:
        session = {"type": "realtime", "audio": {"input": {"turn_detection": None}}}
        for kind in ("session.created", "session.updated"):
            await socket.send(json.dumps({"type": kind, "event_id": "e", "session": session}))
        async for frame in socket:
            if frame.startswith('{"type":"input_audio_buffer.append"'):
                continue
            event = json.loads(frame)
            if event["type"] == "response.create":
                with contextlib.suppress(websockets.ConnectionClosed):
                    for delta in self._frames:
                        await socket.send(delta)


def delta_frames(count: int) -> list[str]:
    """Return one response with ``count`` audio deltas, as text frames."""
    ids = {"response_id": "resp_1", "item_id": "item_1", "output_index": 0, "content_index": 0}
    item = {"id": "item_1", "type": "message", "role": "assistant", "content": []}
    response = {
        "id": "resp_1",
        "object": "realtime.response",
        "status": "in_progress",
        "output": [],
    }
    audio = pybase64.b64encode_as_string(DELTA)
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": response},
        {"type": "response.output_item.added", "item": item, **ids},
        {"type": "conversation.item.added", "item": item, "previous_item_id": None},
    ]
    events += [{"type": "response.output_audio.delta", **ids, "delta": audio}] * count
    events.append({"type": "response.done", "response": {**response, "status": "completed"}})
    return [json.dumps({"event_id": f"e{n}", **event}) for n, event in enumerate(events)]


def run_peer(ready: Connection, deltas: int) -> None:
    """Run the peer; the body of its process."""
    run_loop(Peer(deltas).serve(ready))


async def chunks(count: int, every_s: float) -> AsyncIterator[bytes]:
    """Yield ``count`` chunks, one a turn of the loop."""
    for _ in range(count):
        yield CHUNK
        await asyncio.sleep(every_s)


class BurstMicrophone:
    """Gives its chunks once ``begin`` is called, then nothing; notes the CPU they took."""

    def __init__(self, count: int, every_s: float) -> None:
        self._count = count
        self._every_s = every_s
        self._begun = asyncio.Event()
        self.cpu_s = asyncio.get_running_loop().create_future()

    def begin(self) -> None:
        """Start the burst."""
        self._begun.set()

    async def frames(self) -> AsyncIterator[bytes]:
        """Yield the burst."""
        await self._begun.wait()
        started = time.process_time()
        async for chunk in chunks(self._count, self._every_s):
            yield chunk
        self.cpu_s.set_result(time.process_time() - started)
        await asyncio.get_running_loop().create_future()

    async def close(self) -> None:
        """Hold nothing."""


class CountingSpeaker:
    """Takes deltas as fast as they come and notes when the last one is there."""

    def __init__(self, expected: int) -> None:
        self._missing = expected
        self._pcm: list[bytes] = []
        self.all_here = asyncio.Event()

    def start(self, on_drained: Callable[[], None]) -> None:
        """Play nothing."""

    def play(self, item_id: str, content_index: int, pcm: bytes) -> None:
        """Keep the samples, as a playout queue does."""
        self._pcm.append(pcm)
        self._missing -= 1
        if not self._missing:
            self.all_here.set()

    def flush(self) -> Sequence[HeardPart]:
        """Report nothing heard."""
        return ()

    heard = flush

    def pause(self) -> None:
        """Play nothing, as ever."""

    def resume(self) -> None:
        """Play nothing, as ever."""

    async def close(self) -> None:
        """Hold nothing."""


async def ours(url: str, sent: int, received: int, every_s: float) -> tuple[float, float]:
    """Return the CPU seconds of a Session for both directions."""
    microphone, speaker = BurstMicrophone(sent, every_s), CountingSpeaker(received)
    async with (
        asyncio.timeout(WAIT_LIMIT_S),
        Session(endpoint=Endpoint.local(url), microphone=microphone, speaker=speaker) as session,
    ):
        microphone.begin()
        up_s = await microphone.cpu_s
        started = time.process_time()
        session.send_text("go")
        await speaker.all_here.wait()
        return up_s, time.process_time() - started


async def by_hand(url: str, sent: int, received: int, every_s: float) -> tuple[float, float]:
    """Return the CPU seconds of the hand loop for both directions."""
    async with (
        asyncio.timeout(WAIT_LIMIT_S),
        websockets.connect(url, compression=None, max_size=None) as socket,
    ):
        started = time.process_time()
        async for chunk in chunks(sent, every_s):
            audio = pybase64.b64encode_as_string(chunk)
            await socket.send(f'{{"type":"input_audio_buffer.append","audio":"{audio}"}}')
        up_s = time.process_time() - started
        pcm: list[bytes] = []
        started = time.process_time()
        await socket.send('{"type":"response.create"}')
        async for frame in socket:
            event = orjson.loads(frame)
            if event["type"] == "response.output_audio.delta":
                pcm.append(pybase64.b64decode(event["delta"], validate=True))
                if len(pcm) == received:
                    break
        return up_s, time.process_time() - started


Row: TypeAlias = tuple[float, ...]


async def measure(url: str, count: int, deltas: int, rounds: int) -> list[Row]:
    """Return (paced up, down, burst up) of the hand loop, then of ours, in µs, for each round."""
    rows: list[Row] = []
    for number in range(rounds + 1):
        row: list[float] = []
        for loop in (by_hand, ours):
            gc.collect()  # neither loop pays for what the one before it left behind
            paced_s, down_s = await loop(url, count, deltas, PACE_S)
            burst_s, again_s = await loop(url, count, deltas, 0)
            row += [1e6 * paced_s / count, 1e6 * (down_s + again_s) / (2 * deltas)]
            row.append(1e6 * burst_s / count)
        if number:  # the first round warms both up
            rows.append(tuple(row))
            print(f"  round {number}/{rounds}", flush=True)
    return rows


def report(rows: list[Row]) -> bool:
    """Print medians; return whether both ratios are within the limit.

    A ratio is the median over the rounds of neighbours measured within seconds of each other.
    """
    medians = [statistics.median(column) for column in zip(*rows, strict=True)]
    print(f"\n{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"{'CPU µs each':36s}{'hand loop':>10s}{'ours':>8s}{'ratio':>8s}")
    kept = True
    names = ("20 ms chunk sent", "100 ms delta received", "(chunks without a wake between)")
    for column, name in enumerate(names):
        hand, us = medians[column], medians[column + 3]
        ratio, verdict = statistics.median(row[column + 3] / row[column] for row in rows), ""
        if not name.startswith("("):
            kept &= ratio <= LIMIT
            verdict = f"   ≤ {LIMIT} {'kept' if ratio <= LIMIT else 'MISSED'}"
        print(f"{name:36s}{hand:10.1f}{us:8.1f}{ratio:8.2f}{verdict}")
    return kept


def main() -> None:
    """Measure and report; exit status 1 where a ratio is over the limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2_000, help="chunks a round")
    parser.add_argument("--deltas", type=int, default=6_000, help="deltas a round, twice")
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    peer = spawn.Process(target=run_peer, args=(there, arguments.deltas), daemon=True)
    peer.start()
    try:
        if not here.poll(WAIT_LIMIT_S):
            raise SystemExit("the other end did not start")
        url = f"ws://127.0.0.1:{here.recv()}/v1/realtime"
        rows = run_loop(measure(url, arguments.count, arguments.deltas, arguments.rounds))
    finally:
        peer.kill()
        peer.join()
    raise SystemExit(0 if report(rows) else 1)


if __name__ == "__main__":
    main()
