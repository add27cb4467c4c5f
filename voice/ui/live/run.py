"""Runs the live view around an open session, and leaves the last words on the normal screen."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from voice.app import sound_devices
from voice.ui.command import console_for
from voice.ui.live.app import LiveApp, Surroundings
from voice.ui.live.device_list import Device
from voice.ui.live.entries import Entry, Role
from voice.ui.live.model import LiveModel
from voice.ui.live.rows import cost_line
from voice.ui.live.terminal import StrayLines, reserved_terminal

if TYPE_CHECKING:
    from voice.app import OpenSession
    from voice.hands_free import HandsFree
    from voice.settings import Settings
    from voice.ui.render import View

LAST_ENTRIES = 8
"""Entries that stand on the normal screen once the view is gone."""

LAST_STRAY = 20


async def run_live(
    opened: OpenSession,
    settings: Settings,
    hands_free: HandsFree,
    view: View,
    tool_lines: list[str],
) -> int:
    """Show the session until it ends or the person leaves; returns the exit status.

    ``tool_lines`` is filled by whoever hears the servers of tools, and emptied here. Raises what
    ended the session, once the terminal is as it was.
    """
    with reserved_terminal() as stray:

        def lines() -> tuple[Sequence[str], Sequence[str]]:
            told, tool_lines[:] = list(tool_lines), []
            return told, stray.take()

        app = LiveApp(
            opened,
            Surroundings(
                hands_free,
                _devices,
                lines,
                settings.hands_free.push_to_talk,
            ),
        )
        with _ended_by_signals(app):
            await app.run_async(mouse=False)
    _tell(app.model, stray, view)
    if app.return_code:
        return app.return_code
    if app.model.ended is not None:
        await opened.session.wait_closed()
    return 0


def _tell(model: LiveModel, stray: StrayLines, view: View) -> None:
    """Print the end of the conversation, its cost, and what others wrote meanwhile."""
    now_s = asyncio.get_running_loop().time()
    for entry in list(model.entries)[-LAST_ENTRIES:]:
        view.say(*_plain(entry, now_s))
    if model.cost is not None:
        view.say("Cost", cost_line(model.cost))
    errors = console_for(sys.stderr)
    for line in list(stray.all)[-LAST_STRAY:]:
        errors.print(line, soft_wrap=True, markup=False)


def _plain(entry: Entry, now_s: float) -> tuple[str, str]:
    told = "; ".join("".join(words for words, _ in row) for row in entry.paragraphs(now_s))
    return ("" if entry.role is Role.NOTE else entry.label), told


def _devices() -> list[Device]:
    found = sound_devices()
    return [
        *(
            Device("microphone", device.index, device.name, device.is_default_input)
            for device in found
            if device.input_channels
        ),
        *(
            Device("speaker", device.index, device.name, device.is_default_output)
            for device in found
            if device.output_channels
        ),
    ]


@contextlib.contextmanager
def _ended_by_signals(app: LiveApp) -> Iterator[None]:
    """Let the view end in order where the process is told to, so that the terminal is as before."""
    loop = asyncio.get_running_loop()
    numbers = [getattr(signal, name, None) for name in ("SIGTERM", "SIGHUP")]
    installed = []
    for number in numbers:
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            if number is not None:
                loop.add_signal_handler(number, app.exit)
                installed.append(number)
    try:
        yield
    finally:
        for number in installed:
            loop.remove_signal_handler(number)
