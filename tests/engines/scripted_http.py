"""A real HTTP server whose answers are scripted, for brains that ask a model endpoint."""

import asyncio
import json


class ScriptedHttp:
    """A real HTTP server whose answers are scripted: each is a status, headers and body parts.

    A body part is bytes, an event to send, ``HOLD`` (wait until released) or ``CUT`` (drop the
    connection in the middle).
    """

    HOLD, CUT = object(), object()

    def __init__(self):
        self.answers = []
        self.requests = []
        self.headers = []
        self.client_left = asyncio.Event()
        self.asked = asyncio.Event()
        self.release = asyncio.Event()

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.base_url = f"http://127.0.0.1:{port}/v1"
        return self

    async def __aexit__(self, *_):
        self.release.set()
        self._server.close()
        await asyncio.wait_for(self._server.wait_closed(), 5)

    def stream(self, *parts, done=True):
        """Answer with Chat Completions chunks."""
        tail = [b"data: [DONE]\n\n"] if done else []
        self.answers.append((200, {"content-type": "text/event-stream"}, [*parts, *tail]))

    def say(self, *events):
        """Answer with Anthropic's events: each has a name of its own beside its data."""
        parts = [
            f"event: {part['type']}\ndata: {json.dumps(part)}\n\n".encode()
            if isinstance(part, dict)
            else part
            for part in events
        ]
        self.answers.append((200, {"content-type": "text/event-stream"}, parts))

    def refuse(self, status, body, **headers):
        payload = body if isinstance(body, bytes) else json.dumps(body).encode()
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers.append((status, {"content-type": "application/json", **names}, [payload]))

    async def _serve(self, reader, writer):
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            fields = dict(
                line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line
            )
            body = await reader.readexactly(int(fields.get("content-length", 0)))
            self.headers.append(head)
            self.requests.append(json.loads(body))
            self.asked.set()
            await self._answer(reader, writer, *self.answers.pop(0))
        except (ConnectionError, asyncio.IncompleteReadError):
            self.client_left.set()
        finally:
            writer.close()

    async def _answer(self, reader, writer, status, headers, parts):
        if status is self.HOLD:
            await self._hold(reader)
            return
        lines = [f"{name}: {value}" for name, value in headers.items()]
        head = [f"HTTP/1.1 {status} Status", "transfer-encoding: chunked", "connection: close"]
        writer.write("\r\n".join([*head, *lines, "", ""]).encode())
        for part in parts:
            if part is self.HOLD:
                await self._hold(reader)
            elif part is self.CUT:
                writer.transport.abort()
                return
            else:
                data = part if isinstance(part, bytes) else f"data: {json.dumps(part)}\n\n".encode()
                writer.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
                await writer.drain()
        writer.write(b"0\r\n\r\n")
        await writer.drain()

    async def _hold(self, reader):
        """Wait for the release; note when the client closes its side meanwhile."""
        left = asyncio.ensure_future(reader.read(1))
        released = asyncio.ensure_future(self.release.wait())
        done, pending = await asyncio.wait({left, released}, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        if left in done:
            self.client_left.set()
