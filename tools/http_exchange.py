"""One request and its answer over a connection that is given, within one limit of time for all."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import SplitResult

from tools.errors import ToolError

T = TypeVar("T")
PORTS = {"http": 80, "https": 443}
_MIN_S = 0.1


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a host; ``parts`` is the whole address."""

    parts: SplitResult
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None

    @property
    def host(self) -> str:
        """The name of the host."""
        return self.parts.hostname or ""

    @property
    def port(self) -> int:
        """The port that the address names, or its scheme's own."""
        return self.parts.port or PORTS[self.parts.scheme]

    @property
    def target(self) -> str:
        """Path and query as they go into the request line."""
        path = self.parts.path or "/"
        target = f"{path}?{self.parts.query}" if self.parts.query else path
        return "".join(
            c if c.isascii() else "".join(f"%{b:02X}" for b in c.encode()) for c in target
        )


def exchange(
    request: Request,
    *,
    connect: Callable[[float], socket.socket],
    read: Callable[[http.client.HTTPResponse], T],
    until_s: float,
) -> T:
    """Send a request and return what ``read`` makes of its answer.

    ``connect`` opens the socket within the seconds that it is given; ``until_s`` is a time of
    ``time.monotonic`` at which whatever still blocks is cut. Raises ToolError with one sentence
    for a host that is not reached, too slow or makes no sense. Blocks: belongs into a thread.
    """
    kind = http.client.HTTPSConnection if request.parts.scheme == "https" else None
    connection = (kind or http.client.HTTPConnection)(request.host, request.port)
    watch: threading.Timer | None = None
    try:
        sock = connect(max(_MIN_S, until_s - time.monotonic()))
        # Timeouts of a socket hold for one read each; this one holds for all of them.
        connection.sock = sock
        watch = threading.Timer(max(_MIN_S, until_s - time.monotonic()), _cut, [connection])
        watch.daemon = True
        watch.start()
        if kind is not None:
            secure = ssl.create_default_context()
            connection.sock = secure.wrap_socket(
                sock, server_hostname=request.host, do_handshake_on_connect=False
            )
            connection.sock.do_handshake()
        connection.request(request.method, request.target, request.body, dict(request.headers))
        answer = read(connection.getresponse())
        if time.monotonic() >= until_s:
            # What was cut in the middle looks like a short answer.
            raise TimeoutError
        return answer
    except (OSError, http.client.HTTPException, ValueError) as error:
        if time.monotonic() >= until_s:
            raise ToolError(f"{request.host} took too long to answer.") from error
        raise ToolError(f"{request.host} could not be read: {_cause(error)}.") from error
    finally:
        if watch is not None:
            watch.cancel()
        connection.close()


def _cut(connection: http.client.HTTPConnection) -> None:
    """End what blocks: the socket of now, which encryption may have replaced."""
    sock = connection.sock
    if sock is None:
        return
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # It is closed already.


def _cause(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return "its certificate or its encryption does not hold"
    if isinstance(error, socket.gaierror):
        return "its name is not known here, so this machine may be offline"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return type(error).__name__
