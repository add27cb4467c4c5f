"""One server with the real engines for all clients, and the clips that they say."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.cli_kit import Shell
from tests.interop.interop_kit import write_clips

END_S = 12
CERTIFICATE = Path(__file__).parent.parent / "client" / "self_signed.pem"

Variables = dict[str, str]


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return write_clips(tmp_path_factory.mktemp("clips"))


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory, clips: dict[str, str]) -> Iterator[Variables]:
    """``voice serve`` on a free port; gives the environment of the clients."""
    with serving(Shell(tmp_path_factory.mktemp("served"))) as url:
        yield {**clips, "VOICE_URL": url}


@pytest.fixture(scope="session")
def served_tls(
    tmp_path_factory: pytest.TempPathFactory, clips: dict[str, str]
) -> Iterator[Variables]:
    """The same with a certificate that Node is told to trust."""
    shell = Shell(tmp_path_factory.mktemp("served_tls"))
    own = [f"--set=server.tls_{part}={CERTIFICATE}" for part in ("cert", "key")]
    with serving(shell, *own) as url:
        yield {**clips, "VOICE_URL": url, "NODE_EXTRA_CA_CERTS": str(CERTIFICATE)}


@contextlib.contextmanager
def serving(shell: Shell, *arguments: str) -> Iterator[str]:
    """Run a server until the block ends; it must then end well and have told of no fault."""
    with (shell.folder / "serve.log").open("w+", encoding="utf-8") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "voice.ui.cli", "serve", "--port", "0", *arguments],
            cwd=shell.folder,
            env=shell.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("voice: ready at "), line
            url = line.split()[-1]
            # The health page is on the same port, so it is behind the same certificate.
            page = url.replace("ws", "http", 1).replace("/v1/realtime", "/healthz")
            assert process.stdout.readline() == f"voice: health at {page}\n"
            yield url
        finally:
            process.terminate()
            process.communicate(timeout=END_S)
        log.seek(0)
        said = log.read()
    assert process.returncode == 0, said
    assert "Traceback" not in said, said
