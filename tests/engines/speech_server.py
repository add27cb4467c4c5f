"""A real HTTP server whose answers are scripted, for the tests of remote ears and mouths."""

import asyncio
import json

HOLD, CUT = object(), object()
"""Body parts: wait until released, drop the connection in the middle."""


class SpeechServer:
    def __init__(self):
        self.answers = []
        self.paths = []
        self.heads = []
        self.bodies = []
        self.client_left = asyncio.Event()
        self.release = asyncio.Event()

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        self.base_url = f"http://127.0.0.1:{self.port}/v1"
        return self

    async def __aexit__(self, *_):
        self.release.set()
        self._server.close()
        await asyncio.wait_for(self._server.wait_closed(), 5)

    def sound(self, *parts, kind="audio/pcm"):
        self.answers.append((200, {"content-type": kind}, parts))

    def json(self, body, status=200, **headers):
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        part = json.dumps(body).encode()
        self.answers.append((status, {"content-type": "application/json", **names}, [part]))

    def refuse(self, status, code="", **headers):
        self.json({"error": {"message": "the-body", "code": code}}, status, **headers)

    async def _serve(self, reader, writer):
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            fields = dict(
                line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line
            )
            self.heads.append(head)
            self.paths.append(head.split(" ")[1])
            self.bodies.append(await self._body(reader, fields))
            await self._answer(reader, writer, *self.answers.pop(0))
        except (ConnectionError, asyncio.IncompleteReadError):
            self.client_left.set()
        finally:
            writer.close()

    async def _body(self, reader, fields):
        if "content-length" in fields:
            return await reader.readexactly(int(fields["content-length"]))
        body = b""
        if "transfer-encoding" not in fields:
            return body
        while size := int(await reader.readline() or b"0", 16):
            body += await reader.readexactly(size)
            await reader.readline()
        return body

    async def _answer(self, reader, writer, status, headers, parts):
        lines = [f"{name}: {value}" for name, value in headers.items()]
        head = [f"HTTP/1.1 {status} Status", "transfer-encoding: chunked", "connection: close"]
        writer.write("\r\n".join([*head, *lines, "", ""]).encode())
        for part in parts:
            if part is HOLD:
                await self._hold(reader)
            elif part is CUT:
                await writer.drain()
                writer.transport.abort()
                return
            else:
                writer.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
                await writer.drain()
        writer.write(b"0\r\n\r\n")
        await writer.drain()

    async def _hold(self, reader):
        left = asyncio.ensure_future(reader.read(1))
        released = asyncio.ensure_future(self.release.wait())
        done, pending = await asyncio.wait({left, released}, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        if left in done:
            self.client_left.set()
