"""A real HTTP server on this machine whose answers are scripted by path."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


class HttpPlace:
    """Answers each path with what ``answers`` holds for it: (status, bytes or JSON, headers).

    ``asked`` holds each request as (method, path with query, JSON body or None, headers).
    """

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, object, dict[str, str]]] = {}
        self.asked: list[tuple[str, str, Any, dict[str, str]]] = []
        place = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # noqa: N802 - the base class names it
                place._answer(self, None)

            def do_POST(self) -> None:  # noqa: N802 - the base class names it
                place._answer(
                    self, json.loads(self.rfile.read(int(self.headers["content-length"])))
                )

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def root(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def on(self, path: str, answer: object, status: int = 200, **headers: str) -> None:
        """Answer ``path`` so."""
        self.answers[path] = (status, answer, headers)

    def _answer(self, handler: BaseHTTPRequestHandler, body: object) -> None:
        headers = {name.lower(): value for name, value in handler.headers.items()}
        self.asked.append((handler.command, handler.path, body, headers))
        path = handler.path.partition("?")[0]
        status, answer, more = self.answers.get(path, (404, {"error": {"message": "no"}}, {}))
        data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **more}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(data)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)
