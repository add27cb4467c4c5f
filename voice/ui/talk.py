"""``voice talk``: a conversation on the sound card, or typed; as a live view, or as plain lines."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from voice.hands_free import open_hands_free
from voice.ui.ask import MAX_TEXT, opened
from voice.ui.command import console_for
from voice.ui.live.talk_key import TalkKey
from voice.ui.render import View
from voice.ui.turns import TurnLog

if TYPE_CHECKING:
    from voice.app import OpenSession
    from voice.hands_free import HandsFree
    from voice.settings import Settings

_TALKS = "Press Enter and speak, Enter again when you are done; or type a line. "
_INVITATIONS = {
    "off": "Speak, or type a line and press Enter; Enter alone interrupts. ",
    "hold": _TALKS,  # nobody can see in plain lines how long a key is held
    "toggle": _TALKS,
}
_LEAVE = "Ctrl-C ends the conversation."

_MAX_KEPT = 200
"""Lines of tools that wait for the live view to show them."""


async def talk(
    settings: Settings,
    *,
    use_tools: bool = True,
    record: Path | None = None,
    is_plain: bool = False,
) -> int:
    """Run the command until the session ends or the task is cancelled; returns its exit status.

    ``is_plain`` prints lines where a live view could be shown. Raises DeviceError where there is no
    sound card, and what else ended the conversation.
    """
    hands_free = open_hands_free(settings)
    view = View(console_for(sys.stdout))
    told = _ToolLines(view)
    parts = {"hands_free": hands_free, "use_tools": use_tools, "record": record}
    parts["hang_up"] = settings.hands_free.hang_up
    async with opened(settings, view, on_tool_line=told.take, **parts) as opened_session:
        if not is_plain and can_draw():
            from voice.ui.live.run import run_live

            told.keep()
            return await run_live(opened_session, settings, hands_free, view, told.kept)
        mode = settings.hands_free.push_to_talk
        view.note(_INVITATIONS[mode] + _LEAVE)
        enter = TalkKey("off" if mode == "off" else "toggle")
        return await _show(opened_session, hands_free, view, enter)


def can_draw() -> bool:
    """Return whether input and output are a terminal that a live view can be drawn on."""
    if not (_is_terminal(sys.stdin) and _is_terminal(sys.stdout)):
        return False
    encoding = (getattr(sys.stdout, "encoding", None) or "").lower().replace("-", "")
    if os.name == "posix":
        return os.environ.get("TERM", "dumb") not in ("dumb", "unknown") and encoding == "utf8"
    return encoding in ("utf8", "cp65001")


def _is_terminal(stream: object) -> bool:
    try:
        return bool(stream.isatty())  # type: ignore[attr-defined]
    except (AttributeError, ValueError):
        return False


class _ToolLines:
    """What servers of tools tell: printed at once, or kept for the live view."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._is_kept = False
        self.kept: list[str] = []  # bounded: _MAX_KEPT, and the view takes them ten times a second

    def take(self, line: str) -> None:
        if not self._is_kept:
            self._view.say("Tools", line)
        elif len(self.kept) < _MAX_KEPT:
            self.kept.append(line)

    def keep(self) -> None:
        self._is_kept = True


async def _show(
    opened_session: OpenSession, hands_free: HandsFree, view: View, enter: TalkKey
) -> int:
    """Print what happens and take lines; ``enter`` is what Enter alone does."""
    session = opened_session.session
    loop = asyncio.get_running_loop()
    log = TurnLog(loop.time)

    def typed(line: str) -> None:
        if not line:
            button = enter.press(loop.time())
            if button is not None:
                session.press(button)
            return
        log.begin(typed=line)
        opened_session.send_text(line)

    _read_lines(loop, typed)
    devices = ("", "")
    async for update in session.updates():
        if not all(devices) and all(hands_free.devices):
            devices = hands_free.devices
            view.note("Listening with '{}', speaking with '{}'.".format(*devices))
        view.show(update, log.take(update))
    await session.wait_closed()
    return 0


def _read_lines(loop: asyncio.AbstractEventLoop, take: Callable[[str], None]) -> None:
    """Call ``take`` on the loop for every typed line, empty ones too, until the input ends."""

    def read() -> None:
        rest = b""
        # Not through sys.stdin: a thread that sits in its lock would break the interpreter's exit.
        with contextlib.suppress(OSError, RuntimeError):
            while data := os.read(0, 4_096):
                *lines, rest = (rest + data[-MAX_TEXT:]).split(b"\n")
                rest = rest[-MAX_TEXT:]
                for line in lines:
                    text = line.decode(errors="replace").strip()
                    loop.call_soon_threadsafe(take, text[:MAX_TEXT])

    threading.Thread(target=read, name="typed lines", daemon=True).start()
