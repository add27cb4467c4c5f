"""A real server with scripted engines, and a plain client, for the tests of this folder."""

import asyncio
import base64
import contextlib
import json

import websockets

from voice.engines.ports import Engines
from voice.engines.scripted import (
    ScriptedBrain,
    ScriptedStt,
    ScriptedTts,
    ScriptedTurnEnd,
    ScriptedVad,
    tone,
)
from voice.server.serve import serving
from voice.server.state import ServerConfig

WAIT_S = 5


async def until(condition):
    """Give the loop its turns until the condition holds; fails after WAIT_S."""
    async with asyncio.timeout(WAIT_S):
        while not condition():  # noqa: ASYNC110 - a state of the code under test has no event
            await asyncio.sleep(0)


def engines(*, replies=(), heard=(), gate=None):
    """Engines whose brain, ears and mouth follow a script."""
    return Engines(
        vad=ScriptedVad(),
        turn_end=ScriptedTurnEnd(),
        stt=ScriptedStt(heard),
        brain=ScriptedBrain(replies),
        tts=ScriptedTts(gate=gate),
    )


@contextlib.asynccontextmanager
async def server(bundle=None, **config):
    bundle = bundle or engines()

    async def load():
        return bundle

    async with serving(ServerConfig(port=0, **config), load) as running:
        yield running


class Client:
    """A plain WebSocket client that keeps every event it read."""

    def __init__(self, socket):
        self.socket = socket
        self.events = []

    async def send(self, type_, **fields):
        await self.socket.send(json.dumps({"type": type_, **fields}))

    async def read(self):
        async with asyncio.timeout(WAIT_S):
            event = json.loads(await self.socket.recv())
        self.events.append(event)
        return event

    async def until(self, type_):
        while True:
            event = await self.read()
            if event["type"] == type_:
                return event

    async def update(self, **session):
        await self.send("session.update", session={"type": "realtime", **session})
        return await self.until("session.updated")

    async def append(self, pcm):
        audio = base64.b64encode(pcm.tobytes()).decode()
        await self.send("input_audio_buffer.append", audio=audio)

    async def say(self, text):
        content = [{"type": "input_text", "text": text}]
        item = {"type": "message", "role": "user", "content": content}
        await self.send("conversation.item.create", item=item)
        await self.send("response.create")

    async def speak(self, duration_ms=600, silence_ms=1_000):
        await self.append(tone(duration_ms, rate_hz=24_000))
        await self.append(tone(silence_ms, amplitude=0, rate_hz=24_000))

    def kinds(self):
        return [event["type"] for event in self.events]


@contextlib.asynccontextmanager
async def connect(running, **options):
    url = options.pop("url", running.url)
    async with websockets.connect(url, compression=None, **options) as socket:
        yield Client(socket)
