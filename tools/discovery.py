"""Finds tools: in installed packages (entry points), in this package, in a folder of files."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from tools.definition import Tool
from tools.loading import load_file, tools_in

GROUP = "voice.tools"
"""Entry-point group; an entry names a module, a package, a tool or a list of tools."""

BUILTIN = "tools.builtin"

_MAX_PROBLEM_CHARS = 300


@dataclass(slots=True)
class Discovered:
    """Tools with where each comes from, and one line per plugin that could not be loaded."""

    tools: list[tuple[Tool[..., Any], str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def _take(self, tools: Iterable[Tool[..., Any]], source: str) -> None:
        """Add tools that are not there yet: a module may re-export another's."""
        known = {id(tool) for tool, _ in self.tools}
        self.tools += [(tool, source) for tool in tools if id(tool) not in known]


def discover(
    folder: Path | None = None, *, installed: Iterable[EntryPoint] | None = None
) -> Discovered:
    """Find the built-in tools, those of installed packages, and those of a folder's files.

    ``installed`` are the entry points to read, by default those of the environment. Built-in tools
    are found exactly once, whether this package is installed or run from a checkout. A broken
    plugin becomes a line in ``problems``; two tools of one name are both returned (the registry
    refuses the second).
    """
    found = Discovered()
    points = list(entry_points(group=GROUP) if installed is None else installed)
    _load_package(found, BUILTIN)
    # Two distributions on the path may declare the same entry: an editable one and a copy.
    for value, point in {point.value: point for point in points}.items():
        if value != BUILTIN:
            _load_entry_point(found, point)
    if folder is not None:
        _load_folder(found, folder)
    return found


def _load_entry_point(found: Discovered, point: EntryPoint) -> None:
    source = f"package entry {point.name} ({point.value})"
    try:
        target = point.load()
    except (Exception, SystemExit) as error:
        found.problems.append(_problem(source, error))
        return
    match target:
        case ModuleType():
            _load_package(found, target.__name__)
        case Tool():
            found._take([target], source)
        case list() | tuple() if all(isinstance(entry, Tool) for entry in target):
            found._take(target, source)
        case _:
            found.problems.append(
                f"{source}: expected a module, a tool or a list of tools, "
                f"found {type(target).__name__}"
            )


def _load_package(found: Discovered, name: str) -> None:
    """Load a module, and each module of a package by itself."""
    try:
        module = importlib.import_module(name)
    except (Exception, SystemExit) as error:
        found.problems.append(_problem(name, error))
        return
    found._take(tools_in(module), name)
    for entry in pkgutil.iter_modules(getattr(module, "__path__", ())):
        if not entry.name.startswith("_"):
            _load_package(found, f"{name}.{entry.name}")


def _load_folder(found: Discovered, folder: Path) -> None:
    for path in plugin_files(folder, on_error=found.problems.append):
        tools, problem = load_tools(path)
        if problem is not None:
            found.problems.append(problem)
        found._take(tools, str(path))


def plugin_files(folder: Path, *, on_error: Callable[[str], None]) -> list[Path]:
    """Return the files of a tool folder, in order; ``on_error`` is told why there are none."""
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix == ".py")
    except OSError as error:
        on_error(f"the tool folder {folder} cannot be read: {error.strerror or error}")
        return []
    return [path for path in paths if not path.name.startswith(("_", "."))]


def load_tools(path: Path) -> tuple[list[Tool[..., Any]], str | None]:
    """Return the tools of a file as it is now, and in one line what is wrong with it, if it is."""
    try:
        tools = tools_in(load_file(path))
    except (Exception, SystemExit) as error:
        return [], _problem(str(path), error)
    return tools, None if tools else f"{path}: no tool in it; mark a function with @tool"


def _problem(source: str, error: BaseException) -> str:
    """Say in one line what is wrong with a plugin, and at which of its lines."""
    line: int | None = getattr(error, "lineno", None) if isinstance(error, SyntaxError) else None
    trace = error.__traceback__
    while line is None and trace is not None:
        if trace.tb_frame.f_code.co_filename == source:
            line = trace.tb_lineno
        trace = trace.tb_next
    where = f" (line {line})" if line is not None else ""
    text = " ".join(str(error).split())
    return f"{source}: {type(error).__name__}: {text}{where}"[:_MAX_PROBLEM_CHARS]
