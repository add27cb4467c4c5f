"""``voice serve``: the embedded server in the foreground."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from voice.embedded import embedded_server, run_loop, server_config

if TYPE_CHECKING:
    from types import FrameType

    from voice.settings import Settings


def serve(settings: Settings) -> int:
    """Serve until SIGTERM or Ctrl-C, both of which are a good end.

    Raises SettingsError for an address that cannot be had and EngineError for an engine that
    cannot be loaded.
    """
    with contextlib.suppress(asyncio.CancelledError, KeyboardInterrupt):
        run_loop(_serve(settings))
    return 0


async def _serve(settings: Settings) -> None:
    config = server_config(settings)
    with _ended_by_signals():
        print("voice: loading the speech models …", file=sys.stderr, flush=True)
        async with embedded_server(settings, config) as url:
            parts = urlsplit(url)
            print(f"voice: ready at {url}", flush=True)
            scheme = "https" if parts.scheme == "wss" else "http"
            print(f"voice: health at {scheme}://{parts.netloc}/healthz", flush=True)
            await asyncio.Event().wait()


@contextlib.contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Cancel the running task on the first SIGTERM or SIGINT; a second one ends the process.

    The first lets the server finish what it says, which takes seconds; whoever asks twice will not
    wait, not even for threads that compute.
    """
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    has_asked = False

    def end(number: int, frame: FrameType | None) -> None:
        nonlocal has_asked
        if has_asked:
            os._exit(128 + number)
        has_asked = True
        loop.call_soon_threadsafe(task.cancel)

    # Not add_signal_handler, which Windows lacks.
    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
