"""``voice devices``: the microphones and speakers, and a level bar of the one that is used."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import asdict
from typing import TYPE_CHECKING

import orjson

from voice.app import sound_devices
from voice.sound_levels import MicrophoneLevel, microphone_levels
from voice.ui.command import console_for
from voice.ui.render import printable

if TYPE_CHECKING:
    from voice.audio.device_choice import DeviceDescription
    from voice.settings import Settings

_BAR = 40
_FLOOR_DBFS = -60.0
"""Where the bar is empty: a quiet room."""


async def show_devices(settings: Settings, *, seconds: float, as_json: bool) -> int:
    """Run the command; returns 0. The level is drawn where standard output is a terminal.

    Raises DeviceError without PortAudio, and where the microphone cannot be opened.
    """
    devices = await asyncio.to_thread(sound_devices)
    if as_json:
        rows = [asdict(device) for device in devices]
        print(orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode())
        return 0
    _print_list("Microphones (audio.input)", devices, is_input=True)
    _print_list("Speakers (audio.output)", devices, is_input=False)
    if seconds > 0 and sys.stdout.isatty():
        await _draw_level(settings, seconds)
    return 0


def _print_list(title: str, devices: Sequence[DeviceDescription], *, is_input: bool) -> None:
    from rich.text import Text

    console = console_for(sys.stdout)
    console.print(Text(title, style="bold"))
    usable = [d for d in devices if (d.input_channels if is_input else d.output_channels) > 0]
    if not usable:
        console.print(Text("  none was found: plug one in"), soft_wrap=True)
    for device in usable:
        channels = device.input_channels if is_input else device.output_channels
        is_default = device.is_default_input if is_input else device.is_default_output
        mark, style = ("*", "green") if is_default else (" ", "default")
        facts = f"{device.host_api}, {device.rate_hz} Hz, {channels} ch"
        line = Text(f"  {mark} {device.index:>3}  {printable(device.name)}", style=style)
        line.append(f"  ({facts}{', default' if is_default else ''})", style="dim")
        console.print(line, soft_wrap=True)


async def _draw_level(settings: Settings, seconds: float) -> None:
    """Draw the level ten times a second on one line, for so long or until Ctrl-C."""
    every, count = 10, 0
    try:
        async with asyncio.timeout(seconds), aclosing(microphone_levels(settings)) as levels:
            async for level in levels:
                if count % every == 0:
                    sys.stdout.write("\r" + level_line(level))
                    sys.stdout.flush()
                count += 1
    except TimeoutError:
        pass
    finally:
        sys.stdout.write("\n")


def level_line(level: MicrophoneLevel) -> str:
    """Return the bar of a level with its number and the microphone's name."""
    share = min(1.0, max(0.0, 1.0 - level.dbfs / _FLOOR_DBFS))
    bar = ("#" * round(share * _BAR)).ljust(_BAR, ".")
    return f"{bar} {level.dbfs:6.1f} dBFS  {printable(level.name)[:30]:<30}"
