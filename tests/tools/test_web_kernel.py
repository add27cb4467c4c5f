"""The kernel's own count of connections while every private spelling is tried (FAULTS X06).

It runs in a network namespace of its own, whose loopback has a listener on port 80, with the real
resolver and the real connect.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tools.test_web import SPELLINGS

ROOT = Path(__file__).parent.parent.parent
LIMIT_S = 15
PROGRAM = """
import socket, sys
from tools import ToolError
from tools.web import WebReader

def opened():
    lines = [l.split() for l in open("/proc/self/net/snmp") if l.startswith("Tcp:")]
    return int(dict(zip(*lines))["ActiveOpens"])

listener = socket.create_server(("127.0.0.1", 80))
before = opened()
refused = 0
for url in sys.argv[1:]:
    try:
        WebReader().read(url)
    except ToolError:
        refused += 1
answers = iter([["93.184.216.34"], ["127.0.0.1"], ["127.0.0.1"]])
try:
    WebReader(resolve=lambda *_: next(answers)).read("http://rebind.test/")
except ToolError:
    refused += 1
tried = opened() - before
socket.create_connection(listener.getsockname()).close()
print(refused, tried, opened() - before - tried)
"""


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="a network namespace needs root"
)
@pytest.mark.skipif(not shutil.which("unshare"), reason="unshare is not installed")
@pytest.mark.skipif(not shutil.which("ip"), reason="ip is not installed")
def test_the_kernel_counts_no_connection_for_any_spelling_nor_for_a_rebound_name() -> None:
    script = 'ip link set lo up && exec "$@"'
    command = ["unshare", "--net", "sh", "-c", script, "sh", sys.executable, "-c", PROGRAM]
    done = subprocess.run(
        [*command, *SPELLINGS], cwd=ROOT, capture_output=True, text=True, timeout=LIMIT_S
    )
    if done.returncode and "unshare failed" in done.stderr:
        pytest.skip("this machine allows no network namespace")

    assert done.returncode == 0, done.stderr
    refused, tried, control = map(int, done.stdout.split())
    assert (refused, tried) == (len(SPELLINGS) + 1, 0)
    assert control == 1, "the kernel does not count, so the test shows nothing"
