"""``voice config``: the settings that hold, and where each came from."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from voice.settings import effective
from voice.ui.command import console_for
from voice.ui.render import printable

if TYPE_CHECKING:
    from voice.settings import Settings

_WIDEST_KEY = 30


def show_config(settings: Settings) -> int:
    """Print one line for each setting, secrets masked."""
    from rich.text import Text

    console = console_for(sys.stdout)
    for row in effective(settings):
        origin = f"{row.origin}: {row.detail}" if row.detail else row.origin
        style = "dim" if row.origin == "default" else "bold"
        line = Text(f"{row.key:<{_WIDEST_KEY}} = {printable(row.value)}")
        line.append(f"  ({printable(origin)})", style=style)
        console.print(line, soft_wrap=True)
    return 0
