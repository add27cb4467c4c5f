"""Writes the black box of one session while it runs.

The event loop only hands references over; a thread of the recorder's own encodes, masks secrets,
compresses and writes. A disk that is slow or full costs the recording, never the conversation.
"""

from __future__ import annotations

import logging
import os
import platform
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, BinaryIO

from voice.blackbox import record_file as rf
from voice.blackbox.values import encode, fingerprint
from voice.core.client_actions import Action
from voice.core.client_inputs import Input
from voice.errors import SettingsError
from voice.logs import redact
from voice.protocol.server_events import ServerEvent

log = logging.getLogger(__name__)

MAX_FILE_BYTES = 512 * 1024 * 1024
"""Where a recording ends by itself: about two hours of two people talking."""

MAX_WAITING = 4_096
"""Records that may wait for the disk: 40 s of conversation. Beyond that the recording ends."""

FLUSH_S = 1.0
JOIN_S = 5.0
MIN_MASKED = 8
"""Strings shorter than this hold no secret worth masking."""

_PACKAGES = ("voice-assistant-service", "websockets", "pydantic", "numpy", "sounddevice")


class Recorder:
    """One black box file: ``start`` opens it, ``close`` ends it.

    Everything in between is quick and never raises.

    ``secrets`` are masked wherever they occur in a text. Of a recording that ``may_fail`` nobody
    waits for the file: where it cannot be opened there is none. ``on_stopped`` is called once,
    with the reason, where the recording ends before ``close``; in any thread.
    """

    def __init__(
        self,
        path: Path,
        *,
        secrets: Sequence[str] = (),
        max_bytes: int = MAX_FILE_BYTES,
        may_fail: bool = False,
    ) -> None:
        self.path = path
        self._secrets = tuple(secret for secret in secrets if secret)
        self._max_bytes = max_bytes
        self._may_fail = may_fail
        self.on_stopped: Callable[[str], None] | None = None
        self._waiting: deque[tuple[bytes, Any]] = deque()  # bounded: MAX_WAITING, see _put
        self._is_filled = threading.Event()
        self._is_over = False
        self._thread: threading.Thread | None = None
        self.stopped_because: str | None = None

    def start(self, header: Mapping[str, Any]) -> None:
        """Open the file, readable by its owner only, and begin with ``header`` and the versions.

        Raises SettingsError where the file cannot be written, unless it ``may_fail``.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)
            file = os.fdopen(os.open(self.path, flags, 0o600), "wb")
        except OSError as error:
            if self._may_fail:
                self._stop(f"{self.path} cannot be written: {error.strerror or error}")
                return
            raise SettingsError(
                f"--record: {self.path} cannot be written: {error.strerror or error}"
            ) from error
        self._put(rf.HEADER, {"versions": _versions(), "wall_s": time.time(), **header})
        self._thread = threading.Thread(
            target=self._write, args=(file,), name="black box", daemon=True
        )
        self._thread.start()

    def step(
        self, now_ms: int, event: ServerEvent | Input, actions: list[Action], draws: list[Any]
    ) -> None:
        """Note one step of the core; ``draws`` are the ids and random numbers that it took."""
        self._put(rf.STEP, (now_ms, event, actions, draws))

    def frame(self, now_ms: int, direction: str, text: str | bytes, *, is_audio: bool) -> None:
        """Note one frame of the wire, ``in`` or ``out``; of audio only its size is kept."""
        body = None if is_audio else text
        self._put(rf.FRAME, (now_ms, direction, len(text), body))

    def close(self, summary: Mapping[str, Any] | None = None) -> None:
        """Write what waits and end the file. Idempotent; waits at most some seconds."""
        if self._thread is None or self._is_over:
            return
        self._put(rf.END, dict(summary or {}))
        self._is_over = True
        self._is_filled.set()
        self._thread.join(JOIN_S)

    def _put(self, kind: bytes, content: Any) -> None:
        if self._is_over or self.stopped_because is not None:
            return
        if len(self._waiting) >= MAX_WAITING:
            self._stop("the disk is slower than the conversation")
            return
        self._waiting.append((kind, content))
        if kind is not rf.STEP or len(self._waiting) > 64:
            self._is_filled.set()

    def _stop(self, reason: str) -> None:
        if self.stopped_because is not None:
            return
        self.stopped_because = reason
        log.warning("the recording of this session ends here: %s", reason)
        if self.on_stopped is not None:
            self.on_stopped(reason)

    # --- in the recorder's thread -----------------------------------------------------------------

    def _write(self, file: BinaryIO) -> None:
        try:
            with file:  # closing writes too, so it may fail too
                self._write_all(rf.RecordWriter(file))
        except OSError as error:
            self._stop(f"{self.path.name} could not be written: {error.strerror or error}")
        except Exception as error:
            log.exception("a record of %s could not be made", self.path.name)
            self._stop(f"a record could not be made ({type(error).__name__})")

    def _write_all(self, writer: rf.RecordWriter) -> None:
        while self.stopped_because is None:
            self._is_filled.wait(FLUSH_S)
            self._is_filled.clear()
            is_over = self._is_over  # read before the line is emptied, so nothing is lost
            self._drain(writer)
            if is_over:
                break
        writer.close()

    def _drain(self, writer: rf.RecordWriter) -> None:
        while self._waiting:
            kind, content = self._waiting.popleft()
            writer.put(self._record(kind, content))
            if writer.written > self._max_bytes:
                self._stop(f"it has grown to {self._max_bytes // 1_000_000} MB")
                return
        writer.flush()

    def _record(self, kind: bytes, content: Any) -> rf.Record:
        attachments: list[bytes] = []

        def keep(data: bytes) -> dict[str, int]:
            attachments.append(data)
            return {"@bytes": len(attachments) - 1}

        match kind:
            case rf.STEP:
                now_ms, event, actions, draws = content
                data = {
                    "t": now_ms,
                    "event": encode(event, keep),
                    "actions": [encode(action, fingerprint) for action in actions],
                    "draws": draws,
                }
            case rf.FRAME:
                now_ms, direction, size, text = content
                shown = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
                data = {"t": now_ms, "direction": direction, "size": size, "text": shown}
            case _:
                data = encode(content, keep)
        return rf.Record(kind, masked(data, self._secrets), attachments)


def masked(value: Any, secrets: Sequence[str]) -> Any:
    """Return plain JSON data with every secret in its texts masked, and every text writable.

    Names of types stay: a key such as ``local`` is a part of words that a replay has to read.
    """
    if isinstance(value, str):
        # Half a surrogate pair, which a model or a terminal may give, is no UTF-8.
        text = value if value.isascii() else value.encode("utf-8", "replace").decode()
        return redact(text, secrets) if len(text) >= MIN_MASKED else text
    if isinstance(value, dict):
        return {
            key: entry if key == "@" else masked(entry, secrets) for key, entry in value.items()
        }
    if isinstance(value, list):
        return [masked(entry, secrets) for entry in value]
    return value


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version(), "system": platform.platform()}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found
