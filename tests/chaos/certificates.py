"""Certificates for a run, made by ``openssl``: good ones, and each kind of bad one."""

from __future__ import annotations

import contextlib
import os
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Literal
from unittest.mock import patch

from tests.chaos.stage import Stage
from voice.protocol.endpoints import Endpoint, resolve
from voice.testing.endpoint import ScriptedEndpoint
from voice.testing.fault_proxy import FaultProxy

HAS_OPENSSL = shutil.which("openssl") is not None

Kind = Literal["good", "expired", "wrong host", "unknown CA"]


def _openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


def make(folder: Path, kind: Kind) -> tuple[ssl.SSLContext, Path]:
    """Return the context of a server on ``localhost``, and the CA file that clients trust."""
    ca = ("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    for name in ("trusted", "other"):
        _openssl(
            folder, *ca, "-keyout", f"{name}.key", "-out", f"{name}.pem", "-subj", f"/CN={name}",
            "-days", "30", "-addext", "basicConstraints=critical,CA:TRUE",
            "-addext", "keyUsage=critical,keyCertSign,cRLSign",
        )  # fmt: skip
    host = "elsewhere.invalid" if kind == "wrong host" else "localhost"
    (folder / "names").write_text(f"subjectAltName=DNS:{host}\n")
    _openssl(
        folder, "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
        "-keyout", "server.key", "-out", "server.csr", "-subj", f"/CN={host}",
    )  # fmt: skip
    signer = "other" if kind == "unknown CA" else "trusted"
    days = "-1" if kind == "expired" else "30"
    _openssl(
        folder, "x509", "-req", "-in", "server.csr", "-CA", f"{signer}.pem", "-CAkey",
        f"{signer}.key", "-CAcreateserial", "-days", days, "-extfile", "names",
        "-out", "server.pem",
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    return context, folder / "trusted.pem"


@contextlib.asynccontextmanager
async def trusted(stage: Stage, kind: Kind = "good") -> AsyncIterator[Endpoint]:
    """Serve the stage's endpoint with TLS as well, behind the stage's proxy."""
    context, ca_file = make(stage.folder, kind)
    async with ScriptedEndpoint(stage.upstream.script, tls=context) as endpoint:
        await stage.proxy.close()
        stage.proxy = FaultProxy("127.0.0.1", endpoint.port, seed=stage.seed)
        await stage.proxy.start()
        with patch.dict(os.environ, {"SSL_CERT_FILE": str(ca_file)}):
            url = f"wss://localhost:{stage.proxy.port}/v1/realtime"
            try:
                yield replace(resolve(url), name="encrypted")
            finally:
                await stage.proxy.close()
