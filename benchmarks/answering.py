"""A brain for benchmarks: a Chat Completions endpoint on loopback that says what it is told to."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle
from typing import Any


class _Handler(BaseHTTPRequestHandler):
    """Streams the next of the server's answers, a word at a time, and never calls a tool."""

    server: _Server

    def do_POST(self) -> None:  # noqa: N802 - the base class names it
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for word in next(self.server.answers).split():
            self._event({"delta": {"content": f"{word} "}})
        self._event({"delta": {}, "finish_reason": "stop"})
        self.wfile.write(b"data: [DONE]\n\n")

    def _event(self, choice: dict[str, Any]) -> None:
        chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
        choices = [{"index": 0, **choice}]
        self.wfile.write(f"data: {json.dumps({**chunk, 'choices': choices})}\n\n".encode())

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, answers: Sequence[str]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers = cycle(answers)


@contextmanager
def answering(answers: Sequence[str]) -> Iterator[str]:
    """Serve these answers in turn, from the first again after the last; yields the base URL."""
    server = _Server(answers)
    thread = threading.Thread(target=server.serve_forever, name="brain", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
