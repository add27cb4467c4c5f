"""``voice serve`` in the foreground: ready, healthy, and ended by a signal."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.cli_kit import Shell, assert_failed

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no such signals")


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


@pytest.fixture
def server(shell: Shell) -> Iterator[subprocess.Popen[str]]:
    process = shell.start("serve", "--port", "0")
    yield process
    if process.poll() is None:
        process.kill()
    process.communicate()


def ready_url(server: subprocess.Popen[str]) -> str:
    assert server.stdout is not None
    line = server.stdout.readline()
    assert line.startswith("voice: ready at ws://127.0.0.1:"), line
    return line.split()[-1]


@POSIX
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_server_is_ready_and_ends_well_by_a_signal(
    server: subprocess.Popen[str], number: signal.Signals
) -> None:
    page = ready_url(server).replace("ws://", "http://").replace("/v1/realtime", "/healthz")
    with urllib.request.urlopen(page, timeout=5) as answer:
        assert json.load(answer)["status"] == "ready"
    server.send_signal(number)
    _, errors = server.communicate(timeout=10)
    assert server.returncode == 0
    assert "Traceback" not in errors


@POSIX
def test_server_that_is_ended_while_it_loads_ends_well(server: subprocess.Popen[str]) -> None:
    assert server.stderr is not None
    assert "loading" in server.stderr.readline()
    server.send_signal(signal.SIGTERM)
    _, errors = server.communicate(timeout=10)
    assert server.returncode == 0
    assert "Traceback" not in errors


def test_port_that_is_taken_is_one_line(shell: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert_failed(shell.voice("serve", "--port", str(port)), 2, f"127.0.0.1:{port}")


def test_token_of_the_environment_is_asked_for(shell: Shell) -> None:
    process = shell.start("serve", "--port", "0", VOICE_SERVER__TOKEN="a-long-random-string")
    try:
        url = ready_url(process)
        question = ("ask", "--text", "What is 3 times 4?", "--fast", "--url", url)
        assert_failed(shell.voice(*question, VOICE_API_KEY="wrong-key"), 3, "refused the key")
        ran = shell.voice(*question, VOICE_API_KEY="a-long-random-string")
        assert ran.status == 0, ran.err
        assert "12" in ran.out
    finally:
        process.terminate()
        output = process.communicate(timeout=10)
    assert "a-long-random-string" not in "".join(output)
