"""Fuzzing over real sockets: spoilt frames beside well-behaved clients of the same server."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.frame_validation import faults
from tests.fuzz.checks import Violation
from tests.fuzz.client_events import ClientEvents, Known
from tests.fuzz.echo_engines import echo_engines
from tests.fuzz.mutations import Mutator
from voice.engines.ports import Engines
from voice.protocol.dialects import Dialect
from voice.server.serve import EmbeddedServer, serving
from voice.server.state import ServerConfig

FUZZERS = 2
NEIGHBOURS = 2
FRAMES_BETWEEN_PROBES = 25
FRAMES_A_TURN = 40
"""Spoilt frames for each turn of a well-behaved client, which costs far more than a frame."""

ANSWER_LIMIT_S = 10.0
MALFORMED = 1008
"""How the server ends a connection after 20 malformed frames in 10 s (FAULTS §5)."""

BETA = {"OpenAI-Beta": "realtime=v1"}


@dataclass(slots=True)
class SocketOutcome:
    """What became of a run over sockets."""

    events: int = 0
    connections: int = 0
    closes: Counter[str] = field(default_factory=Counter)
    turns: list[float] = field(default_factory=list)
    """Seconds that each turn of a well-behaved client took."""
    took_s: float = 0.0

    def __str__(self) -> str:
        slowest = max(self.turns, default=0.0) * 1_000
        closes = ", ".join(f"{count} × {why}" for why, count in self.closes.items()) or "none"
        return (
            f"sockets: {self.events:,} events over {self.connections} connections, "
            f"{self.took_s:.0f} s; closed by the server: {closes}; beside them "
            f"{len(self.turns):,} turns of well-behaved clients, all answered, the slowest in "
            f"{slowest:.0f} ms"
        )


async def fuzz_sockets(seed: int, events: int) -> SocketOutcome:
    """Fuzz a real server; raises Violation where a session is lost or disturbed."""

    async def load() -> Engines:
        return echo_engines()

    outcome = SocketOutcome()
    begun = time.perf_counter()
    async with serving(ServerConfig(port=0, admits_by_load=False), load) as server:
        beat = asyncio.Semaphore(0)
        over = asyncio.Event()
        try:
            async with asyncio.TaskGroup() as tasks:
                for number in range(NEIGHBOURS):
                    tasks.create_task(_neighbour(server, number, beat, over, outcome))
                async with asyncio.TaskGroup() as fuzzers:
                    for number in range(FUZZERS):
                        share = events // FUZZERS
                        fuzzer = _Fuzzer(server, f"{seed}/socket/{number}", beat, outcome)
                        fuzzers.create_task(fuzzer.run(share))
                over.set()
                for _ in range(NEIGHBOURS):
                    beat.release()
        except* Violation as group:
            raise _first(group) from group
    outcome.took_s = time.perf_counter() - begun
    return outcome


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


class _Fuzzer:
    """Sends spoilt frames, and comes back when it is shown the door."""

    def __init__(
        self, server: EmbeddedServer, seed: str, beat: asyncio.Semaphore, outcome: SocketOutcome
    ) -> None:
        self._server = server
        self._beat = beat
        self._seed = seed
        self._outcome = outcome
        self._rng = random.Random(seed)
        self._known = Known()
        self._mutator = Mutator(self._rng)
        self._sent = 0

    async def run(self, events: int) -> None:
        while self._sent < events:
            dialect = self._rng.choice((Dialect.GA, Dialect.BETA))
            maker = ClientEvents(self._rng, dialect, self._known)
            headers = BETA if dialect is Dialect.BETA else {}
            self._outcome.connections += 1
            async with connect(
                self._server.url, additional_headers=headers, compression=None, max_size=None
            ) as socket:
                try:
                    await self._spoil(socket, maker, min(events - self._sent, 2_000))
                except ConnectionClosed as closed:
                    self._judge(closed)

    async def _spoil(self, socket: ClientConnection, maker: ClientEvents, events: int) -> None:
        for number in range(events):
            await socket.send(self._mutator.spoil(maker.next()).frame)
            self._sent += 1
            self._outcome.events += 1
            if self._sent % FRAMES_A_TURN == 0:
                self._beat.release()
            if number % FRAMES_BETWEEN_PROBES == FRAMES_BETWEEN_PROBES - 1:
                await self._probe(socket)

    async def _probe(self, socket: ClientConnection) -> None:
        """A well-formed event is still answered; what came before it is read and checked."""
        event_id = f"probe_{self._sent}"
        ask = {"type": "conversation.item.retrieve", "item_id": "nothing", "event_id": event_id}
        await socket.send(json.dumps(ask))
        try:
            async with asyncio.timeout(ANSWER_LIMIT_S):
                while True:
                    wire = self._read(str(await socket.recv()))
                    if wire["type"] == "error" and wire["error"]["event_id"] == event_id:
                        return
        except TimeoutError:
            raise Violation(f"{self._seed}: no answer after {self._sent} frames") from None

    def _read(self, frame: str) -> dict[str, Any]:
        wire: dict[str, Any] = orjson.loads(frame)
        if "neighbour" in frame:
            raise Violation(f"{self._seed}: a {wire['type']} holds another session's words")
        # An update may have changed the dialect on the way.
        wrong = [faults(frame, dialect) for dialect in Dialect]
        if all(wrong):
            raise Violation(f"{self._seed}: a frame that the API does not have: {wrong}")
        self._learn(wire)
        return wire

    def _learn(self, wire: dict[str, Any]) -> None:
        match wire["type"]:
            case "response.created":
                self._known.responses.append(wire["response"]["id"])
            case "conversation.item.added" | "conversation.item.created":
                self._known.items.append(wire["item"]["id"])
                if wire["item"].get("role") == "assistant":
                    self._known.spoken.append(wire["item"]["id"])
            case "response.function_call_arguments.done":
                self._known.calls.append(wire["call_id"])

    def _judge(self, closed: ConnectionClosed) -> None:
        received = closed.rcvd
        why = f"{received.code} {received.reason}" if received else "lost without a close frame"
        self._outcome.closes[why] += 1
        if received is None or received.code != MALFORMED:
            raise Violation(f"{self._seed}: the session ended with {why}, event {self._sent}")


async def _neighbour(
    server: EmbeddedServer,
    number: int,
    beat: asyncio.Semaphore,
    over: asyncio.Event,
    outcome: SocketOutcome,
) -> None:
    """Take a turn at every beat in one session; each must be answered with its own words."""
    async with connect(server.url, compression=None, max_size=None) as socket:
        turns = 0
        while not over.is_set() or not turns:
            turns += 1
            await beat.acquire()
            words = f"neighbour {number} asks {turns}"
            begun = time.perf_counter()
            try:
                async with asyncio.timeout(ANSWER_LIMIT_S):
                    answer = await _turn(socket, words)
            except (TimeoutError, ConnectionClosed) as error:
                raise Violation(f"neighbour {number} lost turn {turns}: {error!r}") from error
            outcome.turns.append(time.perf_counter() - begun)
            if answer != f"You said {words}.":
                raise Violation(f"neighbour {number} asked {words!r} and was told {answer!r}")


async def _turn(socket: ClientConnection, words: str) -> str:
    content = [{"type": "input_text", "text": words}]
    item = {"type": "message", "role": "user", "content": content}
    await socket.send(json.dumps({"type": "conversation.item.create", "item": item}))
    await socket.send(json.dumps({"type": "response.create"}))
    while True:
        frame = await socket.recv()
        wire = orjson.loads(frame)
        if wire["type"] == "error" or faults(str(frame), Dialect.GA):
            raise Violation(f"a neighbour was sent {frame!r:.200}")
        if wire["type"] == "response.done":
            response = wire["response"]
            if response["status"] != "completed":
                raise Violation(f"a neighbour's response is {response['status']}")
            transcript: str = response["output"][0]["content"][0]["transcript"]
            return transcript
