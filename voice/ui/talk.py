"""``voice talk``: a conversation on the sound card, or typed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from voice.app import open_sound_card
from voice.ui.ask import MAX_TEXT, opened
from voice.ui.command import console_for
from voice.ui.render import View
from voice.ui.turns import TurnLog

if TYPE_CHECKING:
    from voice.app import OpenSession
    from voice.settings import Settings


async def talk(settings: Settings, *, use_tools: bool = True, record: Path | None = None) -> int:
    """Run the command until the session ends or the task is cancelled; returns its exit status.

    Raises DeviceError where there is no sound card, and what else ended the conversation.
    """
    microphone, speaker, volume = open_sound_card(settings)
    view = View(console_for(sys.stdout))
    async with opened(
        settings,
        view,
        microphone=microphone,
        speaker=speaker,
        use_tools=use_tools,
        volume=volume,
        record=record,
    ) as opened_session:
        view.note("Speak, or type a line and press Enter. Ctrl-C ends the conversation.")
        return await _show(opened_session, view)


async def _show(opened_session: OpenSession, view: View) -> int:
    session = opened_session.session
    loop = asyncio.get_running_loop()
    log = TurnLog(loop.time)

    def typed(line: str) -> None:
        log.begin(typed=line)
        opened_session.send_text(line)

    _read_lines(loop, typed)
    async for update in session.updates():
        view.show(update, log.take(update))
    await session.wait_closed()
    return 0


def _read_lines(loop: asyncio.AbstractEventLoop, take: Callable[[str], None]) -> None:
    """Call ``take`` on the loop for every line that is typed, until the input's end."""

    def read() -> None:
        rest = b""
        # Not through sys.stdin: a thread that sits in its lock would break the interpreter's exit.
        with contextlib.suppress(OSError, RuntimeError):
            while data := os.read(0, 4_096):
                *lines, rest = (rest + data[-MAX_TEXT:]).split(b"\n")
                rest = rest[-MAX_TEXT:]
                for line in lines:
                    text = line.decode(errors="replace").strip()
                    if text:
                        loop.call_soon_threadsafe(take, text[:MAX_TEXT])

    threading.Thread(target=read, name="typed lines", daemon=True).start()
