"""How soon the answer begins: end of the user's speech → first audio, stage by stage.

Run with ``make bench-turn``. A real server in a process of its own, the recorded questions of
``audio_fixtures`` sent in real time over a real socket, and a bare client here: what it sees, any
client sees. Times count from the last sample of speech, which the fixtures' manifest knows. Offline
brain, calls of the built-in tools answered at once.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import platform
import statistics
import time
import wave
from dataclasses import dataclass, field
from typing import Any

import websockets

import audio_fixtures
from voice.app import build_tools
from voice.child import running_child
from voice.child_main import MODULE, server_orders
from voice.settings import Settings

CHUNK_MS = 20
TOKEN = "bench-token"
LIMITS_MS = {"without a tool": 500, "with an instant tool": 700}
WAIT_LIMIT_MS = 300
TTS_LIMIT_MS = 80

QUESTIONS = (
    "hello_who_are_you",
    "what_time_in_tokyo",
    "tell_me_a_joke",
    "timer_ten_minutes",
    "percent_of_80",
)
"""Fixtures asked in turn; those that are missing are left out and named."""

STAGES = (
    ("turn end", "speech", "stopped"),
    ("transcript", "stopped", "transcript"),
    ("tool", "transcript", "tool_answered"),
    ("first token", "before_token", "token"),
    ("voice", "token", "audio"),
)


@dataclass
class Turn:
    """Moments of one turn, in ms of the client's clock."""

    at: dict[str, float] = field(default_factory=dict)

    def mark(self, name: str) -> None:
        """Note a moment, the first time only."""
        self.at.setdefault(name, time.perf_counter() * 1_000)

    @property
    def kind(self) -> str:
        """Whether a tool was called."""
        return "with an instant tool" if "tool_answered" in self.at else "without a tool"

    def span(self, begin: str, end: str) -> float | None:
        """Return the time between two moments, None where one did not happen."""
        at = {**self.at, "before_token": self.at.get("tool_answered", self.at.get("transcript"))}
        if at.get(begin) is None or at.get(end) is None:
            return None
        return at[end] - at[begin]


def tool_specs() -> list[dict[str, Any]]:
    """Return the built-in tools as the session manager sends them to our own server."""
    return [tool.to_wire() for tool in build_tools(Settings()).specs]


def read_fixture(name: str) -> tuple[bytes, int]:
    """Return a fixture's PCM16 and the byte offset at which its speech ends."""
    entry = audio_fixtures.load_manifest()[name]
    with wave.open(str(audio_fixtures.path(name))) as file:
        audio = file.readframes(file.getnframes())
    return audio, entry["speech_spans_ms"][-1][1] * 48


async def ask(socket: Any, audio: bytes, speech_end: int) -> Turn:
    """Send one question in real time and answer its calls until the answer is whole."""
    turn = Turn()
    reader = asyncio.create_task(read_answer(socket, turn))
    step = CHUNK_MS * 48
    started = time.perf_counter()
    sent = 0
    while not reader.done():
        chunk = audio[sent : sent + step].ljust(step, b"\0")
        await socket.send(
            json.dumps(
                {
                    "type": "input_audio_buffer.append",
                    "audio": base64.b64encode(chunk).decode(),
                }
            )
        )
        sent += step
        if sent >= speech_end:
            turn.mark("speech")
        late = started + sent / 48_000 - time.perf_counter()
        await asyncio.wait({reader}, timeout=max(0.0, late))
        if sent > len(audio) + 48 * 20_000:
            raise SystemExit("no answer within 20 s of the question")
    await reader
    return turn


