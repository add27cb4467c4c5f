"""What runs inside the child process: the embedded server, for one parent.

``voice.child`` describes the pipe that carries orders, readiness and the end.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from types import FrameType
from typing import Any, BinaryIO

import orjson
from pydantic import BaseModel, SecretStr

from voice.errors import EngineError, SettingsError, VoiceError
from voice.settings import Settings

MODULE = __name__
"""What ``voice.child`` runs."""

_ONLY_FOR_THE_PARENT: dict[str, Any] = {
    "host": "127.0.0.1",
    "port": 0,
    "tls_cert": None,
    "tls_key": None,
}
"""Where a child listens, whatever the settings say of a server that others are to reach."""

ORPHAN_LIMIT_S = 20.0
"""A child whose parent is gone ends by force after this long, whatever still holds it."""


def server_orders(settings: Settings, token: str) -> bytes:
    """Return the line that starts a server with ``settings``, open to the bearer of ``token``.

    It holds keys in clear: it is for the pipe and for nothing else.
    """
    sections = {name: _revealed(getattr(settings, name)) for name in type(settings).model_fields}
    return orjson.dumps({"settings": sections, "token": token})


def main() -> None:
    """Read the orders, serve, and end when the pipe from the parent ends."""
    # Ctrl-C, and the end of the terminal, reach every process of it; the parent decides what they
    # mean.
    for name in ("SIGINT", "SIGHUP"):
        if hasattr(signal, name):  # Windows knows no SIGHUP
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    report = _take_stdout()
    try:
        orders = orjson.loads(sys.stdin.buffer.readline())
        settings = Settings(**orders["settings"])
        _serve_until_end(settings, SecretStr(orders["token"]), report)
    except VoiceError as error:
        kind = "settings" if isinstance(error, SettingsError) else "engine"
        _say(report, {"error": {"kind": kind, "message": str(error)}})
        sys.exit(error.exit_code)


def _serve_until_end(settings: Settings, token: SecretStr, report: BinaryIO) -> None:
    from voice.embedded import embedded_server, run_loop, server_config
    from voice.logs import setup_logging
    from voice.server.limits import trusting

    secrets = (*settings.secret_values(), token.get_secret_value())
    # The file belongs to the parent: two processes must not rotate one file.
    setup_logging(settings.log.level, secrets=secrets)
    config = replace(server_config(settings), **_ONLY_FOR_THE_PARENT, token=token)
    config = replace(config, limits=trusting(config.limits))

    async def serve() -> None:
        stop = asyncio.Event()
        _watch_parent(asyncio.get_running_loop(), stop.set)
        _stop_by_signal(asyncio.get_running_loop(), stop)
        async with embedded_server(settings, config) as url:
            _say(report, {"ready": url})
            await stop.wait()

    try:
        run_loop(serve())
    except VoiceError:
        raise
    except Exception as error:
        # The parent shows one line; the traceback goes to its log.
        sys.excepthook(type(error), error, error.__traceback__)
        raise EngineError(f"the speech server failed: {type(error).__name__}: {error}") from error


def _stop_by_signal(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """Set ``stop`` on SIGTERM, so that what is being said is finished; end at once where it is set.

    A supervisor that ends every process of a service ends this one like the others.
    """

    def end(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            os._exit(128 + number)
        loop.call_soon_threadsafe(stop.set)

    signal.signal(signal.SIGTERM, end)


def _watch_parent(loop: asyncio.AbstractEventLoop, stop: Callable[[], object]) -> None:
    """Call ``stop`` on the loop when the parent closes the pipe, or is gone."""

    def wait() -> None:
        # Not through sys.stdin: a thread that sits in its lock would break the interpreter's exit.
        with suppress(OSError):
            while os.read(0, 4096):
                pass
        with suppress(RuntimeError):  # the loop is closed already
            loop.call_soon_threadsafe(stop)
        timer = threading.Timer(ORPHAN_LIMIT_S, os._exit, (1,))
        timer.daemon = True
        timer.start()

    threading.Thread(target=wait, name="parent watch", daemon=True).start()


def _take_stdout() -> BinaryIO:
    """Return the pipe to the parent; what libraries print goes to standard error from now on."""
    sys.stdout.flush()
    pipe = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return pipe


def _say(pipe: BinaryIO, report: dict[str, Any]) -> None:
    with suppress(OSError):  # a parent that is gone needs no answer
        pipe.write(orjson.dumps(report) + b"\n")
        pipe.flush()


def _revealed(section: BaseModel) -> dict[str, Any]:
    """Return a section's values as JSON has them, secrets in clear."""
    values = section.model_dump(mode="json")
    for name, value in section:
        if isinstance(value, SecretStr):
            values[name] = value.get_secret_value()
    return values
