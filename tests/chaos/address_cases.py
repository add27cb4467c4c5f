"""N16 and N19 to N21: there is no way to the endpoint, or somebody else stands in it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import threading
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

from tests.chaos.cases import Cases
from tests.chaos.certificates import Kind, trusted
from tests.chaos.stage import Stage
from voice.core.client_actions import Connect
from voice.core.client_inputs import LinkDown, UserTyped
from voice.core.restore import SETTLE_LIMIT_MS
from voice.core.updates import ConnectionLost, Phase, Reconnected
from voice.errors import ConnectError
from voice.protocol.endpoints import resolve
from voice.testing.pure_shell import PureShell

cases = Cases()
case = cases.case

NAME = "endpoint.invalid"


@case("N16", "no network for 10 min", "as N15, and no storm")
async def ten_minutes_out(stage: Stage) -> None:
    """The core alone, on a moved clock: every try fails, for ten minutes."""
    shell = PureShell(jitter=stage.random.random)
    shell.connect()
    shell.feed(LinkDown(1006, "the cable is out"))
    tries = 1
    while shell.clock() < 600_000:
        done = shell.advance(50)
        for _ in range(sum(isinstance(action, Connect) for action in done)):
            tries += 1
            shell.feed(LinkDown(0, "no route to the endpoint"))
    assert 40 <= tries <= 60, f"{tries} tries in ten minutes"
    shell.feed(UserTyped("question 1"))
    back_ms = shell.clock()
    while not any(isinstance(action, Connect) for action in shell.advance(50)):
        assert shell.clock() - back_ms <= 18_000, "it no longer tries"
    shell.connect_from_dialled()
    stage.back_s = (shell.clock() - back_ms) / 1_000
    # Nobody confirms the item that was typed, which is believed after a while.
    shell.advance(SETTLE_LIMIT_MS)
    assert len(shell.updates(Reconnected)) == 1
    assert shell.core.phase is Phase.THINKING
    assert shell.replays()
    await stage.open()


@contextlib.contextmanager
def names(stage: Stage, answer: dict[str, Any]) -> Iterator[None]:
    """Look the endpoint's name up as ``answer["how"]`` says: right, slowly, or not at all."""
    real, over = socket.getaddrinfo, threading.Event()

    def look_up(host: Any, *arguments: Any, **options: Any) -> Any:
        if host != NAME:
            return real(host, *arguments, **options)
        if answer["how"] == "slow":
            over.wait(20 / answer["speed"])
        if answer["how"] != "right":
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return real("127.0.0.1", *arguments, **options)

    kept = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    with patch.object(socket, "getaddrinfo", look_up), patch.dict(os.environ, kept, clear=True):
        try:
            yield
        finally:
            over.set()


@case("N19", "no name service, or one that takes 20 s", "a message, then “back”", speed=20)
async def no_names(stage: Stage) -> None:
    """A try ends within its limit, and the next one comes."""
    answer: dict[str, Any] = {"how": "right", "speed": 20}
    place = resolve(f"ws://{NAME}:{stage.proxy.port}/v1/realtime")

    @contextlib.asynccontextmanager
    async def naming() -> Any:
        with names(stage, answer):
            yield

    await stage.enter(naming())
    how = stage.random.choice(("slow", "fails"))
    answer["how"] = how
    loop = asyncio.get_running_loop()
    begun_s = loop.time()
    try:
        await stage.open(endpoint=place)
    except ConnectError as error:
        wanted = "did not answer" if how == "slow" else "no host"
        assert wanted in str(error), str(error)
    else:
        raise AssertionError("there is no such name, and yet a session")
    assert loop.time() - begun_s <= 11
    answer["how"] = "right"
    await stage.open(endpoint=place)
    await stage.ask_and_hear()
    answer["how"] = how
    stage.proxy.reset()
    lost = len(stage.all(ConnectionLost)) + 2
    await stage.shown(ConnectionLost, lost, limit_s=25)
    stage.broken()
    answer["how"] = "right"
    await stage.restored(limit_s=30)


BAD_CERTIFICATES: tuple[tuple[Kind, str], ...] = (
    ("expired", "expired"),
    ("wrong host", "mismatch"),
    ("unknown CA", "issuer certificate"),
)


@case("N20", "bad certificate: expired, wrong host, unknown CA", "the cause by its name")
async def bad_certificate(stage: Stage) -> None:
    """No second try, and never without encryption."""
    kind, words = BAD_CERTIFICATES[stage.seed % 3]
    place = await stage.enter(trusted(stage, kind))
    try:
        await stage.open(endpoint=place)
    except ConnectError as error:
        assert "is not trusted" in str(error) and words in str(error), str(error)
        assert not error.retryable
    else:
        raise AssertionError("a bad certificate, and yet a session")
    assert stage.proxy.accepted == 1, "it tried again"
    assert not stage.upstream.talks
    stage.may_end = True


PORTAL = b"<html><body>Please log in to our network</body></html>"
ANSWERS = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 54\r\n\r\n" + PORTAL,
    b"HTTP/1.1 302 Found\r\nLocation: http://login.invalid/\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 511 Network Authentication Required\r\nContent-Type: text/html\r\n"
    b"Content-Length: 54\r\n\r\n" + PORTAL,
)


@case("N21", "captive portal: 200, 302 or 511 with a page", "“log in to this network”")
async def captive_portal(stage: Stage) -> None:
    """A page instead of a WebSocket is no endpoint, and no reason to try again."""
    asked = []

    async def portal(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(ANSWERS[stage.seed % 3])
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(portal, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        try:
            await stage.open(endpoint=resolve(f"ws://127.0.0.1:{port}/v1/realtime"))
        except ConnectError as error:
            assert "log in to this network" in str(error), str(error)
            assert not error.retryable
        else:
            raise AssertionError("a page, and yet a session")
    assert len(asked) == 1, "it tried again"
    await stage.open()
