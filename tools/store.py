"""A small JSON file that is never half written, for what a tool has to remember."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools.errors import ToolError

MAX_FILE_BYTES = 4 << 20
"""A larger file is taken for a damaged one: nothing that tools keep grows to it."""


class JsonFile:
    """One JSON object on disk.

    Writes are atomic: a power cut leaves the old file or the new one. A file that cannot be read
    as an object is kept aside as ``NAME.bad`` (never deleted), and ``take_damage`` tells it once.
    All methods may be called from any thread; several programs may read, but should not write at
    the same moment, for the later one wins.
    """

    def __init__(self, path: Path) -> None:
        """Use the file at ``path``; it is made by the first write."""
        self.path = path
        self._lock = threading.RLock()
        self._damage: str | None = None

    def read(self) -> dict[str, Any]:
        """Return the object; empty where there is no file. Raises ToolError if it is unreadable."""
        with self._lock:
            try:
                with self.path.open("rb") as file:
                    raw = file.read(MAX_FILE_BYTES + 1)
            except FileNotFoundError:
                return {}
            except OSError as error:
                raise ToolError(f"I cannot read {self.path.name}: {error.strerror}.") from error
            try:
                if len(raw) > MAX_FILE_BYTES:
                    raise ValueError("too large")
                value = json.loads(raw)
            except (ValueError, RecursionError):
                value = None
            if not isinstance(value, dict):
                self._put_aside()
                return {}
            return value

    @contextlib.contextmanager
    def change(self) -> Iterator[dict[str, Any]]:
        """Yield the object to change in place, and write it when the block ends without an error.

        Other threads wait meanwhile. Raises ToolError where the disk refuses.
        """
        with self._lock:
            value = self.read()
            before = json.dumps(value, sort_keys=True)
            yield value
            if json.dumps(value, sort_keys=True) != before:
                self._write(value)

    def take_damage(self) -> str | None:
        """Return one sentence if a damaged file was put aside since the last call, else None."""
        with self._lock:
            damage, self._damage = self._damage, None
            return damage

    def _write(self, value: dict[str, Any]) -> None:
        raw = json.dumps(value, ensure_ascii=False, indent=1).encode("utf-8", "replace")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            number, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")
            try:
                with os.fdopen(number, "wb") as file:
                    file.write(raw)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(name, self.path)
            except BaseException:
                with contextlib.suppress(OSError):
                    os.unlink(name)
                raise
        except OSError as error:
            raise ToolError(f"I cannot write {self.path.name}: {error.strerror}.") from error

    def _put_aside(self) -> None:
        aside = self.path.with_name(f"{self.path.name}.bad")
        number = 1
        while aside.exists():
            number += 1
            aside = self.path.with_name(f"{self.path.name}.bad{number}")
        try:
            self.path.rename(aside)
        except OSError as error:
            raise ToolError(
                f"{self.path.name} is damaged and cannot be moved: {error.strerror}."
            ) from error
        self._damage = (
            f"The file {self.path.name} was damaged, so I started a new one "
            f"and kept the old as {aside.name}."
        )
