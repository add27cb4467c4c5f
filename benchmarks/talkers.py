"""Many people talking at once: a load generator that costs next to nothing.

Frames of recorded questions are encoded before anything is measured, WebSocket framing included;
sending one is a single write. Answers are read to their end, audio deltas by their first bytes.
Times count from the moment at which the last sample of speech was due, not from when it was
sent: a client that is late must not make the server look fast.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import json
import os
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from benchmarks.turn import QUESTIONS, read_fixture, tool_specs

RATE_HZ = 24_000
PERIOD_S = 9.0
"""One question in so many seconds, from each talker: a brisk conversation."""

ROOM_NOISE = 20.0
"""Deviation (int16 steps) of the noise between questions: a microphone is never digitally silent,
and digital silence would spare the voice detector its work."""

ANSWER = json.dumps({"spoken": "It is a quarter to four in the afternoon there."})
GREETING_LIMIT_S = 10.0

_TEXT, _PONG = 1, 10
_DELTA_HEAD = b'{"type":"response.output_audio.delta"'


@dataclass(frozen=True)
class Refused(Exception):  # noqa: N818 - what the server said, not a fault
    """The server did not open a session."""

    status: int
    retry_after: str | None


@dataclass
class Turn:
    """One question; times in seconds of the loop's clock."""

    talker: int
    speech_end_s: float
    first_audio_s: float | None = None
    ended_s: float | None = None

    @property
    def wait_ms(self) -> float:
        """End of speech to first audio; infinite where no audio came."""
        if self.first_audio_s is None:
            return float("inf")
        return (self.first_audio_s - self.speech_end_s) * 1_000


@dataclass(frozen=True)
class Question:
    """The frames of a question and when its speech ends, in seconds."""

    frames: tuple[bytes, ...]
    speech_end_s: float


@dataclass
class Script:
    """What all talkers say: questions, and room noise between them."""

    chunk_ms: int
    questions: tuple[Question, ...]
    noise: tuple[bytes, ...]


def make_script(chunk_ms: int) -> Script:
    """Read and encode the fixtures."""
    questions = []
    for name in QUESTIONS:
        audio, speech_end_bytes = read_fixture(name)
        questions.append(Question(_appends(audio, chunk_ms), speech_end_bytes / 2 / RATE_HZ))
    random = np.random.default_rng(1)
    noise = random.normal(0, ROOM_NOISE, RATE_HZ * 2).astype("<i2").tobytes()
    return Script(chunk_ms, tuple(questions), _appends(noise, chunk_ms))


def _appends(audio: bytes, chunk_ms: int) -> tuple[bytes, ...]:
    step = chunk_ms * RATE_HZ // 1_000 * 2
    chunks = (audio[at : at + step].ljust(step, b"\0") for at in range(0, len(audio), step))
    return tuple(
        frame_of({"type": "input_audio_buffer.append", "audio": base64.b64encode(chunk).decode()})
        for chunk in chunks
    )


def frame_of(event: dict[str, Any]) -> bytes:
    """Return an event as a masked WebSocket frame; the mask is zero, so nothing is computed."""
    return _frame(_TEXT, json.dumps(event).encode())


def _frame(opcode: int, payload: bytes) -> bytes:
    size = len(payload)
    if size < 126:
        head = struct.pack("!BB", 0x80 | opcode, 0x80 | size)
    elif size < 65_536:
        head = struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, size)
    else:
        head = struct.pack("!BBQ", 0x80 | opcode, 0x80 | 127, size)
    return head + b"\0\0\0\0" + payload


