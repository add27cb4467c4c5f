"""Servers of the Model Context Protocol that offer tools: our own clients', and the endpoint's.

``[tools.mcp.NAME]`` runs here; ``[session.mcp.NAME]`` is what the endpoint itself connects to.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated, Any, Literal, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, model_validator

from voice.protocol.session_config import McpTool
from voice.settings_sections import BaseUrl, Secret, Section, Words

T = TypeVar("T")

_NAME = re.compile(r"[A-Za-z0-9-]{1,24}(_[A-Za-z0-9-]{1,12})*")
MAX_SERVERS = 32


class McpServerSettings(Section):
    """``[tools.mcp.NAME]``: a server; its tools are called ``NAME__tool``.

    Either ``command``, whose standard input and output it speaks over, or ``url``.
    """

    command: tuple[str, ...] = Field(default=(), max_length=64)
    env: dict[str, SecretStr] = Field(default_factory=dict, max_length=64)
    """Variables for the command, beside PATH, HOME and the like; ours are not handed on."""
    cwd: str | None = None
    url: BaseUrl | None = None
    headers: dict[str, Secret] = Field(default_factory=dict, max_length=32)
    """Headers of every request, such as ``Authorization``."""
    timeout_s: float = Field(default=30.0, gt=0.0, le=3_600.0)
    """Longest call."""
    start_timeout_s: float = Field(default=20.0, gt=0.0, le=120.0)
    """Longest wait for the server to answer and list its tools."""
    effect: Literal["auto", "read", "reversible", "irreversible"] = "auto"
    """What its tools do; ``auto`` takes their own word, and asks before those that say nothing."""
    enabled: bool = True

    @model_validator(mode="after")
    def _one_way_to_reach_it(self) -> Self:
        if bool(self.command) == (self.url is not None):
            got = "both" if self.command else "neither"
            raise ValueError(f'expected command = ["…"] or url = "https://…", got {got}')
        if self.command and not self.command[0].strip():
            raise ValueError("expected the program's name first in command")
        if self.headers and not self.url:
            raise ValueError("headers go with url; for a command there is env")
        if self.env and not self.command:
            raise ValueError("env goes with command; for a url there are headers")
        if self.headers and _is_in_clear(self.url or ""):
            raise ValueError("headers may hold keys and this url is not encrypted; use https://")
        return self


class HostedServerSettings(Section):
    """``[session.mcp.NAME]``: a server that the endpoint connects to; we never do."""

    server_url: BaseUrl | None = None
    connector_id: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_-]{1,64}$")
    """A service that the endpoint knows by name, such as ``connector_googlecalendar``."""
    authorization: Secret | None = None
    """A token for the server; it goes to the endpoint and nowhere else."""
    headers: dict[str, Secret] = Field(default_factory=dict, max_length=32)
    """Headers of the endpoint's requests to the server."""
    allowed_tools: Annotated[Words, Field(max_length=128)] = ()
    """The tools that the model may be offered; none named means all."""
    require_approval: Literal["always", "never"] | tuple[str, ...] = "always"
    """Whether the user is asked before each call; a list names the tools that never need it."""
    server_description: str | None = Field(default=None, max_length=2_000)
    enabled: bool = True

    @model_validator(mode="after")
    def _one_way_to_reach_it(self) -> Self:
        if (self.server_url is None) == (self.connector_id is None):
            got = "neither" if self.server_url is None else "both"
            raise ValueError(f'expected server_url = "https://…" or connector_id, got {got}')
        has_keys = self.headers or self.authorization is not None
        if has_keys and self.server_url is not None and _is_in_clear(self.server_url):
            raise ValueError(
                "authorization and headers may hold keys and this server_url is not encrypted; "
                "use https://"
            )
        return self

    def secrets(self) -> tuple[str, ...]:
        """Return every secret in clear."""
        found = (self.authorization, *self.headers.values())
        return tuple(secret.get_secret_value() for secret in found if secret is not None)

    def tool(self, name: str) -> McpTool:
        """Return the server as the endpoint is told it."""
        approval: str | dict[str, Any]
        if isinstance(self.require_approval, str):
            approval = self.require_approval
        else:
            approval = {"never": {"tool_names": list(self.require_approval)}}
        headers = {key: value.get_secret_value() for key, value in self.headers.items()}
        key = self.authorization
        return McpTool(
            server_label=name,
            server_url=self.server_url,
            connector_id=self.connector_id,
            server_description=self.server_description,
            authorization=None if key is None else key.get_secret_value(),
            headers=headers or None,
            allowed_tools=list(self.allowed_tools) or None,
            require_approval=approval,
        )


def _is_in_clear(url: str) -> bool:
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "https" or host == "localhost":
        return False
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return True


def _names(servers: dict[str, T]) -> dict[str, T]:
    for name in servers:
        if not _NAME.fullmatch(name):
            raise ValueError(
                f"expected a name of letters, digits and - (at most 24), got {name[:40]!r}"
            )
    return servers


McpServers = Annotated[
    dict[str, McpServerSettings], AfterValidator(_names), Field(max_length=MAX_SERVERS)
]
"""The tables ``[tools.mcp.NAME]`` by their names."""

HostedServers = Annotated[
    dict[str, HostedServerSettings], AfterValidator(_names), Field(max_length=MAX_SERVERS)
]
"""The tables ``[session.mcp.NAME]`` by their names."""
