"""Servers that others wrote, each a process of its own environment, and our client before them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import pytest

from tests.e2e.cli_kit import Ran, Shell
from tests.interop.make_environments import Environments
from voice.audio.ports import Speaker
from voice.client.session import Session
from voice.core.updates import (
    AssistantTranscript,
    Interrupted,
    Phase,
    PhaseChanged,
    Reconnected,
    ResponseFinished,
    Update,
)
from voice.protocol.endpoints import resolve
from voice.testing.clock import MovedClock
from voice.testing.fault_proxy import FaultProxy, proxying
from voice.testing.sound import RecordingSpeaker

FOREIGN = Environments("foreign")
START_S = 50
"""LiteLLM imports for 15 s on two cores."""

TURN_S = 15
U = TypeVar("U", bound=Update)


def needs(environment: str) -> list[pytest.MarkDecorator]:
    """Return the marks that skip, loudly, what has no environment on this machine.

    The first test of a module waits for its server to start, so it may take longer than others.
    """
    reason = (
        f"!! NO FOREIGN SERVER {environment}: `make test-foreign` makes build/foreign/{environment}"
    )
    ready = FOREIGN.is_ready(environment)
    return [pytest.mark.skipif(not ready, reason=reason), pytest.mark.timeout(START_S + 30)]


def free_port() -> int:
    """Return a port that nobody listens on just now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextlib.contextmanager
def running(command: Sequence[str], *, health_url: str, log: Path, **variables: str) -> Iterator:
    """Run a server until the block ends; it is up once ``health_url`` answers anything."""
    kept = {k: v for k, v in os.environ.items() if not k.endswith("_API_KEY") and "proxy" not in k}
    with log.open("w", encoding="utf-8") as out:
        process = subprocess.Popen(
            command,
            cwd=log.parent,
            env={**kept, "HOME": str(log.parent), **variables},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        try:
            _await_health(process, health_url, log)
            yield
        finally:
            process.terminate()
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _await_health(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except urllib.error.HTTPError as answered:
            answered.close()
            return
        except OSError:
            # Not a wait of a test: another program starts, and only its port tells when it has.
            time.sleep(0.1)
    raise AssertionError(f"the server is not up; it said:\n{log.read_text('utf-8')[-3_000:]}")


@dataclass(frozen=True)
class Place:
    """A running server and how our client is told of it."""

    url: str
    preset: str
    key: str | None = None
    model: str | None = None
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def flags(self) -> list[str]:
        """The flags of ``voice``."""
        told = ["--url", self.url, "--set", f"endpoint.preset={self.preset}"]
        if self.model is not None:
            told += ["--model", self.model]
        return told + [part for k, v in self.more.items() for part in ("--set", f"{k}={v}")]

    def with_(self, **settings: str) -> Place:
        """Return the place with more settings, dots written as two underscores."""
        more = {name.replace("__", "."): value for name, value in settings.items()}
        return Place(self.url, self.preset, self.key, self.model, {**self.more, **more})


def ask(shell: Shell, place: Place, *turns: str | Path) -> list[dict[str, Any]]:
    """Hold a conversation with ``voice ask``; return its turns as ``--json`` tells them."""
    ran = shell.voice("ask", *place.flags, *_said(turns), "--json", **_key(place))
    assert ran.status == 0, ran.err
    found: list[dict[str, Any]] = ran.report["turns"]
    assert len(found) == len(turns), ran.err
    return found


def doctor(shell: Shell, place: Place) -> Ran:
    """Run ``voice doctor`` on what is no sound card."""
    return shell.voice("doctor", "--no-sound", *place.flags, **_key(place))


def _said(turns: Sequence[str | Path]) -> list[str]:
    said: list[str] = []
    for turn in turns:
        said += [str(turn)] if isinstance(turn, Path) else ["--text", turn]
    return said


def _key(place: Place) -> dict[str, str]:
    return {} if place.key is None else {"VOICE_ENDPOINT__API_KEY": place.key}


class Talk:
    """A session whose updates are waited for."""

    def __init__(self, session: Session, proxy: FaultProxy) -> None:
        self.session, self.proxy = session, proxy
        self._updates = session.updates()
        self.seen: list[Update] = []

    async def until(self, kind: type[U]) -> U:
        """Return the next update of a kind."""
        async with asyncio.timeout(TURN_S):
            async for update in self._updates:
                self.seen.append(update)
                if isinstance(update, kind):
                    return update
        raise AssertionError(f"the session ended without {kind.__name__}: {self.seen[-3:]}")

    async def say(self, text: str) -> str:
        """Type something; return the whole answer."""
        self.session.send_text(text)
        begun = len(self.seen)
        # An interrupted answer may end only now; the one to this has words.
        await self.until(AssistantTranscript)
        done = await self.until(ResponseFinished)
        assert done.status == "completed", self.seen[begun:]
        return [u for u in self.seen[begun:] if isinstance(u, AssistantTranscript)][-1].text


@contextlib.asynccontextmanager
async def talking(place: Place, speaker: Speaker | None = None) -> AsyncIterator[Talk]:
    """Open a session through a proxy that can break the connection."""
    parts = urlsplit(place.url)
    async with proxying(parts.hostname or "", parts.port or 80) as proxy:
        url = urlunsplit(parts._replace(netloc=f"127.0.0.1:{proxy.port}"))
        endpoint = resolve(url, preset=place.preset, model=place.model)
        async with Session(endpoint=endpoint, api_key=place.key, speaker=speaker) as session:
            yield Talk(session, proxy)


async def check_interruption(place: Place, first: str, second: str) -> None:
    """Interrupt an answer once it sounds; the next question is answered all the same."""
    async with talking(place, speaker=RecordingSpeaker(MovedClock())) as talk:
        talk.session.send_text(first)
        while (await talk.until(PhaseChanged)).phase is not Phase.SPEAKING:
            pass
        talk.session.interrupt()
        await talk.until(Interrupted)
        assert await talk.say(second)


async def check_reconnect(place: Place, first: str, second: str) -> tuple[str, str, Reconnected]:
    """Ask, break the connection without a word, ask again; return both answers and the news."""
    async with talking(place) as talk:
        before = await talk.say(first)
        talk.proxy.reset()
        back = await talk.until(Reconnected)
        after = await talk.say(second)
        assert talk.proxy.accepted == 2
        return before, after, back
