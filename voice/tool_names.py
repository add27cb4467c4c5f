"""Finds names of tools in the settings that no tool bears: a slip would turn nothing on or off."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from voice.settings_tools import ToolSettings

_PATTERN = frozenset("*?[")


def unknown_names(wanted: ToolSettings, known: Collection[str]) -> list[str]:
    """Return one line for each name in the settings that is none of ``known``.

    Patterns may fit nothing yet, and what a configured MCP server offers is not known before it
    runs: neither is complained about.
    """
    servers = tuple(f"{server}__" for server in wanted.mcp)
    return [
        f"{setting}: there is no tool {name!r}; {_advice(name, known)}"
        for setting, name in _named(wanted)
        if name not in known and not _PATTERN & set(name) and not name.startswith(servers)
    ]


def _named(wanted: ToolSettings) -> Iterator[tuple[str, str]]:
    """Yield each setting that names tools, with each of its names once."""
    settings = {"tools.enabled": wanted.enabled, "tools.disabled": wanted.disabled}
    settings |= {f"tools.profiles.{n}.allow": p.allow for n, p in wanted.profiles.items()}
    for setting, names in settings.items():
        for name in dict.fromkeys(names):
            yield setting, name


def _advice(name: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {close[0]!r}?" if close else "'voice tools' lists them"
