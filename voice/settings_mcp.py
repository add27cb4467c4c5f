"""``[tools.mcp.NAME]``: servers of the Model Context Protocol that offer tools."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, model_validator

from voice.settings_sections import BaseUrl, Secret, Section

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


def _is_in_clear(url: str) -> bool:
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "https" or host == "localhost":
        return False
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return True


def _names(servers: dict[str, McpServerSettings]) -> dict[str, McpServerSettings]:
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
