"""What the embedded server is told, and what lives as long as it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from voice.core import server_messages as msg
from voice.engines.ports import Engines
from voice.server.connection import Connection


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """How the embedded server listens.

    ``port`` 0 takes a free one. ``token`` None lets everybody on this machine in.
    ``allowed_origins`` are whole origins (``http://localhost:3000``) of pages that may connect
    beside the server's own.
    """

    host: str = "127.0.0.1"
    port: int = 8765
    token: SecretStr | None = None
    allowed_origins: tuple[str, ...] = ()
    max_sessions: int = 16
    tls_cert: Path | None = None
    tls_key: Path | None = None


@dataclass(slots=True)
class ServerState:
    """What lives as long as the server: engines once they are loaded, and open connections."""

    config: ServerConfig
    engines: Engines | None = None
    connections: set[Connection] = field(default_factory=set)  # bounded: max_sessions
    on_measured: Callable[[msg.TurnMeasured], None] = lambda _: None