@dataclass(eq=False)
class Talker:
    """One session that asks a question every ``PERIOD_S`` until it is stopped."""

    number: int
    url: str
    token: str
    script: Script
    turns: list[Turn] = field(default_factory=list)
    late_s: float = 0.0
    """The most that this client itself was behind its plan."""
    farewell: str = "no reason given"
    """Why the server closed the session."""

    async def open(self) -> None:
        """Connect and greet. Raises Refused."""
        parts = urlsplit(self.url)
        self._reader, self._writer = await asyncio.open_connection(parts.hostname, parts.port)
        self._writer.write(_handshake(parts.path, parts.netloc, self.token))
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode()
        status = int(head.split(" ", 2)[1])
        if status != 101:
            self._writer.close()
            headers = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:-2])
            raise Refused(status, headers.get("retry-after"))
        audio = {
            "turn_detection": {"type": "semantic_vad"},
            "transcription": {"model": "default"},
        }
        session = {"type": "realtime", "tools": tool_specs(), "audio": {"input": audio}}
        self._writer.write(frame_of({"type": "session.update", "session": session}))
        async with asyncio.timeout(GREETING_LIMIT_S):
            async for payload in self._frames():
                if b'"session.updated"' in payload[:80]:
                    return
        raise ConnectionError(f"the server closed the session: {self.farewell}")

    async def talk(self) -> None:
        """Ask for ever; cancel to stop."""
        reader = asyncio.create_task(self._read())
        try:
            await self._speak(reader)
        finally:
            reader.cancel()
            await asyncio.wait({reader})
            await self.hang_up()

    async def hang_up(self) -> None:
        """Close the connection, as somebody does who pulls the plug."""
        self._writer.close()
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()

    async def _speak(self, reader: asyncio.Task[None]) -> None:
        loop = asyncio.get_running_loop()
        step_s = self.script.chunk_ms / 1_000
        due_s = loop.time()
        noise = itertools.cycle(self.script.noise)
        chunks_each = round(PERIOD_S / step_s)
        order = self.script.questions[self.number % 5 :] + self.script.questions[: self.number % 5]
        for question in itertools.cycle(order):
            self.turns.append(Turn(self.number, due_s + question.speech_end_s))
            for frame in _padded(question.frames, noise, chunks_each):
                self._writer.write(frame)
                due_s += step_s
                wait_s = due_s - loop.time()
                self.late_s = max(self.late_s, -wait_s)
                await asyncio.sleep(max(0.0, wait_s))
                if reader.done():
                    reader.result()
                    raise ConnectionError(f"the server closed the session: {self.farewell}")

    async def _read(self) -> None:
        loop = asyncio.get_running_loop()
        calls: list[str] = []
        async for payload in self._frames():
            turn = self.turns[-1] if self.turns else None
            if payload.startswith(_DELTA_HEAD):
                if turn is not None and turn.first_audio_s is None:
                    # Earlier than the question's end is still the answer before.
                    turn.first_audio_s = (
                        now_s if (now_s := loop.time()) > turn.speech_end_s else None
                    )
                continue
            event = json.loads(payload)
            match event["type"]:
                case "response.output_item.done" if event["item"]["type"] == "function_call":
                    calls.append(event["item"]["call_id"])
                case "response.done" if calls:
                    self._answer(calls)
                    calls = []
                case "response.done" if turn is not None:
                    turn.ended_s = loop.time()
                case "error":
                    raise ConnectionError(f"the server refused: {event['error']['message']}")
                case _:
                    pass

    def _answer(self, calls: Sequence[str]) -> None:
        for call_id in calls:
            item = {"type": "function_call_output", "call_id": call_id, "output": ANSWER}
            self._writer.write(frame_of({"type": "conversation.item.create", "item": item}))
        self._writer.write(frame_of({"type": "response.create"}))

    async def _frames(self) -> Any:
        """Yield the payload of every text frame; answer pings; end at a close or a lost link."""
        read = self._reader.readexactly
        while True:
            try:
                opcode, size = await read(2)
                if size == 126:
                    (size,) = struct.unpack("!H", await read(2))
                elif size == 127:
                    (size,) = struct.unpack("!Q", await read(8))
                payload = await read(size)
            except (asyncio.IncompleteReadError, ConnectionError):
                return
            match opcode & 0x0F:
                case 0x1:
                    yield payload
                case 9:
                    self._writer.write(_frame(_PONG, payload))
                case 8:
                    self.farewell = payload[2:].decode()
                    return
                case _:
                    pass


def _padded(frames: Sequence[bytes], noise: Iterator[bytes], count: int) -> Iterator[bytes]:
    yield from frames
    yield from itertools.islice(noise, count - len(frames))


def _handshake(path: str, host: str, token: str) -> bytes:
    lines = (
        f"GET {path}?model=bench HTTP/1.1",
        f"Host: {host}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
        f"Authorization: Bearer {token}",
    )
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
