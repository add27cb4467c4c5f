"""Run by test_limits.py in a process with few file descriptors: who is let in, who goes on."""

import asyncio
import contextlib
import json
import resource
import sys

import websockets

from tests.server.serving_kit import connect, engines, server
from voice.server.limits import RESERVED_FILES


async def main() -> None:
    async with server(engines(replies=["Yes."]), max_sessions=1_000) as running:
        async with connect(running) as talker, contextlib.AsyncExitStack() as others:
            await talker.update(instructions="x")
            _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
            # Each session costs two here: client and server are one process.
            resource.setrlimit(resource.RLIMIT_NOFILE, (RESERVED_FILES + 40, hard))
            opened, refused = 0, None
            while refused is None:
                try:
                    await others.enter_async_context(connect(running))
                    opened += 1
                except websockets.InvalidStatus as error:
                    body = json.loads(error.response.body)
                    refused = [error.response.status_code, body["error"]["code"]]
            await talker.say("are you there?")
            done = await talker.until("response.done")
            goes_on = done["response"]["status"] == "completed"
    json.dump([opened, refused, goes_on], sys.stdout)


asyncio.run(main())
