"""Keeps the tools of a folder's files in a registry, as the files are now.

Files are looked at once a second, in a thread: a look costs some microseconds a file, and no
system's own way of watching works on all of them and over networks.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

from tools.definition import Tool
from tools.discovery import load_tools, plugin_files
from tools.registry import Registry

_log = logging.getLogger(__name__)

EVERY_S = 1.0
_END_S = 2.0

Seen: TypeAlias = dict[Path, tuple[int, int]]
"""When each file was changed, in ns, and its size."""


class FolderFinder:
    """Loads a file again when it changes; one that broke leaves what it offered before.

    Use it from the registry's event loop; whoever made it calls ``close``.
    """

    def __init__(
        self,
        registry: Registry,
        folder: Path,
        *,
        allows: Callable[[Tool[..., Any]], bool] = lambda tool: True,
        on_line: Callable[[str], None] | None = None,
        every_s: float = EVERY_S,
    ) -> None:
        """Take the folder as it is now for known; ``on_line`` gets lines for people."""
        self._registry = registry
        self._folder = folder
        self._allows = allows
        self._on_line = on_line or (lambda line: None)
        self._every_s = every_s
        self._seen = look(folder)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._ending = threading.Event()
        self._hooks: set[asyncio.Task[None]] = set()  # bounded: by the changes of ten seconds

    def begin(self) -> None:
        """Start to look. Idempotent."""
        if self._thread is not None:
            return
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._watch, name="tool folder", daemon=True)
        self._thread.start()

    async def close(self) -> None:
        """Stop to look. Idempotent; a file that is being loaded may hold it up for two seconds."""
        self._ending.set()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join, _END_S)
        for task in self._hooks:
            task.cancel()
        if self._hooks:
            await asyncio.wait(self._hooks)

    def _watch(self) -> None:
        while not self._ending.wait(self._every_s):
            found = look(self._folder)
            changed = [path for path, state in found.items() if self._seen.get(path) != state]
            gone = [path for path in self._seen if path not in found]
            self._seen = found
            for path in changed:
                tools, problem = load_tools(path)
                self._tell(self._take, path, None if problem else tools, problem)
            for path in gone:
                self._tell(self._take, path, [], None)

    def _tell(self, callback: Callable[..., None], *values: Any) -> None:
        assert self._loop is not None
        try:
            self._loop.call_soon_threadsafe(callback, *values)
        except RuntimeError:
            self._ending.set()  # That loop has closed: nobody is left to tell.

    def _take(self, path: Path, tools: list[Tool[..., Any]] | None, problem: str | None) -> None:
        """Put what a file offers now in the place of what it offered before."""
        if self._ending.is_set():
            return  # it was loaded while the registry began to close
        if tools is None:
            self._on_line(f"{problem}; what it offered before stays")
            return
        before = {spec.name for spec in self._registry.specs()}
        before = {name for name in before if self._registry.source(name) == str(path)}
        taken = self._registry.replace(
            before, tools, str(path), allows=self._allows, complain=self._on_line
        )
        _log.info("a tool file was taken up again: %d tools", len(taken))
        told = [f"{name} is new" for name in sorted(taken - before)]
        told += [f"{name} is gone" for name in sorted(before - taken)]
        told += [f"{name} was loaded again{self._left(name)}" for name in sorted(taken & before)]
        if told:
            self._on_line(f"{path.name}: {', '.join(told)}")
        hooks = asyncio.get_running_loop().create_task(self._registry.run_start_hooks(taken))
        self._hooks.add(hooks)
        hooks.add_done_callback(self._hooks.discard)

    def _left(self, name: str) -> str:
        is_left = self._registry.has_run_hooks(name)
        return " (its start hooks have run, and run again at the next start)" if is_left else ""


def look(folder: Path) -> Seen:
    """Return the state of each tool file; of none where the folder cannot be read."""
    seen: Seen = {}
    for path in plugin_files(folder, on_error=lambda error: None):
        try:
            state = path.stat()
        except OSError:
            continue  # It went between the list and the look.
        seen[path] = (state.st_mtime_ns, state.st_size)
    return seen
