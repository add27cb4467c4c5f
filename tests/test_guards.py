"""The guards of ``conftest.py``: each bad test fails, each good one passes."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BAD = """
import asyncio, socket
import pytest


async def forever():
    await asyncio.Event().wait()


async def test_bad_task():
    global task
    task = asyncio.create_task(forever(), name="stray")


@pytest.fixture
async def leaky():
    yield asyncio.create_task(forever(), name="stray")


async def test_bad_fixture(leaky):
    pass


async def test_bad_task_in_a_passing_disguise():
    asyncio.get_running_loop().create_task(forever())


def test_bad_connect():
    with pytest.raises(OSError):
        socket.create_connection(("192.0.2.1", 80), timeout=1)


def test_bad_lookup():
    with pytest.raises(OSError):
        socket.getaddrinfo("example.com", 443)


async def test_bad_async_connect():
    with pytest.raises(OSError):
        await asyncio.open_connection("198.51.100.1", 80)


def test_bad_datagram():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock, pytest.raises(OSError):
        sock.sendto(b"x", ("192.0.2.1", 53))
"""

GOOD = """
import asyncio, socket
import pytest


async def forever():
    await asyncio.Event().wait()


@pytest.fixture
async def tidy():
    task = asyncio.create_task(forever())
    yield
    task.cancel()


async def test_good_fixture(tidy):
    pass


async def test_good_task_that_is_ending():
    task = asyncio.create_task(forever())
    await asyncio.sleep(0)
    task.cancel()


def test_good_thread_and_sync():
    asyncio.run(asyncio.sleep(0))


async def test_good_loopback():
    async def hello(reader, writer):
        writer.write(b"hello")
        writer.close()

    server = await asyncio.start_server(hello, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    assert await reader.read() == b"hello"
    writer.close()
    await writer.wait_closed()
    server.close()
    await server.wait_closed()


def test_good_name_that_does_not_exist():
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo("nobody.invalid", 443)


"""


@pytest.fixture
def outcome(tmp_path: Path) -> str:
    """Run good and bad tests under the guards, in a process of their own."""
    here = Path(__file__).parent
    shutil.copy(here / "conftest.py", tmp_path)
    shutil.copy(here.parent / "pyproject.toml", tmp_path)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_bad.py").write_text(BAD, encoding="utf-8")
    (tmp_path / "tests" / "test_good.py").write_text(GOOD, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-rA", "--no-header"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=18,
    )
    return done.stdout


def test_bad_tests_fail_and_good_ones_pass(outcome: str) -> None:
    spoilt = set(re.findall(r"^(?:FAILED|ERROR) \S+::(\w+)", outcome, re.MULTILINE))
    named = set(re.findall(r"def (test_\w+)", BAD)), set(re.findall(r"def (test_\w+)", GOOD))

    assert spoilt == named[0]
    assert "stray" in outcome
    assert "a connection to 192.0.2.1" in outcome
    assert "the address of example.com" in outcome
    assert set(re.findall(r"^PASSED \S+::(\w+)", outcome, re.MULTILINE)) >= named[1]
