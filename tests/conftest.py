"""Guards around every test: no leaked task, no foreign network, valid frames, same examples."""

from __future__ import annotations

import asyncio
import inspect
import ipaddress
import os
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# An end that was asked for may take a few turns of the loop.
_GRACE_S = 0.5

settings.register_profile(
    "local", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.register_profile("ci", settings.get_profile("local"), derandomize=True, database=None)
settings.load_profile("ci" if os.environ.get("CI") else "local")


@pytest.fixture(autouse=True)
def no_leaked_tasks(request: pytest.FixtureRequest) -> None:
    """Fail an asynchronous test that leaves an asyncio task running, its fixtures included."""
    function = getattr(request.node, "obj", None)
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        request.getfixturevalue("leaked_task_guard")


@pytest.fixture
async def leaked_task_guard() -> AsyncIterator[None]:
    """Compare the loop's tasks before everything else of a test with those after it."""
    before = asyncio.all_tasks()
    yield
    left = asyncio.all_tasks() - before - {asyncio.current_task()}
    if left:
        _, left = await asyncio.wait(left, timeout=_GRACE_S)
    if left:
        names = ", ".join(sorted(f"{task.get_name()} ({task.get_coro()})" for task in left))
        pytest.fail(f"leaked asyncio tasks, cancel and await them: {names}")


@pytest.fixture(autouse=True)
def no_network(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail a test that reaches for anything but this machine, unless it is marked ``network``.

    Names under ``.invalid`` do not exist, and are refused without asking anybody. Code that
    swallows the refusal fails the test all the same.
    """
    if request.node.get_closest_marker("network"):
        yield
        return
    reached: list[str] = []

    def guarded(real: Callable[..., Any]) -> Callable[..., Any]:
        def connect(self: socket.socket, *arguments: Any) -> Any:
            address = arguments[-1]
            if self.family in (socket.AF_INET, socket.AF_INET6) and not is_local(address[0]):
                reached.append(f"a connection to {address[0]}")
                raise ConnectionRefusedError(f"tests do not reach {address[0]}")
            return real(self, *arguments)

        return connect

    real_getaddrinfo = socket.getaddrinfo

    def getaddrinfo(host: Any, *arguments: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name is not None and name.rstrip(".").endswith(".invalid"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        if name and not is_local(name):
            reached.append(f"the address of {name}")
            raise socket.gaierror(socket.EAI_NONAME, f"tests do not look up {name}")
        return real_getaddrinfo(host, *arguments, **options)

    for method in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, method, guarded(getattr(socket.socket, method)))
    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    yield
    if reached:
        pytest.fail(f"the test reached for the network: {', '.join(dict.fromkeys(reached))}")


def is_local(host: str) -> bool:
    """Return whether a name or address means this machine."""
    if host in ("", "localhost", "0.0.0.0", "::"):
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


@pytest.fixture(autouse=True)
def valid_frames(request: pytest.FixtureRequest) -> Iterator[Any]:
    """Fail a test in which our server sends a frame that the ``openai`` package would not take."""
    # Without the server's core nothing is sent, and the package's models take a second to import.
    # The fuzzer checks each frame by itself, in the one dialect that its client could understand.
    elsewhere = ("/tests/protocol/", "/tests/server/test_fuzz.py")
    path = request.path.as_posix()
    if "voice.core.server" not in sys.modules or any(name in path for name in elsewhere):
        yield None
        return
    from tests.frame_validation import watching

    with watching() as recorder:
        yield recorder
    if recorder.faults:
        pytest.fail(recorder.report())
