"""A client of our server, whose brain asks a model endpoint of others, or a scripted one."""

import asyncio
import contextlib
import json
import urllib.request
from dataclasses import dataclass, replace

from tests.server.serving_kit import connect, engines, server
from voice.brains import load_brain
from voice.server.fillers import FillerTexts
from voice.settings_brain import BrainSettings

KEY = "sk-canary-0123456789"
TOOL = {
    "type": "function",
    "name": "get_time",
    "description": "Tell the time.",
    "parameters": {"type": "object", "properties": {"place": {"type": "string"}}},
}
QUICK = {"filler_after_s": 0.2}
"""Settings for tests that wait for a filler; the others must not meet one on a busy machine."""


@contextlib.asynccontextmanager
async def talking(kind, base_url, **settings):
    """A connected client; ``client.bundle`` holds the engines behind the server."""
    settings.setdefault("filler_after_s", 10.0)
    wanted = BrainSettings(kind=kind, base_url=base_url, model="m", api_key=KEY, **settings)
    bundle = replace(engines(heard=["and this"] * 3), brain=await load_brain(wanted))
    texts = FillerTexts(("One moment.",), "Sorry, I cannot.", wanted.filler_after_s)
    async with server(bundle, fillers=texts) as running, connect(running) as client:
        client.bundle = bundle
        yield client


async def answer(client, text):
    """Type ``text`` and return the response once it is done."""
    await client.say(text)
    return (await client.until("response.done"))["response"]


async def give(client, call, output):
    """Give a call's output and return the response to it."""
    item = {"type": "function_call_output", "call_id": call["call_id"], "output": output}
    await client.send("conversation.item.create", item=item)
    await client.send("response.create")
    return (await client.until("response.done"))["response"]


@dataclass(frozen=True)
class Remote:
    """A running mock server and how a brain of ``kind`` finds it."""

    root: str
    base_urls: dict[str, str]

    async def order(self, path, body=None, method="POST"):
        """Tell the server something, or ask it, by its own control interface."""
        return await asyncio.to_thread(self._order, path, body, method)

    def _order(self, path, body, method):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.root + path, data, {"content-type": "application/json"}, method=method
        )
        with urllib.request.urlopen(request, timeout=5) as got:
            text = got.read()
        return json.loads(text) if text.strip() else None
