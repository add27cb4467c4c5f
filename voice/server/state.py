"""What the embedded server is told, and what lives as long as it does."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from voice.engines.ports import Engines
from voice.server.client_secrets import ClientSecrets
from voice.server.connection import Connection
from voice.server.fillers import FillerTexts
from voice.server.limits import USUAL, Limits
from voice.server.load import LoadWatch
from voice.server.meters import Meters
from voice.server.one_shots import OneShots
from voice.server.strangers import WrongKeys
from voice.tracing import Spans


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """How the embedded server listens.

    ``port`` 0 takes a free one. ``token`` None lets everybody on this machine in.
    ``allowed_origins`` are whole origins (``http://localhost:3000``) of pages that may connect
    beside the server's own; ``allowed_hosts`` are names that this machine may be called by, beside
    ``localhost``, where no token is asked for. ``admits_by_load`` False lets everybody in up to
    ``max_sessions``, however busy the machine is. ``fillers`` are said while the brain is silent;
    None for a silence.
    """

    host: str = "127.0.0.1"
    port: int = 8765
    token: SecretStr | None = None
    allowed_origins: tuple[str, ...] = ()
    allowed_hosts: tuple[str, ...] = ()
    max_sessions: int = 16
    admits_by_load: bool = True
    tls_cert: Path | None = None
    tls_key: Path | None = None
    limits: Limits = USUAL
    fillers: FillerTexts | None = None


@dataclass(slots=True)
class ServerState:
    """What lives as long as the server: engines once they are loaded, and open connections."""

    config: ServerConfig
    engines: Engines | None = None
    connections: set[Connection] = field(default_factory=set)  # bounded: max_sessions
    wrong_keys: WrongKeys = field(default_factory=lambda: WrongKeys(time.monotonic))
    load: LoadWatch = field(default_factory=LoadWatch)
    is_draining: bool = False
    client_secrets: ClientSecrets = field(default_factory=ClientSecrets)
    one_shots: OneShots = field(default_factory=OneShots)
    meters: Meters = field(default_factory=Meters)
    spans: Spans | None = None
    """Where OpenTelemetry spans go; None where nobody wants any."""
