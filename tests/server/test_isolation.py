"""Many sessions of one server at once: nobody ever sees or hears anything of another."""

import asyncio
import base64
import json

import numpy as np

from tests.fuzz.echo_engines import LOUDNESS_STEP, echo_engines, voice_of
from tests.server.serving_kit import connect, server
from voice.engines.scripted import tone

SESSIONS = 8
TURNS = 6
FIRST = 11
"""Numbers of two digits: none of them is the beginning of another."""

TOOL = {"type": "function", "name": "find", "parameters": {"type": "object"}}


class Marked:
    """A client that says one number only, in words and in pitch, and keeps all it is sent."""

    def __init__(self, client, number):
        self.client = client
        self.number = number
        self.frames = []

    async def take_turns(self):
        await self.client.update(
            instructions=f"marker {self.number}",
            tools=[TOOL],
            audio={"input": {"transcription": {"model": "any"}}},
        )
        for turn in range(TURNS):
            ask = (self.write, self.speak, self.call)[(turn + self.number) % 3]
            await ask(turn)

    async def write(self, turn):
        await self.client.say(f"marker {self.number} turn {turn}")
        await self.answered(f"You said marker {self.number} turn {turn}.")

    async def speak(self, turn):
        await self.client.append(voice_of(self.number, 400))
        await self.client.append(tone(900, amplitude=0, rate_hz=24_000))
        await self.answered(f"You said speaker {self.number}.")

    async def call(self, turn):
        await self.client.say(f"look for marker {self.number}")
        done = await self.client.until("response.done")
        (item,) = done["response"]["output"]
        assert json.loads(item["arguments"])["where"] == f"look for marker {self.number}"
        output = {"type": "function_call_output", "call_id": item["call_id"], "output": "{}"}
        await self.client.send("conversation.item.create", item=output)
        await self.client.send("response.create")
        await self.answered(f"You said look for marker {self.number}.")

    async def answered(self, text):
        done = await self.client.until("response.done")
        (item,) = done["response"]["output"]
        assert item["content"][0]["transcript"] == text

    def peak(self):
        """Return the loudest sample that this client was sent."""
        kind = "response.output_audio.delta"
        audio = [base64.b64decode(e["delta"]) for e in self.client.events if e["type"] == kind]
        return int(np.abs(np.frombuffer(b"".join(audio), np.int16).astype(int)).max())

    def words(self):
        """Return all that this client was sent, without audio and without ids."""
        kept = [e for e in self.client.events if e["type"] != "response.output_audio.delta"]
        return json.dumps([{k: v for k, v in e.items() if not k.endswith("_id")} for e in kept])


async def test_no_session_ever_sees_or_hears_another_ones_words():
    async with server(echo_engines(), admits_by_load=False) as running:
        async with (
            connect(running) as first,
            connect(running) as second,
            connect(running) as third,
            connect(running) as fourth,
            connect(running) as fifth,
            connect(running) as sixth,
            connect(running) as seventh,
            connect(running) as eighth,
        ):
            clients = (first, second, third, fourth, fifth, sixth, seventh, eighth)
            marked = [Marked(client, FIRST + number) for number, client in enumerate(clients)]
            await asyncio.gather(*(one.take_turns() for one in marked))
    assert len(marked) == SESSIONS
    ids = [{e.get("item_id") for e in one.client.events} - {None} for one in marked]
    for one, own_ids in zip(marked, ids, strict=True):
        others = [other for other in marked if other is not one]
        for other in others:
            assert f"marker {other.number}" not in one.words()
            assert f"speaker {other.number}" not in one.words()
        assert abs(one.peak() - one.number * LOUDNESS_STEP) <= LOUDNESS_STEP // 10
        assert own_ids.isdisjoint(set().union(*(ids[marked.index(other)] for other in others)))
