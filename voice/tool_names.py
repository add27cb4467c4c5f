"""Finds names of tools in the settings that no tool bears: a slip would turn nothing on or off."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from voice.settings_tools import ToolSettings

_PATTERN = re.compile(r"[*?[]")


def unknown_names(
    wanted: ToolSettings, known: Collection[str], *, with_patterns: bool = False
) -> list[str]:
    """Return one line for each name in the settings that is none of ``known``.

    What a configured MCP server offers is not known before it runs, so its names are not complained
    about. Patterns may be for tools that come later: only ``with_patterns`` tells of those that fit
    none.
    """
    servers = tuple(f"{server}__" for server in wanted.mcp)
    lines = []
    for setting, name in _named(wanted):
        if _PATTERN.search(name):
            fits = any(fnmatchcase(known_name, name) for known_name in known)
            if with_patterns and not fits and not _may_fit(name, servers):
                lines.append(f"{setting}: {name!r} fits no tool; 'voice tools' lists their names")
        elif name not in known and not name.startswith(servers):
            lines.append(f"{setting}: there is no tool {name!r}; {_advice(name, known)}")
    return lines


def _may_fit(pattern: str, servers: tuple[str, ...]) -> bool:
    """Whether a tool of one of the servers may fit, judged by what stands before the pattern."""
    start = _PATTERN.split(pattern, maxsplit=1)[0]
    return any(start.startswith(server) or server.startswith(start) for server in servers)


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