async def read_answer(socket: Any, turn: Turn) -> None:
    """Mark the moments of one turn until its last response is done."""
    calls: list[dict[str, Any]] = []
    async for frame in socket:
        event = json.loads(frame)
        match event["type"]:
            case "input_audio_buffer.speech_stopped":
                turn.mark("stopped")
            case "conversation.item.input_audio_transcription.completed":
                turn.mark("transcript")
            case "response.output_item.added" if event["item"]["type"] == "message":
                turn.mark("token")
            case "response.output_audio.delta":
                turn.mark("audio")
            case "response.output_item.done" if event["item"]["type"] == "function_call":
                calls.append(event["item"])
            case "response.done" if calls:
                await answer_calls(socket, calls)
                calls = []
                turn.mark("tool_answered")
            case "response.done":
                return
            case "error":
                raise SystemExit(f"the server refused: {event['error']['message']}")
            case _:
                pass


async def answer_calls(socket: Any, calls: list[dict[str, Any]]) -> None:
    """Answer every call at once with a fixed sentence."""
    for call in calls:
        item = {
            "type": "function_call_output",
            "call_id": call["call_id"],
            "output": json.dumps({"spoken": "It is a quarter to four in the afternoon there."}),
        }
        await socket.send(json.dumps({"type": "conversation.item.create", "item": item}))
    await socket.send(json.dumps({"type": "response.create"}))


async def run(turns: int) -> list[Turn]:
    """Ask ``turns`` questions and return their moments."""
    names = [name for name in QUESTIONS if name in audio_fixtures.load_manifest()]
    missing = sorted(set(QUESTIONS) - set(names))
    if missing:
        print(f"left out, no such fixture: {', '.join(missing)}")
    questions = [read_fixture(name) for name in names]
    session = {
        "type": "realtime",
        "tools": tool_specs(),
        "audio": {
            "input": {
                "turn_detection": {"type": "semantic_vad"},
                "transcription": {"model": "default"},
            }
        },
    }
    results = []
    async with running_child(MODULE, server_orders(Settings(), TOKEN), name="server") as child:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with websockets.connect(
            child.ready, additional_headers=headers, compression=None, max_size=None
        ) as socket:
            await socket.send(json.dumps({"type": "session.update", "session": session}))
            for number in range(turns):
                turn = await ask(socket, *questions[number % len(questions)])
                results.append(turn)
                total = turn.span("speech", "audio")
                name = names[number % len(names)]
                print(f"  turn {number + 1:2d}/{turns} {name:24s} {total or 0:6.0f} ms", flush=True)
    return results


def percentile_95(values: list[float]) -> float:
    """Return the 95th percentile, nearest rank."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * 95 // 100) - 1)]


def report(turns: list[Turn]) -> bool:
    """Print medians and 95th percentiles; return whether every limit is kept."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    print(f"\n{platform.machine()}, {cores} cores, Python {platform.python_version()}")
    print(f"{'':36s}{'median':>8s}{'p95':>8s}   limit (median)")
    kept = True
    for kind, limit in LIMITS_MS.items():
        chosen = [turn for turn in turns if turn.kind == kind]
        if not chosen:
            print(f"no turn {kind}")
            kept = False
            continue
        totals = [value for turn in chosen if (value := turn.span("speech", "audio")) is not None]
        print(f"{kind} ({len(totals)} turns)")
        kept &= line("speech end → first audio", totals, limit)
        for name, begin, end in STAGES:
            values = [v for turn in chosen if (v := turn.span(begin, end)) is not None]
            limit_ms = {"turn end": WAIT_LIMIT_MS, "voice": TTS_LIMIT_MS}.get(name)
            if values:
                kept &= line(f"  of it: {name}", values, limit_ms)
    return kept


def line(name: str, values: list[float], limit: int | None) -> bool:
    """Print one row; return whether its median keeps the limit."""
    median = statistics.median(values)
    is_kept = limit is None or median <= limit
    verdict = "" if limit is None else f"   ≤ {limit} {'kept' if is_kept else 'MISSED'}"
    print(f"  {name:34s}{median:8.0f}{percentile_95(values):8.0f}{verdict}")
    return is_kept


def main() -> None:
    """Run and report; exit status 1 where a limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=20)
    arguments = parser.parse_args()
    print("loading the models …", flush=True)
    turns = asyncio.run(run(arguments.turns))
    raise SystemExit(0 if report(turns) else 1)


if __name__ == "__main__":
    main()
